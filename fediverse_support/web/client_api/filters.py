"""`/api/v2/filters`, and `/api/v1/filters` for older apps: what somebody does not want to read unwarned."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.routing import Route

from fediverse_support.community.reading import filter_keeping as keeping
from fediverse_support.community.reading.filter_keeping import Never, Wish
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.database import client_statuses
from fediverse_support.database import filters as stored
from fediverse_support.database.filters import Filter, Keyword, Named, Word
from fediverse_support.web.client_api.calls import NOT_FOUND, Answer, Call, call
from fediverse_support.web.client_api.entities.moments import maybe_moment
from fediverse_support.web.client_api.parameters import Params, as_id

READ, WRITE = "read:filters", "write:filters"
LONGEST_SECONDS = 100 * 365 * 86_400
SINCE_V2 = "@1667865600"
"""When the older interface was replaced in Mastodon (4.0), as its answers say."""


@call(READ)
async def every(call: Call) -> Any:
    """All filters."""
    return [_filter(one) for one in await stored.every(call.db, call.me)]


@call(READ)
async def show(call: Call) -> Any:
    """One filter."""
    return _filter(await keeping.one(call.db, call.me, call.path_id()))


@call(WRITE)
async def add(call: Call) -> Any:
    """A new filter with its words."""
    async with call.db.transaction():
        return _filter(await keeping.add(call.db, call.me, _wish(call)))


@call(WRITE)
async def change(call: Call) -> Any:
    """Change a filter; words can be added, changed and taken away with it."""
    async with call.db.transaction():
        return _filter(await keeping.change(call.db, call.me, call.path_id(), _wish(call)))


@call(WRITE)
async def remove(call: Call) -> Any:
    """Forget a filter."""
    if not await stored.remove(call.db, call.me, call.path_id()):
        raise Missing(NOT_FOUND)
    return {}


@call(READ)
async def words(call: Call) -> Any:
    """The words of a filter."""
    return [_keyword(word) for word in (await keeping.one(call.db, call.me, call.path_id())).keywords]


@call(WRITE)
async def add_word(call: Call) -> Any:
    """One more word."""
    async with call.db.transaction():
        return _keyword(await keeping.add_word(call.db, call.me, call.path_id(), _word(call.params)))


@call(READ)
async def show_word(call: Call) -> Any:
    """One word."""
    return _keyword((await keeping.of_word(call.db, call.me, call.path_id()))[1])


@call(WRITE)
async def change_word(call: Call) -> Any:
    """Another spelling of a word."""
    async with call.db.transaction():
        return _keyword(await keeping.change_word(call.db, call.me, call.path_id(), _word(call.params)))


@call(WRITE)
async def remove_word(call: Call) -> Any:
    """Forget a word; the filter stays."""
    if not await stored.remove_word(call.db, call.me, call.path_id()):
        raise Missing(NOT_FOUND)
    return {}


@call(READ)
async def posts(call: Call) -> Any:
    """The posts that a filter names."""
    return [_named(one) for one in (await keeping.one(call.db, call.me, call.path_id())).posts]


@call(WRITE)
async def add_post(call: Call) -> Any:
    """Let a filter name a post, also by the number of a boost of it."""
    number = call.params.id("status_id")
    if number is None:
        raise Malformed("Validation failed: status_id is missing.")
    page = await client_statuses.by_ids(call.db, call.viewer, [number])
    if not page.statuses:
        raise Missing(NOT_FOUND)
    async with call.db.transaction():
        return _named(await keeping.add_post(call.db, call.me, call.path_id(), page.statuses[0].id))


@call(READ)
async def show_post(call: Call) -> Any:
    """The place of a post in a filter."""
    named = await stored.named(call.db, call.me, call.path_id())
    if named is None:
        raise Missing(NOT_FOUND)
    return _named(named)


@call(WRITE)
async def remove_post(call: Call) -> Any:
    """Let a filter no longer name a post."""
    if not await stored.remove_post(call.db, call.me, call.path_id()):
        raise Missing(NOT_FOUND)
    return {}


# The older interface: each word is a filter


@call(READ)
async def every_v1(call: Call) -> Any:
    """All words."""
    found = await stored.every(call.db, call.me)
    return _old([_v1(one, word) for one in found for word in one.keywords])


@call(READ)
async def show_v1(call: Call) -> Any:
    """One word with its filter."""
    return _old(_v1(*await keeping.of_word(call.db, call.me, call.path_id())))


@call(WRITE)
async def add_v1(call: Call) -> Any:
    """A filter of one word, which is its title too."""
    wish, word = _wish_v1(call)
    async with call.db.transaction():
        made = await keeping.add(
            call.db,
            call.me,
            Wish(
                title=word.keyword[: keeping.LONGEST_TITLE],
                contexts=wish.contexts,
                action=wish.action,
                ends_at=wish.ends_at,
                words=(word,),
            ),
        )
    return _old(_v1(made, made.keywords[0]))


@call(WRITE)
async def change_v1(call: Call) -> Any:
    """Change a word and its filter."""
    wish, word = _wish_v1(call)
    number = call.path_id()
    async with call.db.transaction():
        await keeping.change_by_word(call.db, call.me, number, word, wish)
        return _old(_v1(*await keeping.of_word(call.db, call.me, number)))


@call(WRITE)
async def remove_v1(call: Call) -> Any:
    """Forget a word, and its filter with the last one."""
    async with call.db.transaction():
        await keeping.remove_by_word(call.db, call.me, call.path_id())
    return _old({})


def _wish(call: Call) -> Wish:
    params = call.params
    return Wish(
        title=params.maybe("title"),
        contexts=params.texts("context") if params.has("context") else None,
        action=params.maybe("filter_action") or None,
        ends_at=_ends_at(call),
        words=[_row(row) for row in params.rows("keywords_attributes")],
    )


def _wish_v1(call: Call) -> tuple[Wish, Word]:
    params = call.params
    hides = params.flag("irreversible")
    wish = Wish(
        contexts=params.texts("context") if params.has("context") else None,
        action=None if hides is None else "hide" if hides else "warn",
        ends_at=_ends_at(call),
    )
    return wish, Word(keyword=params.text("phrase"), whole_word=params.flag("whole_word"))


def _ends_at(call: Call) -> Any:
    """When a filter ends: `expires_in` is in seconds, an empty one means never."""
    text = call.params.maybe("expires_in")
    if text is None:
        return None
    if not text.strip() or text.strip().lower() in ("null", "none"):
        return Never()
    return call.now + timedelta(seconds=call.params.number("expires_in", 0, 0, LONGEST_SECONDS))


def _word(params: Params) -> Word:
    return Word(keyword=params.text("keyword"), whole_word=params.flag("whole_word"))


def _row(row: Mapping[str, Any]) -> Word:
    params = Params(dict(row))
    number = params.maybe("id")
    known = as_id(number) if number else None
    if number and known is None:
        raise Missing(NOT_FOUND)
    is_removed = bool(params.flag("_destroy", False))
    return Word(
        id=known,
        keyword=params.text("keyword"),
        whole_word=params.flag("whole_word", None if known is not None else True),
        is_removed=is_removed and known is not None,
    )


def _filter(one: Filter) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "title": one.title,
        "context": list(one.contexts),
        "expires_at": maybe_moment(one.ends_at),
        "filter_action": one.action,
        "keywords": [_keyword(word) for word in one.keywords],
        "statuses": [_named(named) for named in one.posts],
    }


def _keyword(word: Keyword) -> dict[str, Any]:
    return {"id": str(word.id), "keyword": word.keyword, "whole_word": word.whole_word}


def _named(named: Named) -> dict[str, Any]:
    return {"id": str(named.id), "status_id": str(named.post_id)}


def _v1(one: Filter, word: Keyword) -> dict[str, Any]:
    return {
        "id": str(word.id),
        "phrase": word.keyword,
        "context": list(one.contexts),
        "whole_word": word.whole_word,
        "expires_at": maybe_moment(one.ends_at),
        "irreversible": one.action == "hide",
    }


def _old(body: Any) -> Answer:
    return Answer(body, headers={"Deprecation": SINCE_V2})


def _routes(path: str, **handlers: Any) -> list[Route]:
    return [Route(path, handler, methods=[method.upper()]) for method, handler in handlers.items()]


ROUTES: list[Route] = [
    *_routes("/api/v2/filters", get=every, post=add),
    *_routes("/api/v2/filters/{id}", get=show, put=change, delete=remove),
    *_routes("/api/v2/filters/{id}/keywords", get=words, post=add_word),
    *_routes("/api/v2/filters/keywords/{id}", get=show_word, put=change_word, delete=remove_word),
    *_routes("/api/v2/filters/{id}/statuses", get=posts, post=add_post),
    *_routes("/api/v2/filters/statuses/{id}", get=show_post, delete=remove_post),
    *_routes("/api/v1/filters", get=every_v1, post=add_v1),
    *_routes("/api/v1/filters/{id}", get=show_v1, put=change_v1, delete=remove_v1),
]
