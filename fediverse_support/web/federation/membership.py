"""Who follows a group: to everybody a number, to servers with members what they need to keep a secret.

Two questions are answered, both to a signed request of a server that has members of the group itself:

- `followers?is_follower=<actor id>` (as Lemmy 1.0): may that actor's server read what its members read?
- `followers_synchronization` (FEP-8fcf): which of *your* people do we take for members?

To everybody else, and about whomever else, the answer is that of a group that does not exist.
"""

import re

from fediverse_support.community import visibility
from fediverse_support.community.posts import published
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor
from fediverse_support.database import follows, groups
from fediverse_support.protocol.peers import OLD_LEMMY, SHOWS_TO_OTHERS
from fediverse_support.protocol.rendering import collections
from fediverse_support.web.federation.answers import NEVER, Document, Question
from fediverse_support.web.federation.collections import actor_of
from fediverse_support.web.federation.requesting import for_members

AT_ONCE = 1_000
"""Followers in one page; who synchronises reads at most ten, as Mastodon does."""

_PAGE_NUMBER = re.compile(r"[1-9][0-9]?", re.ASCII)


@for_members
async def followers(question: Question) -> Document:
    """How many follow a group; with `is_follower`, whether the server of one actor has members of it.

    Then 200 is yes, 404 is no or not for the asker to know, 400 that everybody may read this group.
    """
    asked = question.request.query_params.getlist("is_follower")
    if asked:
        return await _is_follower(question, asked)
    actor = await actor_of(question)
    rules = await groups.by_actor(question.db, actor.id)
    is_told = rules is not None and (not visibility.is_closed(rules) or actor.id in question.viewer.member_of)
    # How many are in a group that is for its members tells who watches it when somebody came or went.
    total = await follows.count_of(question.db, actor.id) if is_told else None
    return Document(body=collections.count_only(f"{actor.uri}/followers", total))


async def _is_follower(question: Question, asked: list[str]) -> Document:
    group = await published.closed_group(question.db, question.viewer, question.name)
    if group.id not in question.viewer.member_of:
        raise Missing
    if len(asked) != 1:
        raise Malformed("Ask about one actor.")
    host = question.services.site.gate.host(asked[0])
    if group.id not in await follows.groups_open_to(question.db, host, sorted(SHOWS_TO_OTHERS), OLD_LEMMY):
        raise Missing
    return Document(body={}, media_type="application/json", cache=NEVER)


@for_members
async def synchronisation(question: Question) -> Document:
    """The followers of a group on the asker's own server: all here, or from the first page on."""
    group, host = await _own_people(question)
    uri = f"{group.uri}/followers_synchronization"
    total = await follows.total_on_server(question.db, group.id, host)
    if total > AT_ONCE:
        return Document(body=collections.paged(uri, total, f"{uri}/1"))
    found = await follows.on_server(question.db, group.id, host, AT_ONCE)
    return Document(body=collections.whole(uri, found))


@for_members
async def synchronisation_page(question: Question) -> Document:
    """One page of a long list."""
    group, host = await _own_people(question)
    text = str(question.request.path_params["number"])
    if _PAGE_NUMBER.fullmatch(text) is None:
        raise Missing
    number, uri = int(text), f"{group.uri}/followers_synchronization"
    found = await follows.on_server(question.db, group.id, host, AT_ONCE + 1, (number - 1) * AT_ONCE)
    next = f"{uri}/{number + 1}" if len(found) > AT_ONCE else None
    return Document(body=collections.page(f"{uri}/{number}", uri, found[:AT_ONCE], next=next, most=AT_ONCE))


async def _own_people(question: Question) -> tuple[Actor, str]:
    """The group, and the host of the server that asks; raises `Missing` for one without members."""
    group = await actor_of(question)
    if question.viewer.server is None or group.id not in question.viewer.member_of:
        raise Missing
    return group, question.viewer.server
