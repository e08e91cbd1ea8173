"""What a search for the rest of a thread still has to look at, and when it is enough. Pure.

The order (federation.md §5.6): the first post itself if we do not know where its thread is kept, then the
collections of the thread, then what is missing above, then everything that was named, post by post, and the
answers to each, breadth first and the thread's own server first.

Everything that others say can be endless, so everything here has an end. A plan is kept in the database as
JSON, so that a search goes on where it was when a worker dies.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from fediverse_support.core.models import Post

MOST_POSTS = 1_000
"""Posts asked for in one search."""
MOST_PAGES = 500
"""Collections and pages asked for in one search."""
MOST_BARREN = 10
"""Pages of one collection, one after the other, that name nothing new."""
MOST_SEEN = 10_000
"""Addresses that are remembered, so that none is asked twice."""
MOST_BYTES = 100 * 1024 * 1024
MOST_CONTEXTS = 6
"""Collections of the thread: that of its first post, and those that servers of answers keep of their own."""
MOST_TRIES = 3
LONGEST = timedelta(minutes=30)

MOST_OF_AN_OUTBOX = 3
"""Pages, the newest first."""

Kind = Literal["root", "context", "above", "post", "replies", "outbox", "thread"]

_RANK: dict[Kind, int] = {
    "root": 0,
    "context": 1,
    "above": 2,
    "post": 3,
    "replies": 3,
    "outbox": 4,
    "thread": 5,
}
_LISTS_OF_THREADS = ("context", "replies")


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One address to ask. `of` is the collection that a page belongs to, by its first address.

    `waits_for` is another host that is needed too and was in trouble the last time.
    """

    url: str
    kind: Kind
    depth: int = 0
    of: str = ""
    barren: int = 0
    tries: int = 0
    waits_for: str = ""

    @property
    def host(self) -> str:
        """The server to ask."""
        return _host(self.url)

    @property
    def is_page(self) -> bool:
        """Whether this is a collection or a page of one."""
        return self.kind in ("context", "replies", "outbox")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A search under way. `seen` and `roll` hold short hashes of addresses.

    `home`: the server of the thread's first post, asked first. `never`: ourselves. `only`: the servers that
    may be asked at all, for a thread that is not for everybody. `errands` are in the order in which they are
    to be done. `roll`: what the group itself lists as the thread; once that was read to its end, nothing else
    belongs to it.
    """

    home: str
    never: tuple[str, ...]
    began: datetime
    only: tuple[str, ...] | None = None
    errands: tuple[Errand, ...] = ()
    seen: frozenset[str] = frozenset()
    posts: int = 0
    pages: int = 0
    contexts: int = 0
    bytes: int = 0
    roll: frozenset[str] = frozenset()
    roll_url: str = ""
    is_roll_read: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a collection: `named` posts, those of them that we do not know, and the next page.

    `is_roll`: the group itself says that these are the thread; `is_cut`: it named more than we read.
    """

    named: Sequence[str]
    unknown: Sequence[str]
    next: str | None = None
    is_roll: bool = False
    is_cut: bool = False


def begin(
    root: Post,
    stored: Iterable[Post],
    now: datetime,
    *,
    never: tuple[str, ...],
    only: tuple[str, ...] | None = None,
    outbox: str | None = None,
) -> Plan:
    """The plan for a thread of which `stored` is here, in the order in which their answers are asked for.

    `outbox`: that of the thread's group, to look for other threads in it that are new.
    """
    plan = Plan(home=_host(root.uri), never=never, began=now, only=only)
    if root.context_url is None and root.replies_url is None:
        plan = _add(plan, [Errand(url=root.uri, kind="root")])
    answers = list(stored)
    contexts = dict.fromkeys(post.context_url for post in (root, *answers) if post.context_url)
    plan = _add(plan, [Errand(url=url, kind="context", of=url) for url in contexts])
    if root.in_reply_to is not None and root.parent_id is None:
        plan = _add(plan, [Errand(url=root.in_reply_to, kind="above")])
    plan = _add(plan, [_replies(post.replies_url, 1) for post in answers if post.replies_url])
    return _add(plan, [Errand(url=outbox, kind="outbox", of=outbox)]) if outbox else plan


def next_errand(plan: Plan, rests: Callable[[str], bool]) -> Errand | None:
    """What to do next, passing over hosts that rest; None if nothing can be done just now."""
    for errand in plan.errands:
        if not rests(errand.host) and not (errand.waits_for and rests(errand.waits_for)):
            return errand
    return None


def is_enough(plan: Plan, now: datetime) -> bool:
    """Whether a bound is reached: what is left then stays for another time."""
    return (
        plan.posts >= MOST_POSTS
        or plan.pages >= MOST_PAGES
        or plan.bytes >= MOST_BYTES
        or now - plan.began >= LONGEST
    )


def done(plan: Plan, errand: Errand, *, posts: int = 0, size: int = 0) -> Plan:
    """`errand` has been seen to, and `posts` were asked for with it; `size` bytes have come."""
    return msgspec.structs.replace(
        plan,
        errands=tuple(other for other in plan.errands if other != errand),
        posts=plan.posts + posts,
        pages=plan.pages + errand.is_page,
        bytes=plan.bytes + size,
    )


def again(plan: Plan, errand: Errand, *, waits_for: str = "") -> Plan:
    """`errand` could not be done now: it is the last of its kind, or given up after three times."""
    left = tuple(other for other in plan.errands if other != errand)
    if errand.tries + 1 < MOST_TRIES:
        left += (msgspec.structs.replace(errand, tries=errand.tries + 1, waits_for=waits_for),)
    return msgspec.structs.replace(plan, errands=_in_order(plan, left))


