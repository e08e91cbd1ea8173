"""Text that people wrote, here or elsewhere, made safe to show.

    render_markdown   our own members' Markdown   -> HTML that may be stored and shown
    sanitise          HTML of another server      -> HTML that may be stored and shown
    linkify           plain text                  -> the same, with its links made clickable
    safe_text         a name, title or warning    -> one line of plain text without tricks
    plain_text        our HTML                    -> what it says
    excerpt           our HTML                    -> the beginning of what it says
    linked_hosts      any HTML                    -> the hosts that its links lead to
    title_from        our HTML                    -> a title for a post that came without one, and the rest

Everything that returns HTML goes through one cleaner (`cleaner.py`), at the time of writing, and nothing else
is ever shown unescaped. None of these functions raises on any text: what cannot be cleaned becomes plain
text, because one odd post must never stop the work on an activity.
"""

from fediverse_support.core.markup.cleaner import LONGEST_HTML, sanitise
from fediverse_support.core.markup.links import linked_hosts
from fediverse_support.core.markup.markdown import hashtags_in, mentions_in, render_markdown
from fediverse_support.core.markup.plain import excerpt, linkify, plain_text, safe_text
from fediverse_support.core.markup.titles import LONGEST_TITLE, strip_group_mention, title_from

__all__ = [
    "LONGEST_HTML",
    "LONGEST_TITLE",
    "excerpt",
    "hashtags_in",
    "linked_hosts",
    "linkify",
    "mentions_in",
    "plain_text",
    "render_markdown",
    "safe_text",
    "sanitise",
    "strip_group_mention",
    "title_from",
]
