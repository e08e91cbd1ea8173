"""One errand of a search: ask, store what came, and note what it leads to."""

from datetime import timedelta

import msgspec
import structlog

from fediverse_support.community.arriving import gathering
from fediverse_support.community.posts import removals
from fediverse_support.core.errors import Gone, Missing, Refused, RemoteRefused, RemoteTrouble
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import posts
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.gathering import asking, branches, plan
from fediverse_support.inbox.gathering.asking import Tools
from fediverse_support.inbox.gathering.plan import Errand, Page, Plan
from fediverse_support.network.budget import FetchBudget
from fediverse_support.protocol import parsing, threading
from fediverse_support.protocol.accessors import LONGEST_ARRAY
from fediverse_support.protocol.vocabulary import CollectionDocument, PostDocument

LONGEST_REST = timedelta(minutes=15)
"""A server that wants to be left alone for longer is left out of this search."""

log = structlog.get_logger()


class Thread(msgspec.Struct, frozen=True):
    """The thread that is looked for: its first post here, and the group that it is in."""

    root: Post
    group: Actor


async def walk(tools: Tools, thread: Thread, under_way: Plan, errand: Errand) -> tuple[Plan, int]:
    """Do one errand; the plan after it, and how many posts were stored.

    What other servers do wrong ends the errand and nothing else. Raises `Unavailable`.
    """
    budget = asking.new_budget()
    try:
        if errand.is_page:
            after, found = await _page(tools, thread, under_way, errand, budget), 0
        elif errand.kind == "root":
            after, found = await _root(tools, thread, under_way, errand, budget), 0
        elif errand.kind == "thread":
            after, found = await _other_thread(tools, thread, under_way, errand, budget)
        else:
            after, found = await _post(tools, thread, under_way, errand, budget)
    except (Missing, Refused, RemoteRefused) as trouble:
        log.debug("gathering.nothing", host=errand.host, reason=trouble.message)
        after, found = plan.done(under_way, errand, posts=not errand.is_page), 0
    except RemoteTrouble:
        after, found = _later(tools, under_way, errand), 0
    return msgspec.structs.replace(after, bytes=after.bytes + budget.bytes), found


async def _page(tools: Tools, thread: Thread, under_way: Plan, errand: Errand, budget: FetchBudget) -> Plan:
    found = await asking.listing(tools, errand.url, budget)
    gate = tools.site.gate
    named, next, is_cut = parsing.posts_listed(found, gate), found.next, _is_cut(found)
    if isinstance(found.first, CollectionDocument):
        named, next = named + parsing.posts_listed(found.first, gate), found.first.next
        is_cut = is_cut or _is_cut(found.first)
    elif found.first is not None:
        next = found.first
    page = Page(
        named=named,
        unknown=await _unknown(tools, named),
        next=next if next is not None and gate.same_origin(next, errand.url) else None,
        is_roll=_speaks_for_the_group(tools, thread, under_way, errand, found),
        is_cut=is_cut,
    )
    after = plan.with_page(plan.done(under_way, errand), errand, page)
    if page.next is not None and errand.barren + 1 >= plan.MOST_BARREN:
        log.warning("gathering.barren", host=errand.host, number=after.pages)
    return after


def _speaks_for_the_group(
    tools: Tools, thread: Thread, under_way: Plan, errand: Errand, found: CollectionDocument
) -> bool:
    """Whether this is the list of the thread that its group, elsewhere, keeps and calls its own."""
    if errand.kind != "context" or thread.group.is_local:
        return False
    if errand.url != errand.of:
        return under_way.roll_url == errand.of
    is_there = tools.site.gate.same_origin(errand.url, thread.group.uri)
    return is_there and found.attributed_to == thread.group.uri


async def _root(tools: Tools, thread: Thread, under_way: Plan, errand: Errand, budget: FetchBudget) -> Plan:
    """Ask the first post's own server where its thread is kept; or learn that it was deleted there."""
    try:
        document = await asking.post(tools, errand.url, budget)
    except Gone:
        async with acquire(tools.pool) as db, db.transaction():
            await removals.delete_confirmed(db, tools.site, thread.root, tools.now())
        return plan.done(under_way, errand, posts=1)
    context, replies = _links(tools, thread, document)
    if document.id == thread.root.uri:
        async with acquire(tools.pool) as db:
            await posts.set_links(db, thread.root.id, context, replies)
    after = plan.done(under_way, errand, posts=1)
    history = threading.history_of(document, tools.site.gate)
    return plan.with_post(after, errand, context or history, replies)


async def _post(
    tools: Tools, thread: Thread, under_way: Plan, errand: Errand, budget: FetchBudget
) -> tuple[Plan, int]:
    patient = errand.tries + 1 < plan.MOST_TRIES
    branch = await branches.fetch(tools, under_way, errand.url, budget)
    if branch.waits_for is not None and patient:
        return plan.again(under_way, errand, waits_for=branch.waits_for), 0
    after = plan.done(under_way, errand, posts=max(1, len(branch.documents)))
    branch = branches.belonging(under_way, branch)
    new = await branches.store(tools, thread.group, branch, budget, is_vouched=under_way.is_roll_read)
    for document in new:
        after = plan.with_post(after, errand, *_links(tools, thread, document))
    return after, len(new)


async def _other_thread(
    tools: Tools, thread: Thread, under_way: Plan, errand: Errand, budget: FetchBudget
) -> tuple[Plan, int]:
    """A post that the group's own outbox names: perhaps the beginning of a thread that we do not know."""
    after = plan.done(under_way, errand, posts=1)
    document = await asking.post(tools, errand.url, budget)
    if document.in_reply_to is not None:
        return after, 0
    branch = branches.Branch((document,))
    new = await branches.store(tools, thread.group, branch, budget, is_vouched=True)
    async with acquire(tools.pool) as db:
        root = await posts.by_uri(db, document.id) if new else None
        if root is not None:
            await gathering.for_new_thread(db, root.id, tools.now())
    return after, len(new)


def _links(tools: Tools, thread: Thread, document: PostDocument) -> tuple[str | None, str | None]:
    gate, root = tools.site.gate, thread.root
    near = [uri for uri in (thread.group.uri, root.uri, root.context_url) if uri]
    return threading.context_of(document, gate, near), threading.replies_of(document, gate)


async def _unknown(tools: Tools, uris: list[str]) -> list[str]:
    async with acquire(tools.pool) as db:
        known = await posts.known(db, uris)
    return [uri for uri in uris if uri not in known]


def _is_cut(found: CollectionDocument) -> bool:
    """Whether the collection may hold more items than were read."""
    return len(found.items) >= LONGEST_ARRAY


def _later(tools: Tools, under_way: Plan, errand: Errand) -> Plan:
    """The host rests now (`asking`); one that wants to rest for long is not waited for."""
    until = tools.pace.rests_until(errand.host)
    if until is not None and until - tools.now() > LONGEST_REST:
        return plan.without_host(under_way, errand.host)
    return plan.again(under_way, errand)
