"""Titles for posts that come without one: from Mastodon and its kin a group post is a Note with a mention."""

from fediverse_support.core.markup.cleaner import sanitise
from fediverse_support.core.markup.plain import safe_text
from fediverse_support.core.markup.scanning import BLOCK_TAGS, EMPTY_TAGS, Piece, pieces

LONGEST_TITLE = 200


def title_from(html: str) -> tuple[str, str]:
    """The first line of our own (sanitised) `html` as a title, and the HTML of what follows it.

    Mentions before the first word (`@sober@g.example`) are left out, as Lemmy does. A line of more than 200
    characters is shortened, and then the rest is the whole post, so that nothing is lost. A post without any
    words gives ("", html).
    """
    line: list[str] = []
    opened: list[Piece] = []
    for piece in pieces(html):
        if _ends_a_line(piece) and strip_group_mention("".join(line)):
            return _split(html, "".join(line), piece, opened)
        line = [] if _ends_a_line(piece) else line
        _follow(opened, piece)
        line.append(piece.text)
    return _whole(html, "".join(line))


def strip_group_mention(text: str) -> str:
    """`text` on one line without the mentions it begins with: they address the post and say nothing."""
    words = text.split()
    while words and _is_mention(words[0]):
        del words[0]
    return " ".join(words)


def _is_mention(word: str) -> bool:
    # `!sober@g.example` is how the threadiverse names a group; `!important` is only emphasis.
    return (word.startswith("@") and len(word) > 1) or (word.startswith("!") and "@" in word[2:])


def _ends_a_line(piece: Piece) -> bool:
    return piece.name in BLOCK_TAGS or piece.name == "br"


def _follow(opened: list[Piece], piece: Piece) -> None:
    if piece.closes:
        if opened:
            opened.pop()
    elif piece.name and piece.name not in EMPTY_TAGS:
        opened.append(piece)


def _split(html: str, line: str, at: Piece, opened: list[Piece]) -> tuple[str, str]:
    title = strip_group_mention(line)
    if len(title) > LONGEST_TITLE:
        return _whole(html, line)
    behind = html[at.end :] if at.name == "br" else html[at.start :]
    rest = "".join(piece.tag for piece in opened) + behind
    return safe_text(title, LONGEST_TITLE), _without_empty_start(sanitise(rest))


def _whole(html: str, line: str) -> tuple[str, str]:
    title = strip_group_mention(line)
    rest = "" if title and len(title) <= LONGEST_TITLE else html
    return safe_text(title, LONGEST_TITLE), rest


def _without_empty_start(html: str) -> str:
    # Closing the block that the title stood in leaves it empty: <p></p> before the second paragraph.
    for tag in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6"):
        html = html.removeprefix(f"<{tag}></{tag}>")
    return html.strip()