def without_host(plan: Plan, host: str) -> Plan:
    """`host` is not to be asked for longer than this search goes on."""
    left = tuple(errand for errand in plan.errands if errand.host != host)
    return msgspec.structs.replace(plan, errands=left)


def with_page(plan: Plan, errand: Errand, page: Page) -> Plan:
    """What `errand`, a collection or a page of one, has named: posts to ask for, and the page after it.

    Once more was named than is remembered, nothing counts as new any more, and the collection is left soon.
    """
    room = MOST_SEEN - len(plan.seen)
    news = {key for key in map(_key, page.named) if key not in plan.seen} if room > 0 else set()
    barren = 0 if news else errand.barren + 1
    plan = _with_roll(plan, errand, page)
    if errand.kind == "outbox":
        return _with_outbox(plan, errand, page)
    plan = _add(plan, [Errand(url=uri, kind="post", depth=errand.depth) for uri in page.unknown])
    if news:
        plan = msgspec.structs.replace(plan, seen=plan.seen | news)
    if page.next is None or barren >= MOST_BARREN:
        return plan
    following = msgspec.structs.replace(errand, url=page.next, barren=barren, tries=0)
    return _add(plan, [following])


def _with_outbox(plan: Plan, errand: Errand, page: Page) -> Plan:
    """What a group has passed on last: perhaps threads that we have not heard of."""
    plan = _known_to(plan, page.named)
    plan = _add(plan, [Errand(url=uri, kind="thread") for uri in page.unknown])
    if page.next is None or errand.depth + 1 >= MOST_OF_AN_OUTBOX:
        return plan
    following = msgspec.structs.replace(errand, url=page.next, depth=errand.depth + 1, tries=0)
    return _add(plan, [following])


def _known_to(plan: Plan, named: Iterable[str]) -> Plan:
    """A group names posts of its own: their servers know of it, and may be asked."""
    if plan.only is None:
        return plan
    return msgspec.structs.replace(plan, only=tuple(sorted({*plan.only, *map(_host, named)})))


def with_post(plan: Plan, errand: Errand, context: str | None, replies: str | None) -> Plan:
    """A post was found by `errand` that names these collections. The first post's context is its thread's."""
    if context is not None:
        plan = _add(plan, [Errand(url=context, kind="context", of=context)])
    return _add(plan, [_replies(replies, errand.depth + 1)]) if replies is not None else plan


def may_ask(plan: Plan, url: str) -> bool:
    """Whether the server of `url` may be asked for this thread."""
    host = _host(url)
    return host not in plan.never and (plan.only is None or host in plan.only)


def belongs(plan: Plan, uri: str) -> bool:
    """Whether a post may be part of the thread as far as its group has said.

    Who reads the answers only where they were written gets those of people whom the group has sent away.
    """
    return not plan.is_roll_read or _key(uri) in plan.roll


def _add(plan: Plan, errands: Iterable[Errand]) -> Plan:
    """`plan` with those of `errands` that are new, allowed, and within the bounds."""
    seen, kept, contexts = set(plan.seen), list(plan.errands), plan.contexts
    pages = sum(errand.is_page for errand in kept)
    room = {True: MOST_PAGES - plan.pages - pages, False: MOST_POSTS - plan.posts - len(kept) + pages}
    for errand in errands:
        key, is_context = _key(errand.url), _is_context(errand)
        is_full = room[errand.is_page] <= 0 or (is_context and contexts >= MOST_CONTEXTS)
        is_needless = errand.kind in _LISTS_OF_THREADS and plan.is_roll_read
        if is_full or is_needless or key in seen or not may_ask(plan, errand.url):
            continue
        seen.add(key)
        kept.append(errand)
        contexts += is_context
        room[errand.is_page] -= 1
    if len(kept) == len(plan.errands):
        return plan
    ordered = _in_order(plan, kept)
    return msgspec.structs.replace(plan, seen=frozenset(seen), errands=ordered, contexts=contexts)


def _is_context(errand: Errand) -> bool:
    """Whether this begins a collection of the thread."""
    return errand.kind == "context" and errand.url == errand.of


def _with_roll(plan: Plan, errand: Errand, page: Page) -> Plan:
    """What the group itself lists: the thread, and servers that know of it because their people are in it."""
    if not page.is_roll or plan.roll_url not in ("", errand.of):
        return plan
    plan = _known_to(plan, page.named)
    is_cut = page.is_cut or len(plan.roll) > MOST_SEEN
    is_read = page.next is None and not is_cut
    return msgspec.structs.replace(
        plan,
        roll=plan.roll | {_key(uri) for uri in page.named},
        roll_url=errand.of if not is_cut else "cut",
        is_roll_read=is_read,
        # No other list could add to it: nobody is asked for one.
        errands=tuple(one for one in plan.errands if not (is_read and one.kind in _LISTS_OF_THREADS)),
    )


def _in_order(plan: Plan, errands: Iterable[Errand]) -> tuple[Errand, ...]:
    """`errands` as they are to be done; equal ones in the order in which they came."""
    return tuple(sorted(errands, key=lambda one: (_RANK[one.kind], one.depth, one.host != plan.home)))


def _replies(url: str, depth: int) -> Errand:
    return Errand(url=url, kind="replies", depth=depth, of=url)


def _host(url: str) -> str:
    """The host of a URL that went through the gate."""
    return url.split("/", 3)[2]


def _key(url: str) -> str:
    return hashlib.blake2b(url.encode(), digest_size=8).hexdigest()
