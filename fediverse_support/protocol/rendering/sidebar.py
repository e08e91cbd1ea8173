"""What a group says of itself to other servers: its description, and below that its rules.

No peer knows rules as data of a group. Lemmy and PieFed show `source` in a sidebar, the others `summary` on a
profile, so the rules stand there, under a heading, as a numbered list.
"""

import re
from collections.abc import Sequence

from fediverse_support.core.markup.scanning import escape
from fediverse_support.core.models import Group, Rule

LARGEST_HTML = 18_000
LARGEST_SOURCE = 9_000
"""Mastodon cuts a description at 20,000 bytes, Lemmy at 10,000 characters."""

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#~|])")


def html(group: Group, rules: Sequence[Rule]) -> str:
    """The description and the rules as HTML, sanitised as their parts were.

    Where there is no room for what each rule means, the rules stand alone, and where there is none for those
    either, the address of the page that has them.
    """
    description = group.actor.summary_html
    if not rules and not group.rules_html:
        return description
    head = f"{description}<p><strong>Rules</strong></p>"
    url = escape(f"{group.actor.uri}/rules")
    whole = f"{head}{group.rules_html}{_list(rules, with_details=True)}"
    short = f'{head}{_list(rules, with_details=False)}<p><a href="{url}">{url}</a></p>'
    link = f'{head}<p><a href="{url}">{url}</a></p>'
    return next((text for text in (whole, short) if len(text.encode()) <= LARGEST_HTML), link)


def source(group: Group, rules: Sequence[Rule]) -> str:
    """The same in Markdown."""
    description = group.actor.summary_source
    if not rules and not group.rules_source:
        return description
    head = f"{description}\n\n## Rules\n\n".lstrip()
    url = f"<{group.actor.uri}/rules>"
    preface = f"{group.rules_source.strip()}\n\n" if group.rules_source.strip() else ""
    whole = f"{head}{preface}{_numbered(rules, with_details=True)}".rstrip()
    short = f"{head}{_numbered(rules, with_details=False)}\n\n{url}"
    return next((text for text in (whole, short) if len(text) <= LARGEST_SOURCE), f"{head}{url}")


def _list(rules: Sequence[Rule], *, with_details: bool) -> str:
    if not rules:
        return ""
    items = (
        f"<li><strong>{escape(rule.title)}</strong>{rule.details_html if with_details else ''}</li>"
        for rule in rules
    )
    return f"<ol>{''.join(items)}</ol>"


def _numbered(rules: Sequence[Rule], *, with_details: bool) -> str:
    return "\n".join(
        _item(number, rule, with_details=with_details) for number, rule in enumerate(rules, start=1)
    )


def _item(number: int, rule: Rule, *, with_details: bool) -> str:
    title = _PUNCTUATION.sub(r"\\\1", rule.title)
    line = f"{number}. **{title}**"
    if not (with_details and rule.details_source):
        return line
    # Indented as far as the text of the item, so that paragraphs and lists stay inside of it.
    indent = " " * (len(str(number)) + 2)
    details = "\n".join(f"{indent}{part}" if part else "" for part in rule.details_source.split("\n"))
    return f"{line}\n\n{details}\n"
