"""Which hosts are blocked, as a part of larger statements: a level holds for a domain and all below it.

The nearest name on the ladder decides, so a domain that is let in below one that is blocked stays in touch.
Where only those on the list are let in, everybody else counts as blocked. A port is no part of a name.
"""

from fediverse_support.database.pool import Connection

REFUSED = """
    near as (
        select distinct on (n.name) n.name, l.level, l.admits
          from named n
         cross join lateral string_to_array(split_part(n.name, ':', 1), '.') as labels
         cross join lateral generate_series(1, array_length(labels, 1)) as first
          join domain_levels l on l.domain = array_to_string(labels[first:], '.')
         order by n.name, first
    ), refused as (
        select near.name from near
         where near.level = 'blocked'
            or ((select federation_mode from community) = 'allow-list' and not near.admits)
         union all
        select named.name from named
         where (select federation_mode from community) = 'allow-list'
           and named.name not in (select name from near)
    )"""
"""Two parts of a `with` after one called `named (name)`; `refused (name)` has the blocked ones of these."""

_IS_REFUSED = "".join(
    ("with named as (select $1::text as name), ", REFUSED, " select exists (select from refused)")
)


async def is_refused(db: Connection, host: str) -> bool:
    """Whether nothing is taken from this host, or sent to it."""
    return bool(await db.fetchval(_IS_REFUSED, host))
