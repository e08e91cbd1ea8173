"""The rules of the whole community: a short numbered list, besides which each group has its own.

A rule keeps its number as long as its sentence stays the same, because reports name it. What a group asks of
its members, it asks itself (`community/groups/rules.py`); here nobody is asked to agree.
"""

from collections.abc import Sequence
from datetime import datetime

from fediverse_support.community.groups.rules import MOST, Words, checked
from fediverse_support.core.errors import Malformed
from fediverse_support.database import house_rules as stored
from fediverse_support.database.house_rules import HouseRule
from fediverse_support.database.pool import Connection


async def in_force(db: Connection) -> list[HouseRule]:
    """The rules in their order."""
    return await stored.in_force(db)


async def publish(db: Connection, rules: Sequence[Words], now: datetime) -> list[HouseRule]:
    """Put these rules into force and take the others back; the caller opened the transaction.

    Safe to run twice. Raises `Malformed` for what does not fit.
    """
    if len(rules) > MOST:
        raise Malformed("A community has at most 40 rules.")
    made = [checked(rule) for rule in rules]
    wanted = {rule.title for rule in made}
    if len(wanted) < len(made):
        raise Malformed("Two rules say the same sentence.")
    await stored.lock(db)
    known = {rule.title: rule.id for rule in await stored.in_force(db)}
    await stored.retire(db, [number for title, number in known.items() if title not in wanted], now)
    for position, rule in enumerate(made, 1):
        if rule.title in known:
            await stored.place(db, known[rule.title], position, rule.details_source, rule.details_html)
        else:
            await stored.insert(db, position, rule.title, rule.details_source, rule.details_html)
    return await stored.in_force(db)
