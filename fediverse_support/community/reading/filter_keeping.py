"""Making and changing filters: the bounds, and what has to be said (mastodon-api.md §4.9).

The older interface knows only single words: each word is a "filter" there, and one that it makes here is a
filter with one word. What such a word shares with others of its filter cannot be changed through it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import filters as stored
from fediverse_support.database.filters import (
    ACTIONS,
    CONTEXTS,
    Action,
    Context,
    Filter,
    Keyword,
    Named,
    Word,
)
from fediverse_support.database.pool import Connection
from fediverse_support.policy.matching.phrases import folded_phrase

MOST_FILTERS = 100
MOST_WORDS = 300
MOST_POSTS = 300
"""In one filter."""
MOST_WORDS_IN_ALL = 1_000
"""Of one person. Each is looked for in every post of every page that they read."""
LONGEST_TITLE = 300
LONGEST_WORD = 512


class Never(msgspec.Struct, frozen=True):
    """A filter has no end."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a filter; None leaves it as it is."""

    title: str | None = None
    contexts: Sequence[str] | None = None
    action: str | None = None
    ends_at: datetime | Never | None = None
    words: Sequence[Word] = ()


async def add(db: Connection, actor_id: int, wish: Wish) -> Filter:
    """A new filter. Raises `Malformed` for what is missing, unknown or too much. Open a transaction."""
    await stored.alone(db, actor_id)
    if len(await stored.every(db, actor_id)) >= MOST_FILTERS:
        raise Malformed(f"Validation failed: more than {MOST_FILTERS} filters are not possible.")
    number = await stored.add(
        db,
        actor_id,
        title=_title(wish.title or ""),
        contexts=_contexts(wish.contexts or ()),
        action=_action(wish.action or "warn"),
        ends_at=wish.ends_at if isinstance(wish.ends_at, datetime) else None,
    )
    await _put_words(db, number, wish.words, 0)
    await _check_all(db, actor_id)
    return await one(db, actor_id, number)


async def change(db: Connection, actor_id: int, filter_id: int, wish: Wish) -> Filter:
    """A filter, changed. Raises `Missing` for somebody else's, `Malformed` as `add`. Open a transaction."""
    await stored.alone(db, actor_id)
    known = await one(db, actor_id, filter_id)
    ends_at = known.ends_at if wish.ends_at is None else wish.ends_at
    await stored.change(
        db,
        filter_id,
        title=known.title if wish.title is None else _title(wish.title),
        contexts=known.contexts if wish.contexts is None else _contexts(wish.contexts),
        action=known.action if wish.action is None else _action(wish.action),
        ends_at=ends_at if isinstance(ends_at, datetime) else None,
    )
    await _put_words(db, filter_id, wish.words, len(known.keywords))
    await _check_all(db, actor_id)
    return await one(db, actor_id, filter_id)


async def one(db: Connection, actor_id: int, filter_id: int) -> Filter:
    """A filter of this actor. Raises `Missing`."""
    found = await stored.one(db, actor_id, filter_id)
    if found is None:
        raise Missing
    return found


async def of_word(db: Connection, actor_id: int, keyword_id: int) -> tuple[Filter, Keyword]:
    """A word of this actor, with its filter. Raises `Missing`."""
    found = await stored.holding_word(db, actor_id, keyword_id)
    if found is None:
        raise Missing
    return found, next(word for word in found.keywords if word.id == keyword_id)


async def add_word(db: Connection, actor_id: int, filter_id: int, word: Word) -> Keyword:
    """One more word for a filter. Raises `Missing` and `Malformed` as `change`. Open a transaction."""
    await stored.alone(db, actor_id)
    known = await one(db, actor_id, filter_id)
    _check(word, len(known.keywords))
    kept = await stored.add_word(db, filter_id, word.keyword, whole_word=word.whole_word is not False)
    await _check_all(db, actor_id)
    return kept


