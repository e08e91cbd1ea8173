"""Our own members' Markdown: CommonMark with struck-out text, bare links, and single line ends that count."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from fediverse_support.core.markup.cleaner import LONGEST_HTML, as_text, sanitise
from fediverse_support.core.markup.links import has_few_links, link_finder, safe_link
from fediverse_support.core.markup.plain import linkify
from fediverse_support.core.markup.scanning import escape

_NAME = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?"
_MENTION = re.compile(rf"(?<![\w@/.])@({_NAME}(?:@{_HOST})?)")


def render_markdown(source: str, mentions: Mapping[str, str] | None = None) -> str:
    """`source` as sanitised HTML.

    HTML in it is shown as text. Headings become bold paragraphs (Mastodon shows them so, and a post must not
    break the outline of our page); pictures become links to them. `mentions` maps handles, as
    `ana@peer.example` or `ana`, with or without `@`, to actor ids: these become links in the form that
    Mastodon writes; other handles stay text. Never raises: what cannot be rendered gives plain text.
    """
    source = as_text(source)
    if len(source) > LONGEST_HTML:
        return linkify(source[:LONGEST_HTML])
    known = {handle.lstrip("@").lower(): href for handle, href in (mentions or {}).items()}
    try:
        html = _markdown_for(source).render(source, {"mentions": known})
    except (ValueError, IndexError, RecursionError):
        return linkify(source)
    return sanitise(html)


def mentions_in(source: str) -> tuple[str, ...]:
    """The handles in `source` outside code, as `ana@peer.example` or `ana`, each once, in order."""
    found: dict[str, None] = {}
    source = as_text(source)[:LONGEST_HTML]
    for block in _markdown_for(source).parse(source):
        for token in block.children or ():
            if token.type == "text":
                found.update(dict.fromkeys(match[1] for match in _MENTION.finditer(token.content)))
    return tuple(found)


def _link_mentions(state: StateCore) -> None:
    known = state.env.get("mentions")
    for block in state.tokens:
        if known and block.type == "inline":
            block.children = _with_mentions(block.children or [], known)


def _with_mentions(tokens: list[Token], known: Mapping[str, str]) -> list[Token]:
    result, inside_links = [], 0
    for token in tokens:
        inside_links += (token.type == "link_open") - (token.type == "link_close")
        result += [token] if inside_links or token.type != "text" else _split_at_mentions(token, known)
    return result


def _split_at_mentions(token: Token, known: Mapping[str, str]) -> list[Token]:
    parts, done = [], 0
    for match in _MENTION.finditer(token.content):
        href = safe_link(known.get(match[1].lower(), ""))
        if href is not None:
            parts += [_text(token.content[done : match.start()]), _anchor(match[1], href)]
            done = match.end()
    return [*parts, _text(token.content[done:])]


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


def _bold_paragraph(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any
) -> str:
    return "<p><strong>" if tokens[index].nesting > 0 else "</strong></p>\n"


def _markdown_for(source: str) -> MarkdownIt:
    return _MARKDOWN if has_few_links(source) else _WITHOUT_BARE_LINKS


def _build(bare_links: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": bare_links, "breaks": True})
    markdown.enable(["linkify", "strikethrough"])
    markdown.linkify = link_finder()
    markdown.core.ruler.push("mentions", _link_mentions)
    markdown.add_render_rule("image", _picture_as_link)
    markdown.add_render_rule("heading_open", _bold_paragraph)
    markdown.add_render_rule("heading_close", _bold_paragraph)
    return markdown


_MARKDOWN = _build(bare_links=True)
_WITHOUT_BARE_LINKS = _build(bare_links=False)
