"""Posting, changing and deleting with an app (mastodon-api.md §2.1, §4.6)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.routing import Route

from fediverse_support.community.people import posting_by_mention, scheduling
from fediverse_support.community.people.posting_by_mention import Deed, Unexpected, Wish
from fediverse_support.community.pictures import media
from fediverse_support.community.posts import addressees, judging, posts, reacting
from fediverse_support.core.errors import Malformed, Missing, Trouble
from fediverse_support.core.models import Post
from fediverse_support.database import client_accounts, reactions, redrafting, sent_once
from fediverse_support.database import posts as stored
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.database.sent_once import Sent
from fediverse_support.network.media_files import KEEP_FOR_REDRAFT, KEEP_UPLOADS
from fediverse_support.web.client_api import scheduled
from fediverse_support.web.client_api.calls import Answer, Call, call
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.parameters import Params
from fediverse_support.web.client_api.wishes import language_in, moment_in, myself, poll_in, wish_of

MOST_LOOKED_UP = 5
LONGEST_KEY = 255
NO_QUOTES = "Posts here cannot be quoted: support is not for showing around."


@call("write:statuses", connection="session", limit="60 per 10 minutes")
async def create(one: Call) -> Any:
    """Post, or schedule. With a key that was used within the hour: what came of it then."""
    wish, at = wish_of(one), moment_in(one.params, "scheduled_at")
    if one.params.maybe("quoted_status_id") or one.params.maybe("quote_id"):
        raise Malformed(NO_QUOTES)
    await _meet(one, wish.source)
    async with acquire(one.services.pool) as db:
        try:
            async with judging.on_record(db):
                sent = await _once(one, db, wish, at)
        except Unexpected as trouble:
            return await _unexpected(one, db, trouble)
        if sent.scheduled_id is not None:
            return await scheduled.one_of(one, db, sent.scheduled_id)
        return await statuses.one(one.services, db, one.viewer, sent.post_id or 0)


async def _once(one: Call, db: Connection, wish: Wish, at: datetime | None) -> Sent:
    key = one.request.headers.get("idempotency-key", "").replace("\x00", "")[:LONGEST_KEY]
    known = await sent_once.begin(db, one.me, key, one.now) if key else None
    if known is not None:
        return known
    if at is not None:
        if one.viewer.account is None:
            raise Missing
        kept = await scheduling.schedule(db, one.me, one.viewer.account.id, wish, at, one.now)
        sent = Sent(None, kept.id)
    else:
        sent = Sent((await _posted(one, db, wish)).id, None)
    if key:
        await sent_once.end(db, one.me, key, sent)
    return sent


async def _posted(one: Call, db: Connection, wish: Wish) -> Post:
    attachments = await media.attach(db, one.site, one.me, wish.media_ids)
    defaults = await client_accounts.defaults(db, one.me)
    wish = msgspec.structs.replace(
        wish,
        language=wish.language or defaults.language,
        sensitive=wish.sensitive if one.params.has("sensitive") else defaults.sensitive,
    )
    deed = await deed_of(one, db, wish)
    return await posting_by_mention.publish(
        db, msgspec.structs.replace(deed, attachments=attachments, usual=defaults.reach)
    )


async def deed_of(one: Call, db: Connection, wish: Wish) -> Deed:
    """What somebody does now, with the receipts in the language that their app asks for."""
    renderer = one.services.templates
    language = renderer.language_for(one.request.headers.get("accept-language", ""))
    return Deed(
        site=one.site,
        me=await myself(one, db),
        viewer=one.viewer,
        wish=wish,
        now=one.now,
        policy=one.services.policy(),
        say=lambda sentence: renderer.translated(language, sentence),
    )


async def _meet(one: Call, source: str) -> None:
    """Get to know the people elsewhere who are mentioned; who cannot be found stays text."""
    async with acquire(one.services.pool) as db:
        handles = await addressees.unknown(db, one.site, source)
    if handles:
        await asyncio.gather(*(_look_up(one, handle) for handle in handles[:MOST_LOOKED_UP]))


async def _look_up(one: Call, handle: str) -> None:
    try:
        await one.services.lookups.find(f"@{handle}", one.now)
    except Trouble:
        return


async def _unexpected(one: Call, db: Connection, trouble: Unexpected) -> Answer:
    found = await accounts.shown(one.services, db, one.viewer, trouble.actor_ids)
    return Answer({"error": trouble.message, "unexpected_accounts": found}, 422)


@call("write:statuses", connection="session", limit="120 per 10 minutes")
async def change(one: Call) -> Any:
    """Change a post of one's own; what was not sent stays as it is."""
    await _meet(one, one.params.text("status"))
    async with acquire(one.services.pool) as db:
        post = await own(one, db)
        async with judging.on_record(db):
            deed = await deed_of(one, db, _changed(one, post))
            attachments = await _attachments(one, db, post)
            await posting_by_mention.change(db, deed, post, attachments)
        return await statuses.one(one.services, db, one.viewer, post.id)