async def change_word(db: Connection, actor_id: int, keyword_id: int, word: Word) -> Keyword:
    """Another spelling of a word. Raises `Missing` and `Malformed`."""
    known, before = await of_word(db, actor_id, keyword_id)
    after = Word(
        id=keyword_id,
        keyword=word.keyword or before.keyword,
        whole_word=before.whole_word if word.whole_word is None else word.whole_word,
    )
    _check(after, 0)
    await stored.put_words(db, known.id, [after])
    return (await of_word(db, actor_id, keyword_id))[1]


async def change_by_word(db: Connection, actor_id: int, keyword_id: int, word: Word, wish: Wish) -> Filter:
    """Change a word and the filter that it is in, as the older interface does. Open a transaction.

    Raises `Missing`, and `Malformed` where the filter has other words which that would change too.
    """
    known, before = await of_word(db, actor_id, keyword_id)
    ends_at = known.ends_at if wish.ends_at is None else wish.ends_at
    is_same = (
        wish.contexts in (None, list(known.contexts))
        and wish.action in (None, known.action)
        and (ends_at if isinstance(ends_at, datetime) else None) == known.ends_at
    )
    if len(known.keywords) > 1 and not is_same:
        raise Malformed("Validation failed: this filter has several words; please change it in another app.")
    await change_word(db, actor_id, keyword_id, word)
    title = word.keyword if known.title == before.keyword else None
    return await change(db, actor_id, known.id, msgspec.structs.replace(wish, title=title or None))


async def remove_by_word(db: Connection, actor_id: int, keyword_id: int) -> None:
    """Forget a word, and its filter with the last one. Raises `Missing`. Open a transaction."""
    await stored.alone(db, actor_id)
    known, _ = await of_word(db, actor_id, keyword_id)
    await stored.remove_word(db, actor_id, keyword_id)
    if len(known.keywords) == 1 and not known.posts:
        await stored.remove(db, actor_id, known.id)


async def add_post(db: Connection, actor_id: int, filter_id: int, post_id: int) -> Named:
    """Let a filter name a post, which the caller has found to be visible. Raises `Missing`, `Malformed`."""
    await stored.alone(db, actor_id)
    known = await one(db, actor_id, filter_id)
    if len(known.posts) >= MOST_POSTS:
        raise Malformed(f"Validation failed: a filter names at most {MOST_POSTS} posts.")
    return await stored.add_post(db, filter_id, post_id)


async def _put_words(db: Connection, filter_id: int, words: Sequence[Word], number: int) -> None:
    for word in words:
        if word.is_removed:
            number -= 1
        elif word.id is None:
            _check(word, number)
            number += 1
        elif word.keyword:
            _check(word, 0)
    await stored.put_words(db, filter_id, words)


async def _check_all(db: Connection, actor_id: int) -> None:
    """Raise `Malformed` where the words of all filters together are too many; the transaction undoes it."""
    if await stored.number_of_words(db, actor_id) > MOST_WORDS_IN_ALL:
        raise Malformed(f"Validation failed: all filters together have at most {MOST_WORDS_IN_ALL} words.")


def _check(word: Word, number: int) -> None:
    if number >= MOST_WORDS:
        raise Malformed(f"Validation failed: a filter has at most {MOST_WORDS} words.")
    if not word.keyword.strip() or len(word.keyword) > LONGEST_WORD:
        raise Malformed(f"Validation failed: Keyword has 1 to {LONGEST_WORD} characters.")
    if not folded_phrase(word.keyword):
        raise Malformed("Validation failed: there is nothing in this keyword that could be looked for.")


def _title(title: str) -> str:
    title = title.strip()
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise Malformed(f"Validation failed: Title has 1 to {LONGEST_TITLE} characters.")
    return title


def _contexts(contexts: Sequence[str]) -> list[Context]:
    known = [context for context in CONTEXTS if context in contexts]
    if not known or len(known) != len(set(contexts)):
        raise Malformed(f"Validation failed: Context is one or more of {', '.join(CONTEXTS)}.")
    return known


def _action(action: str) -> Action:
    for known in ACTIONS:
        if known == action:
            return known
    raise Malformed(f"Validation failed: Filter action is one of {', '.join(ACTIONS)}.")
