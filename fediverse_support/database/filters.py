"""The tables `filters`, `filter_keywords` and `filter_posts`: what somebody does not want to read unwarned.

A filter has words that it looks for and single posts that it names, and counts in some contexts only. All
functions ask for the actor whose filter it is: somebody else's is as if it were not there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import Row, changed, reader

Context = Literal["home", "notifications", "public", "thread", "account"]
Action = Literal["warn", "hide", "blur"]
CONTEXTS: tuple[Context, ...] = get_args(Context)
ACTIONS: tuple[Action, ...] = get_args(Action)


class Keyword(msgspec.Struct, frozen=True, kw_only=True):
    """A word that a filter looks for; with `whole_word` not inside of other words."""

    id: int
    keyword: str
    whole_word: bool


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A single post that a filter names."""

    id: int
    post_id: int


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `filters` with its words and posts, each in the order in which they were added."""

    id: int
    title: str
    contexts: tuple[Context, ...]
    action: Action
    ends_at: datetime | None
    keywords: tuple[Keyword, ...] = ()
    posts: tuple[Named, ...] = ()


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word as somebody asks for it. `id`: one that the filter has; `is_removed`: it is to go."""

    id: int | None = None
    keyword: str = ""
    whole_word: bool | None = None
    is_removed: bool = False


read_keyword = reader(Keyword)
read_named = reader(Named)

_WHOLE = """
    select f.id, f.title, f.contexts, f.action, f.ends_at,
           coalesce((select jsonb_agg(jsonb_build_array(k.id, k.keyword, k.whole_word) order by k.id)
                       from filter_keywords k where k.filter_id = f.id), '[]') as keywords,
           coalesce((select jsonb_agg(jsonb_build_array(n.id, n.post_id) order by n.id)
                       from filter_posts n where n.filter_id = f.id), '[]') as posts
      from filters f
     where f.actor_id = $1
"""
_EVERY = "".join((_WHOLE, " order by f.id"))
_IN_FORCE = "".join((_WHOLE, " and (f.ends_at is null or f.ends_at > $2) order by f.id"))
_ONE = "".join((_WHOLE, " and f.id = $2"))
_HOLDING_WORD = "".join((_WHOLE, " and f.id = (select filter_id from filter_keywords where id = $2)"))


async def every(db: Connection, actor_id: int) -> list[Filter]:
    """All filters of an actor, also those whose time is over, the oldest first."""
    return [_read(row) for row in await db.fetch(_EVERY, actor_id)]


async def in_force(db: Connection, actor_id: int, now: datetime) -> list[Filter]:
    """The filters of an actor that count now."""
    return [_read(row) for row in await db.fetch(_IN_FORCE, actor_id, now)]


async def one(db: Connection, actor_id: int, filter_id: int) -> Filter | None:
    """A filter of this actor."""
    row = await db.fetchrow(_ONE, actor_id, filter_id)
    return _read(row) if row else None


async def holding_word(db: Connection, actor_id: int, keyword_id: int) -> Filter | None:
    """The filter of this actor that has this word."""
    row = await db.fetchrow(_HOLDING_WORD, actor_id, keyword_id)
    return _read(row) if row else None


async def alone(db: Connection, actor_id: int) -> None:
    """Let nobody else change the filters of this actor until the transaction ends, so that bounds hold."""
    await db.execute("select from actors where id = $1 for no key update", actor_id)


async def add(
    db: Connection,
    actor_id: int,
    *,
    title: str,
    contexts: Sequence[Context],
    action: Action,
    ends_at: datetime | None,
) -> int:
    """Keep a new filter without words; its number."""
    number: int = await db.fetchval(
        """
        insert into filters (actor_id, title, contexts, action, ends_at) values ($1, $2, $3, $4, $5)
        returning id
        """,
        actor_id,
        title,
        list(contexts),
        action,
        ends_at,
    )
    return number