def _changed(one: Call, post: Post) -> Wish:
    params = one.params
    return Wish(
        source=params.text("status", post.source or ""),
        content_warning=params.text("spoiler_text", post.content_warning),
        sensitive=bool(params.flag("sensitive", post.sensitive and not post.content_warning)),
        language=language_in(params) or post.language,
        poll=poll_in(params),
    )


async def _attachments(one: Call, db: Connection, post: Post) -> tuple[dict[str, Any], ...] | None:
    """The pictures that a post shall have, with what they show; None if nothing was said of them."""
    rows = one.params.rows("media_attributes")
    if not rows and not one.params.has("media_ids"):
        return None
    for row in rows:
        given = Params(row)
        if (number := given.id("id")) is not None:
            words = media.described(given.text("description"), given.maybe("focus"))
            await media.describe(db, one.me, number, words)
    numbers = one.params.ids("media_ids") if one.params.has("media_ids") else _numbers(post)
    return await media.attach(db, one.site, one.me, numbers, post.id)


def _numbers(post: Post) -> Sequence[int]:
    return [int(item["media_id"]) for item in post.attachments if str(item.get("media_id", "")).isdecimal()]


@call("write:statuses", limit="60 per 10 minutes")
async def delete(one: Call) -> Any:
    """Delete a post of one's own. It is answered once more as it was, with its text, for writing it anew.

    Its pictures wait for an hour to be used again, unless the app says that they go as well. A boost of one's
    own is taken back, and what it boosts stays, also when that is one's own.
    """
    if await reactions.is_boost_of(one.db, one.path_id(), one.me):
        return await _take_back(one)
    post = await own(one, one.db)
    shown = await statuses.one(one.services, one.db, one.viewer, post.id)
    async with one.db.transaction():
        if not one.params.flag("delete_media", False):
            await redrafting.let_go(one.db, post.id, one.now - (KEEP_UPLOADS - KEEP_FOR_REDRAFT))
        await posts.delete(one.db, one.site, await myself(one, one.db), post.id, one.now)
    return shown | {"text": post.source or ""}


async def _take_back(one: Call) -> Any:
    shown = await statuses.one(one.services, one.db, one.viewer, one.path_id())
    async with one.db.transaction():
        me = await myself(one, one.db)
        await reacting.unboost(one.db, one.site, me, one.viewer, one.path_id(), one.now)
    return shown | {"text": ""}


async def own(one: Call, db: Connection) -> Post:
    """The post of one's own that the address names; a boost stands for what it boosts. Raises `Missing`."""
    post = await stored.seen_by(db, one.viewer, await stored.behind(db, one.path_id()))
    if post is None or post.author_id != one.me or post.state == "deleted":
        raise Missing
    return post


@call("write:statuses")
async def interaction_policy(one: Call) -> Any:
    """Nobody may quote, and that is not for each post to say."""
    raise Malformed(NO_QUOTES)


ROUTES = [
    Route("/api/v1/statuses", create, methods=["POST"]),
    Route("/api/v1/statuses/{id}", change, methods=["PUT"]),
    Route("/api/v1/statuses/{id}", delete, methods=["DELETE"]),
    Route("/api/v1/statuses/{id}/interaction_policy", interaction_policy, methods=["PUT"]),
]
