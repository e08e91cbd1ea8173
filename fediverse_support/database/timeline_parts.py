"""What the statements of all timelines share: their page, their two directions, and whom one wants to read.

Each choice is a text that ends with the CTE `entries`, which `client_statuses.page_of` makes a statement of
that reads everything else too. $1 to $6 are `viewer.sight`; of a page $7 is how many, $8 and $9 are the
numbers between which it lies, both left out. A page is read from its newer end or from its older one; an
index is read in an order only if the order is written out, so each choice is there twice.
"""

import msgspec

from fediverse_support.core.models import Viewer
from fediverse_support.database.client_statuses import Page, fetch, page_of
from fediverse_support.database.pool import Connection


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a timeline: between two numbers, from the newer end or (`is_upward`) from the older."""

    limit: int
    max_id: int
    after: int
    is_upward: bool = False


class Both(msgspec.Struct, frozen=True):
    """A statement that reads a timeline from its newer end, and the same from its older end."""

    down: str
    up: str


def both(*parts: str, scans: bool = False) -> Both:
    """The two statements of a choice."""
    choice = "".join(parts)
    return Both(page_of(choice, scans=scans), page_of(upward(choice), scans=scans))


def upward(choice: str) -> str:
    """A choice that is read from its older end."""
    return choice.replace("id desc limit", "id asc limit")


def one(*parts: str) -> str:
    """The statement of a choice that has no pages."""
    return page_of("".join(parts))


# Whom the viewer has muted, and servers of whose people they want to see nothing. What they wrote and what
# others boost of them is in no list. What the viewer wrote always is.
SHUNNED = """
with shunned as materialized (
    select array(select m.muted_id from personal_mutes m
                  where m.actor_id = $1 and (m.ends_at is null or m.ends_at > now())) as people,
           array(select d.domain from personal_domain_blocks d where d.actor_id = $1) as domains
)
"""

SEEN = """
       may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
"""

WANTED = """
       and (p.author_id = $1 or not (
               p.author_id = any ((select people from shunned)::bigint[])
               or (select cardinality(domains) from shunned) > 0
                  and exists (select from actors a, unnest((select domains from shunned)) as d (name)
                               where a.id = p.author_id and not a.is_local
                                 and right('.' || split_part(split_part(a.uri, '/', 3), ':', 1),
                                           length(d.name) + 1) = '.' || d.name)))
"""


async def page(db: Connection, viewer: Viewer, both: Both, part: Part, *wanted: object) -> Page:
    """A part of a timeline; `wanted` are the parameters of its choice, from $10 on."""
    statement = both.up if part.is_upward else both.down
    bounds = part.limit, part.max_id, part.after
    return await fetch(db, viewer, statement, *bounds, *wanted, is_upward=part.is_upward)