async def change(
    db: Connection,
    filter_id: int,
    *,
    title: str,
    contexts: Sequence[Context],
    action: Action,
    ends_at: datetime | None,
) -> None:
    """Give a filter another title, contexts, action and end."""
    await db.execute(
        "update filters set title = $2, contexts = $3, action = $4, ends_at = $5 where id = $1",
        filter_id,
        title,
        list(contexts),
        action,
        ends_at,
    )


async def remove(db: Connection, actor_id: int, filter_id: int) -> bool:
    """Forget a filter; False if this actor has none of this number."""
    status = await db.execute("delete from filters where id = $2 and actor_id = $1", actor_id, filter_id)
    return bool(changed(status))


async def put_words(db: Connection, filter_id: int, words: Sequence[Word]) -> None:
    """Add, change and take away words of a filter. What names a word of another filter changes nothing."""
    for word in words:
        if word.is_removed:
            await db.execute(
                "delete from filter_keywords where id = $2 and filter_id = $1", filter_id, word.id
            )
        elif word.id is not None:
            await db.execute(
                """
                update filter_keywords
                   set keyword = coalesce(nullif($3, ''), keyword), whole_word = coalesce($4, whole_word)
                 where id = $2 and filter_id = $1
                """,
                filter_id,
                word.id,
                word.keyword,
                word.whole_word,
            )
        else:
            await add_word(db, filter_id, word.keyword, whole_word=word.whole_word is not False)


async def add_word(db: Connection, filter_id: int, keyword: str, *, whole_word: bool) -> Keyword:
    """Let a filter look for one more word."""
    row = await db.fetchrow(
        "insert into filter_keywords (filter_id, keyword, whole_word) values ($1, $2, $3) returning *",
        filter_id,
        keyword,
        whole_word,
    )
    assert row is not None
    return read_keyword(row)


async def number_of_words(db: Connection, actor_id: int) -> int:
    """How many words all filters of an actor have."""
    query = (
        "select count(*) from filter_keywords k join filters f on f.id = k.filter_id where f.actor_id = $1"
    )
    return int(await db.fetchval(query, actor_id))


async def remove_word(db: Connection, actor_id: int, keyword_id: int) -> bool:
    """Let a filter of this actor no longer look for a word; False if there is none of this number."""
    status = await db.execute(
        """
        delete from filter_keywords k using filters f
         where k.id = $2 and f.id = k.filter_id and f.actor_id = $1
        """,
        actor_id,
        keyword_id,
    )
    return bool(changed(status))


async def add_post(db: Connection, filter_id: int, post_id: int) -> Named:
    """Let a filter name a post. Safe to run twice."""
    row = await db.fetchrow(
        """
        insert into filter_posts (filter_id, post_id) values ($1, $2)
            on conflict (filter_id, post_id) do update set post_id = excluded.post_id
        returning *
        """,
        filter_id,
        post_id,
    )
    assert row is not None
    return read_named(row)


async def named(db: Connection, actor_id: int, named_id: int) -> Named | None:
    """The place of a post in a filter of this actor."""
    row = await db.fetchrow(
        """
        select n.* from filter_posts n join filters f on f.id = n.filter_id
         where n.id = $2 and f.actor_id = $1
        """,
        actor_id,
        named_id,
    )
    return read_named(row) if row else None


async def remove_post(db: Connection, actor_id: int, named_id: int) -> bool:
    """Let a filter of this actor no longer name a post; False if there is no such place."""
    status = await db.execute(
        """
        delete from filter_posts n using filters f
         where n.id = $2 and f.id = n.filter_id and f.actor_id = $1
        """,
        actor_id,
        named_id,
    )
    return bool(changed(status))


def _read(row: Row) -> Filter:
    return Filter(
        id=row["id"],
        title=row["title"],
        contexts=tuple(row["contexts"]),
        action=row["action"],
        ends_at=row["ends_at"],
        keywords=tuple(
            Keyword(id=number, keyword=keyword, whole_word=whole)
            for number, keyword, whole in row["keywords"]
        ),
        posts=tuple(Named(id=number, post_id=post_id) for number, post_id in row["posts"]),
    )
