"""Our own members' Markdown: CommonMark with struck-out text, bare links, and single line ends that count."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from fediverse_support.core.markup.cleaner import LONGEST_HTML, as_text, sanitise
from fediverse_support.core.markup.links import has_few_links, link_finder, safe_link
from fediverse_support.core.markup.plain import linkify
from fediverse_support.core.markup.scanning import escape

_NAME = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?"
_MENTION = re.compile(rf"(?<![\w@/.])@({_NAME}(?:@{_HOST})?)")
_HASHTAG = re.compile(r"(?<![\w/#&])#(?=\w*[^\W\d_])(\w{1,100})(?!\w)")
_LONGEST_PAGE_TITLE = 200

Address = Callable[[str], str]
"""Makes a URL of a name: of a hashtag without its #, of the title of a wiki page."""


def render_markdown(
    source: str,
    mentions: Mapping[str, str] | None = None,
    *,
    hashtags: Address | None = None,
    pages: Address | None = None,
) -> str:
    """`source` as sanitised HTML.

    HTML in it is shown as text. Headings become bold paragraphs (Mastodon shows them so, and a post must not
    break the outline of our page); pictures become links to them. `mentions` maps handles, as
    `ana@peer.example` or `ana`, with or without `@`, to actor ids: these become links in the form that
    Mastodon writes; other handles stay text. With `hashtags`, hashtags become links in the same way. With
    `pages` it is a page of a wiki: `[[Title]]` and `[[Title|other words]]` become links to other pages, and
    headings stay headings, one level down. Never raises: what cannot be rendered gives plain text.
    """
    source = as_text(source)
    if len(source) > LONGEST_HTML:
        return linkify(source[:LONGEST_HTML])
    known = {handle.lstrip("@").lower(): href for handle, href in (mentions or {}).items()}
    try:
        html = _markdown_for(source).render(source, {"mentions": known, "hashtags": hashtags, "pages": pages})
    except (ValueError, IndexError, RecursionError):
        return linkify(source)
    return sanitise(html)


def mentions_in(source: str) -> tuple[str, ...]:
    """The handles in `source` outside code, as `ana@peer.example` or `ana`, each once, in order."""
    found = (match[1] for text in _texts(source) for match in _MENTION.finditer(text))
    return tuple(dict.fromkeys(found))


def hashtags_in(source: str) -> tuple[str, ...]:
    """The hashtags in `source` outside code and links, in lower case without #, each once, in order.

    As on Mastodon a hashtag has at least one letter: `#1` is a number.
    """
    found = (match[1].lower() for text in _texts(source) for match in _HASHTAG.finditer(text))
    return tuple(dict.fromkeys(found))


def _texts(source: str) -> Iterator[str]:
    """What is plain text in `source`: not code, and not inside of a link."""
    source = as_text(source)[:LONGEST_HTML]
    for block in _markdown_for(source).parse(source):
        inside_links = 0
        for token in block.children or ():
            inside_links += (token.type == "link_open") - (token.type == "link_close")
            if token.type == "text" and not inside_links:
                yield token.content


def _link_names(state: StateCore) -> None:
    """Make links of the mentions that are known and, where wanted, of the hashtags."""
    mentions, hashtags = state.env.get("mentions"), state.env.get("hashtags")
    for block in state.tokens:
        if block.type == "inline" and mentions:
            block.children = _split(block.children or [], lambda text: _mentions(text, mentions))
        if block.type == "inline" and hashtags:
            block.children = _split(block.children or [], lambda text: _hashtags(text, hashtags))


def _split(tokens: list[Token], parts: Callable[[str], list[Token]]) -> list[Token]:
    """`tokens` with each text outside of links split into `parts`."""
    result, inside_links = [], 0
    for token in tokens:
        inside_links += (token.type == "link_open") - (token.type == "link_close")
        result += [token] if inside_links or token.type != "text" else parts(token.content)
    return result


def _mentions(text: str, known: Mapping[str, str]) -> list[Token]:
    parts, done = [], 0
    for match in _MENTION.finditer(text):
        href = safe_link(known.get(match[1].lower(), ""))
        if href is not None:
            parts += [_text(text[done : match.start()]), _anchor(match[1], href)]
            done = match.end()
    return [*parts, _text(text[done:])]


def _hashtags(text: str, address: Address) -> list[Token]:
    parts, done = [], 0
    for match in _HASHTAG.finditer(text):
        href = safe_link(address(match[1].lower()))
        if href is not None:
            link = f'<a href="{escape(href)}" class="mention hashtag">#<span>{escape(match[1])}</span></a>'
            parts += [_text(text[done : match.start()]), Token("html_inline", "", 0, content=link)]
            done = match.end()
    return [*parts, _text(text[done:])]


def _link_page(state: StateInline, silent: bool) -> bool:
    """`[[Title]]` or `[[Title|other words]]`, in a wiki only. Looks ahead no further than a title is long."""
    address = state.env.get("pages") if isinstance(state.env, dict) else None
    if address is None or not state.src.startswith("[[", state.pos):
        return False
    start = state.pos + 2
    end = state.src.find("]]", start, min(state.posMax, start + 2 * _LONGEST_PAGE_TITLE))
    title, _, shown = state.src[start:end].partition("|") if end > start else ("", "", "")
    href = safe_link(address(title.strip())) if title.strip() and "\n" not in title + shown else None
    if href is None:
        return False
    if not silent:
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = shown.strip() or title.strip()
        state.push("link_close", "a", -1)
    state.pos = end + 2
    return True


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _anchor(handle: str, href: str) -> Token:
    name = handle.partition("@")[0]
    link = f'<a href="{escape(href)}" class="u-url mention">@<span>{escape(name)}</span></a>'
    return Token("html_inline", "", 0, content=f'<span class="h-card">{link}</span>')


def _picture_as_link(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    href = safe_link(address)
    alternative = self.renderInlineAsText(token.children, options, env) if token.children else ""
    shown = escape(alternative or address)
    return shown if href is None else f'<a href="{escape(href)}">{shown}</a>'


def _heading(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    token = tokens[index]
    if env.get("pages"):
        level = min(int(token.tag[1]) + 1, 6)
        return f"<h{level}>" if token.nesting > 0 else f"</h{level}>\n"
    return "<p><strong>" if token.nesting > 0 else "</strong></p>\n"


def _markdown_for(source: str) -> MarkdownIt:
    return _MARKDOWN if has_few_links(source) else _WITHOUT_BARE_LINKS


def _build(bare_links: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": bare_links, "breaks": True})
    markdown.enable(["linkify", "strikethrough"])
    markdown.linkify = link_finder()
    markdown.core.ruler.push("names", _link_names)
    markdown.inline.ruler.before("link", "page", _link_page)
    markdown.add_render_rule("image", _picture_as_link)
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("heading_close", _heading)
    return markdown


_MARKDOWN = _build(bare_links=True)
_WITHOUT_BARE_LINKS = _build(bare_links=False)
