"""What somebody has asked to be warned of, looked for in a page of posts.

Words are compared in the form that policy compares them in (`policy/matching/folding.py`): capitals, marks on
letters, letters that only look alike and letters set apart make no difference. A filter is looked for by
plain search, never as a pattern, so no word of a member costs more than its length.

    found = await filters.of(db, viewer.actor_id, now)        one query
    results = found.results(post_id, texts_of(…))             for each post; the client shows a warning
    if hides(results, "home"): …                              left out of a list altogether
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.markup import plain_text
from fediverse_support.database import filters as stored
from fediverse_support.database.filters import Context, Filter
from fediverse_support.database.pool import Connection
from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.matching.phrases import folded_phrase, stands_alone


class FilterResult(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that says something about a post: the words that it found, and the post if it names it."""

    filter: Filter
    keywords: tuple[str, ...] = ()
    posts: tuple[int, ...] = ()


class _Sought(msgspec.Struct, frozen=True):
    """A word in the form in which it is looked for, and as it was written."""

    folded: str
    as_bytes: bytes
    written: str
    whole_word: bool


class Filters:
    """The filters of one person that count now, made ready for looking through posts."""

    def __init__(self, found: Iterable[Filter]) -> None:
        self._filters = [
            (one, _sought(one), frozenset(named.post_id for named in one.posts)) for one in found
        ]
        self._reads = any(words for _, words, _ in self._filters)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self._filters

    def results(self, post_id: int, texts: Iterable[str]) -> list[FilterResult]:
        """What the filters say about a post of which one reads these `texts` (plain, `texts_of`).

        `texts` is not read where no filter looks for words, so it may be a generator that costs something.
        """
        if not self._filters:
            return []
        text = " ".join(fold("\n".join(texts)).split()) if self._reads else ""
        as_bytes = text.encode()
        found = []
        for one, words, named in self._filters:
            keywords = tuple(word.written for word in words if _is_in(word, text, as_bytes))
            if keywords or post_id in named:
                posts = (post_id,) if post_id in named else ()
                found.append(FilterResult(filter=one, keywords=keywords, posts=posts))
        return found


async def of(db: Connection, actor_id: int | None, now: datetime) -> Filters:
    """The filters of an actor that count now, in one query; of nobody none, without a query."""
    return Filters(await stored.in_force(db, actor_id, now) if actor_id is not None else ())


def hides(results: Sequence[FilterResult], context: Context) -> bool:
    """Whether a list of this context leaves out a post about which the filters say this."""
    return any(one.filter.action == "hide" and context in one.filter.contexts for one in results)


def texts_of(
    warning: str,
    title: str,
    html: str,
    attachments: Iterable[Mapping[str, Any]] = (),
    options: Iterable[str] = (),
) -> Iterator[str]:
    """What one reads of a post: warning, title, words, descriptions of pictures, answers of its poll."""
    yield warning
    yield title
    yield plain_text(html)
    for attachment in attachments:
        yield str(attachment.get("alt") or "")
    yield from options


def _sought(one: Filter) -> list[_Sought]:
    words = [(folded_phrase(word.keyword), word) for word in one.keywords]
    return [
        _Sought(folded, folded.encode(), word.keyword, word.whole_word) for folded, word in words if folded
    ]


def _is_in(word: _Sought, text: str, as_bytes: bytes) -> bool:
    if word.folded not in text:
        return False
    if not word.whole_word:
        return True
    at = as_bytes.find(word.as_bytes)
    while at >= 0:
        if stands_alone(as_bytes, at, at + len(word.as_bytes)):
            return True
        at = as_bytes.find(word.as_bytes, at + 1)
    return False
