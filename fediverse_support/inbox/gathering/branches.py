"""A post with all that is missing above it, fetched from the nearest up and stored from the top down.

A thread belongs to one group, and a post is stored only in that group: because it answers something there, or
because it is addressed to it. So an answer cannot drag into a group what somebody wrote elsewhere.
"""

import msgspec
import structlog

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.posts.judging import on_record
from fediverse_support.core.errors import Missing, Refused, RemoteRefused, RemoteTrouble, Unavailable
from fediverse_support.core.metrics import GATHERED
from fediverse_support.core.models import Actor
from fediverse_support.database import posts
from fediverse_support.database.pool import UNSTORABLE, acquire
from fediverse_support.inbox import looked_up
from fediverse_support.inbox.gathering import asking, plan
from fediverse_support.inbox.gathering.asking import Tools
from fediverse_support.inbox.gathering.plan import Plan
from fediverse_support.network.budget import FetchBudget
from fediverse_support.protocol.vocabulary import PostDocument

MOST_ABOVE = 50

log = structlog.get_logger()


class Branch(msgspec.Struct, frozen=True):
    """The posts of one branch that are not here, from the nearest up.

    `waits_for` is the host of what should be above them, if that has trouble which may pass.
    """

    documents: tuple[PostDocument, ...] = ()
    waits_for: str | None = None


async def fetch(tools: Tools, under_way: Plan, uri: str, budget: FetchBudget) -> Branch:
    """The post `uri` and what is missing above it, at most `MOST_ABOVE` posts more.

    Raises as `asking.post` if `uri` cannot be had. What cannot be had above it ends the branch.
    """
    found: dict[str, PostDocument] = {}
    next: str | None = uri
    while next is not None and next not in found and len(found) <= MOST_ABOVE:
        if not plan.may_ask(under_way, next) or await _is_here(tools, next):
            break
        try:
            document = await asking.post(tools, next, budget)
        except (Missing, Refused, RemoteRefused):
            if not found:
                raise
            break
        except RemoteTrouble:
            if not found:
                raise
            return Branch(tuple(found.values()), tools.site.gate.host(next))
        if document.id in found or (document.id != next and await _is_here(tools, document.id)):
            break
        found[document.id] = document
        next = document.in_reply_to
    if next is not None and len(found) > MOST_ABOVE:
        log.warning("gathering.deep", number=len(found))
    elif next in found:
        log.warning("gathering.circle", number=len(found))
    return Branch(tuple(found.values()))


def belonging(under_way: Plan, branch: Branch) -> Branch:
    """What of a branch may be part of the thread as far as its group has said (`plan.belongs`)."""
    kept = tuple(document for document in branch.documents if plan.belongs(under_way, document.id))
    GATHERED.labels("refused").inc(len(branch.documents) - len(kept))
    return Branch(kept)


async def store(
    tools: Tools, group: Actor, branch: Branch, budget: FetchBudget, *, is_vouched: bool
) -> list[PostDocument]:
    """Store a branch from the top down; gives what is new. One that is refused does not stop the others.

    `is_vouched`: the group itself, elsewhere, has named them; only so is kept what its members say among
    themselves.
    """
    new = []
    for document in reversed(branch.documents):
        try:
            outcome = await _stored(tools, group, document, budget, is_vouched=is_vouched)
        except Unavailable:
            # Either the database is away, or the post has arrived by itself at the same moment.
            if not await _is_here(tools, document.id):
                raise
            outcome = "known"
        except RemoteTrouble:
            outcome = "later"
        except Missing:
            outcome = "missing"
        except Refused:
            outcome = "refused"
        except UNSTORABLE as error:
            log.warning("gathering.unstorable", error=type(error).__name__)
            outcome = "refused"
        GATHERED.labels(outcome).inc()
        if outcome == "stored":
            new.append(document)
    return new


async def _stored(
    tools: Tools, group: Actor, document: PostDocument, budget: FetchBudget, *, is_vouched: bool
) -> str:
    author = await asking.author(tools, document.author, budget)
    now = tools.now()
    async with acquire(tools.pool) as db, on_record(db):
        place = await arrivals.place_of(db, document, author, now)
        if place.group is None or place.group.id != group.id:
            return "elsewhere"
        place = msgspec.structs.replace(place, is_vouched=is_vouched)
        received = await looked_up.store(db, tools.site, tools.policy(), document, author, place, now)
    return "stored" if received.what == "new" else "known"


async def _is_here(tools: Tools, uri: str) -> bool:
    async with acquire(tools.pool) as db:
        return await posts.by_uri(db, uri) is not None
