"""Collections: what an actor published, who looks after a group, what it keeps on top, how a thread goes on.

Followers and those followed are a number and no names (L10). Pages have no query in their address, because
what is signed of an address with one differs from peer to peer; a page of an outbox begins after the
activity whose random id it names, so that it stays the same while newer ones come.
"""

import re
from collections.abc import Awaitable, Callable

from fediverse_support.community.posts import published
from fediverse_support.core.errors import Gone, Missing
from fediverse_support.core.models import Actor, Post, Viewer
from fediverse_support.database import activities, actors, follows, groups, pins, threads
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.rendering import collections
from fediverse_support.protocol.rendering.collections import PAGE
from fediverse_support.web.federation.answers import Document, Question, fixed, served
from fediverse_support.web.federation.objects import public_id
from fediverse_support.web.federation.requesting import for_members, for_members_at_last

AT_ONCE = 20
"""Activities in a page of an outbox: each carries a whole post."""
NEWEST = "newest"
Slice = Callable[[Connection, Viewer, int, int, int], Awaitable[list[str]]]

_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


@for_members
async def outbox(question: Question) -> Document:
    """What an actor published: the newest here, because Lemmy turns no page, and all of it in pages."""
    actor = await actor_of(question)
    items, _ = await published.outbox(
        question.db, question.viewer, question.services.site, actor, None, AT_ONCE
    )
    total = await activities.outbox_total(question.db, question.viewer, actor.id)
    uri = f"{actor.uri}/outbox"
    return Document(body={**collections.whole(uri, items, total=total), "first": f"{uri}/{NEWEST}"})


@for_members
async def outbox_page(question: Question) -> Document:
    """One page of what an actor published."""
    actor = await actor_of(question)
    asked = str(question.request.path_params["before"])
    before = None if asked == NEWEST else public_id(asked)
    items, next = await published.outbox(
        question.db, question.viewer, question.services.site, actor, before, AT_ONCE
    )
    uri = f"{actor.uri}/outbox"
    body = collections.page(f"{uri}/{asked}", uri, items, next=f"{uri}/{next}" if next else None)
    return Document(body=body)


@fixed
async def nothing_published(question: Question) -> Document:
    """The outbox of the server itself, which says nothing in public (PieFed wants it to be there)."""
    return Document(body=collections.whole(f"{question.services.site.instance_actor}/outbox", []))


@served
async def followers(question: Question) -> Document:
    """How many follow an actor."""
    actor = await actor_of(question)
    total = await follows.count_of(question.db, actor.id)
    return Document(body=collections.count_only(f"{actor.uri}/followers", total))


@for_members_at_last
async def following(question: Question) -> Document:
    """How many an actor follows; closed groups do not count."""
    actor = await actor_of(question)
    total = await follows.count_by(question.db, actor.id)
    return Document(body=collections.count_only(f"{actor.uri}/following", total))


@for_members_at_last
async def moderators(question: Question) -> Document:
    """Who looks after a group (FEP-1b12)."""
    group = await actor_of(question)
    found = await groups.moderators(question.db, group.id)
    return Document(body=collections.whole(f"{group.uri}/moderators", [actor.uri for actor in found]))


@for_members
async def featured(question: Question) -> Document:
    """What a group keeps on top: our posts embedded, as Lemmy wants them, others' by their ids."""
    group = await actor_of(question)
    site = question.services.site
    items = [
        await published.note_of(question.db, site, post) if site.is_ours(post.uri) else post.uri
        for post in await groups.pinned(question.db, question.viewer, group.id, PAGE)
    ]
    return Document(body=collections.whole(f"{group.uri}/featured", items))


@for_members
async def featured_by_person(question: Question) -> Document:
    """What somebody keeps at the top of their profile, as far as whoever asks may see it."""
    person = await actor_of(question)
    site = question.services.site
    items = [
        await published.note_of(question.db, site, post) if site.is_ours(post.uri) else post.uri
        for post in await pins.shown(question.db, question.viewer, person.id, PAGE)
    ]
    return Document(body=collections.whole(f"{person.uri}/featured", items))


@for_members
async def replies(question: Question) -> Document:
    """The direct answers to a post, the first of them here."""
    post = await _post(question)
    found = await threads.uris_of_replies(question.db, question.viewer, post.id, PAGE + 1)
    next = f"{post.uri}/replies/2" if len(found) > PAGE else None
    return Document(body=collections.replies(post.uri, found[:PAGE], next=next))


@for_members
async def replies_page(question: Question) -> Document:
    """A further page of answers."""
    post = await _post(question)
    return await _page(question, f"{post.uri}/replies", threads.uris_of_replies, post)


@for_members
async def context(question: Question) -> Document:
    """All posts of a thread that everybody may see, in order (FEP-f228): here, or in pages."""
    root = await _root(question)
    group = await actors.by_id(question.db, root.group_id) if root.group_id else None
    total = await threads.total_of_thread(question.db, question.viewer, root.id)
    is_short = total <= PAGE
    found = await threads.uris_of_thread(question.db, question.viewer, root.id, PAGE) if is_short else []
    body = collections.thread(
        root.uri,
        found,
        group=group.uri if group else None,
        total=total,
        pages=None if is_short else -(-total // PAGE),
    )
    return Document(body=body)


@for_members
async def context_page(question: Question) -> Document:
    """One page of a long thread."""
    root = await _root(question)
    return await _page(question, f"{root.uri}/context", threads.uris_of_thread, root)


async def _page(question: Question, uri: str, read: Slice, post: Post) -> Document:
    text = str(question.request.path_params["number"])
    if _PAGE_NUMBER.fullmatch(text) is None:
        raise Missing
    number = int(text)
    found = await read(question.db, question.viewer, post.id, PAGE + 1, (number - 1) * PAGE)
    if not found and number > 1:
        raise Missing
    next = f"{uri}/{number + 1}" if len(found) > PAGE else None
    return Document(body=collections.page(f"{uri}/{number}", uri, found[:PAGE], next=next))


async def actor_of(question: Question) -> Actor:
    """The group or person whose collection this is; raises `Missing`, or `Gone`."""
    actor = await published.person_or_group(question.db, question.viewer, question.name)
    if not f"{question.services.site.origin}{question.request.url.path}".startswith(f"{actor.uri}/"):
        raise Missing
    if actor.state == "gone":
        raise Gone
    return actor


async def _post(question: Question) -> Post:
    """The post whose collection this is; raises `Missing`, or `Gone`."""
    return await published.visible(
        question.db, question.viewer, question.services.site, public_id(question.name)
    )


async def _root(question: Question) -> Post:
    post = await _post(question)
    if not post.is_root:
        raise Missing
    return post
