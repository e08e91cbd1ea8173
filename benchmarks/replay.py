"""Trying a policy on what has arrived: what one arrival costs, read from the database and judged twice."""

import random
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import stage
from benchmarks.policy import SYLLABLES
from benchmarks.table import Figure
from fediverse_support.core.identifiers import id_at
from fediverse_support.database import pool
from fediverse_support.database.pool import Connection
from fediverse_support.foundation import laid
from fediverse_support.moderation import policy, trying
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.document import INSTANCE, Document, RuleText, Whole, WordList
from fediverse_support.protocol.site import Site

ARRIVALS = 20_000
LIMIT_MICROSECONDS = 600.0
"""60 seconds for 100,000 arrivals."""

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_SENDERS, _HOSTS, _PHRASES, _RULES = 2_000, 200, 10_000, 500
_BATCH = 5_000


async def figures(folder: Path) -> list[Figure]:
    """The CPU time of a try for each arrival, with a draft that asks for words and holds newcomers."""
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(stage.built(folder))
        settings = msgspec.structs.replace(place.settings, database_url=place.dsn)
        foundation = await stack.enter_async_context(laid(settings, lambda _: None))
        rng = random.Random(7)
        async with pool.acquire(foundation.pool) as db:
            await _put_in_force(db, foundation.site, _document(rng))
            await _arrive(db, rng)
        draft = trying.Draft(scope=INSTANCE, document=_draft(_document(random.Random(7))))
        began = time.process_time()
        report = await trying.replayed(foundation.pool, draft, _NOW - timedelta(days=30), _tell_nobody)
        micros = (time.process_time() - began) / report.judged * 1_000_000
    assert report.judged == ARRIVALS, "all of it was judged"
    assert 0 < report.changed < ARRIVALS, "some of it, and not all, comes out otherwise"
    return [
        Figure(
            f"replay: one of {ARRIVALS:,} arrivals, judged by two policies",
            micros,
            "µs CPU",
            f"{LIMIT_MICROSECONDS:g} µs",
            micros / LIMIT_MICROSECONDS,
            1.0,
        )
    ]


async def _tell_nobody(done: int, total: int) -> None:
    return


async def _put_in_force(db: Connection, site: Site, document: Document) -> None:
    async with db.transaction():
        whole = Whole(rules=document.rules, words=document.words)
        await policy.apply(db, site, whole, by=None, why="", now=_NOW)


def _document(rng: random.Random) -> Document:
    """Some hundred rules of all kinds, and ten thousand words."""
    conditions: list[dict[str, Any]] = []
    for _ in range(_RULES):
        kind = rng.randrange(4)
        conditions.append(
            {"domain": f"{_word(rng)}.example", "has_media": True}
            if kind == 0
            else {"hashtag": _word(rng), "sender": "stranger"}
            if kind == 1
            else {"words": [_word(rng), _word(rng)]}
            if kind == 2
            else {"links_over": rng.randrange(4, 9), "language": rng.choice(("de", "en", "fr"))}
        )
    rules = [RuleText(name=f"rule {n}", when=when, then="hold") for n, when in enumerate(conditions)]
    rules.append(RuleText(name="listed", when={"list": "long"}, then="refuse"))
    words = sorted({f"{_word(rng)} {_word(rng)}" for _ in range(_PHRASES)})
    return Document(rules=tuple(rules), words={"long": WordList(phrases=tuple(words))})


def _draft(document: Document) -> Document:
    """The same with two rules more, of which one follows the standing of each sender."""
    more = (
        RuleText(name="newcomers", when={"sender": "newcomer", "has_media": True}, then="hold"),
        RuleText(name="said", when={"words": "casino"}, then="refuse"),
    )
    return msgspec.structs.replace(document, rules=(*document.rules, *more))


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(3, 5)))


async def _arrive(db: Connection, rng: random.Random) -> None:
    """Decisions of thirty days, as processing keeps them."""
    columns = (
        "id", "activity_uri", "actor_uri", "host", "activity_type", "outcome", "amendments", "rules", "reason",
        "policy_version", "facts", "decided_at", "object_uri", "group_name", "words",
    )  # fmt: skip
    step = timedelta(days=29) / ARRIVALS
    vocabulary = [_word(rng) for _ in range(3_000)] + ["casino"]
    for first in range(0, ARRIVALS, _BATCH):
        numbers = range(first, min(first + _BATCH, ARRIVALS))
        rows = [_row(rng, vocabulary, _NOW - timedelta(days=29) + step * n, n) for n in numbers]
        await db.copy_records_to_table("decisions", records=rows, columns=columns)
    await db.execute("analyze decisions")


def _row(rng: random.Random, vocabulary: list[str], at: datetime, number: int) -> tuple[Any, ...]:
    arrival = _arrival(rng, vocabulary, at, number)
    return (
        id_at(at) + number % 65_536, arrival.activity_uri, arrival.actor_uri, arrival.host, "Create", "accept", [],
        [], "", 2, arrival.facts(), at, arrival.object_uri, arrival.group, arrival.text,
    )  # fmt: skip


def _arrival(rng: random.Random, vocabulary: list[str], at: datetime, number: int) -> Arrival:
    sender = rng.randrange(_SENDERS)
    host = f"h{sender % _HOSTS}.example"
    text = " ".join(rng.choice(vocabulary) for _ in range(rng.randint(5, 120)))
    has_media = rng.random() < 0.2
    return Arrival(
        activity_uri=f"https://{host}/activities/{number}",
        activity_type="Create",
        actor_uri=f"https://{host}/users/u{sender}",
        hosts=(host,),
        at=at,
        sender=Sender(
            software="mastodon",
            account_made_at=at - timedelta(days=rng.randrange(900)),
            first_seen_at=at - timedelta(days=rng.randrange(90)),
            accepted=number // _SENDERS,
            first_accepted_at=at - timedelta(days=rng.randrange(30)) if number > _SENDERS else None,
        ),
        object_type="Note",
        object_uri=f"https://{host}/notes/{number}",
        group=rng.choice(("", "sober", "carers")),
        visibility="open",
        language=rng.choice(("de", "en")),
        text=text,
        length=len(text),
        link_hosts=("links.example",) * rng.randrange(3),
        attachments=int(has_media),
        media_types=("image/png",) * has_media,
        mentions=rng.randrange(3),
    )
