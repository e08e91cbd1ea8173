"""What policy costs: deciding with ten thousand rules and with ten, compiling, and the memory of it.

In a process of its own, so that the memory is that of the policy alone. Texts are pieces of our
own documentation; rules, phrases and domains are made up of its words and of syllables, always the same.
"""

import asyncio
import gc
import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import stage
from benchmarks.table import Figure
from fediverse_support.core.models import Level
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.engine import Policy, compile_policy, judge
from fediverse_support.policy.ladder import Rung

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[1] / "docs"

RULES, PHRASES, DOMAINS, GROUPS, LISTS = 10_000, 100_000, 100_000, 200, 50
ROUNDS = 5
"""Each post is judged so often, all others in between; the least counts, so that what else runs counts less."""
LIMIT_MICROSECONDS, LIMIT_RATIO, LIMIT_SECONDS, LIMIT_MEGABYTES = 100.0, 2.0, 5.0, 150.0

SYLLABLES = "ka lo mi ter an sel ve ro dis un pra gh to in es bor quil ne ash wy tham or ple".split()  # noqa: SIM905
"""What the invented words are made of."""

_LEVELS: tuple[Level, ...] = ("trusted", "allowed", "default", "limited", "held", "blocked")


async def figures(folder: Path) -> list[Figure]:
    """The cost of a decision, its growth with the rules, compiling and memory."""
    found = await _measured()
    micros, seconds, megabytes = found["microseconds"], found["compile_seconds"], found["megabytes"]
    ratio = micros / found["microseconds_of_ten"]
    held = f"{RULES:,} rules, {PHRASES:,} phrases, {DOMAINS:,} domains"
    return [
        Figure(
            f"policy: a decision with {held}",
            micros,
            "µs CPU, median",
            f"{LIMIT_MICROSECONDS:g} µs",
            micros / LIMIT_MICROSECONDS,
            1.0,
        ),
        Figure(
            "policy: the same, beside ten rules",
            micros,
            "µs CPU, median",
            f"{found['microseconds_of_ten']:.1f} µs",
            ratio,
            LIMIT_RATIO,
        ),
        Figure(
            "policy: compiling it", seconds, "s CPU", f"{LIMIT_SECONDS:g} s", seconds / LIMIT_SECONDS, 1.0
        ),
        Figure(
            "policy: holding it",
            megabytes,
            "MB resident",
            f"{LIMIT_MEGABYTES:g} MB",
            megabytes / LIMIT_MEGABYTES,
            1.0,
        ),
    ]


async def _measured() -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.policy", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    measured: dict[str, float] = json.loads(out)
    return measured


def measure() -> dict[str, float]:
    """Compile both policies and judge 2,000 posts by either, in this process.

    In turns, a round by one and a round by the other, so that what else runs on the machine meets both.
    """
    source = _Source()
    posts = [_post(random.Random(number), source) for number in range(2000)]
    gc.collect()
    before = stage.resident_megabytes(os.getpid())
    rungs, document = _large(source)
    started = time.process_time()
    large = compile_policy(1, rungs, document)
    seconds = time.process_time() - started
    del rungs, document
    gc.collect()
    held = stage.resident_megabytes(os.getpid()) - before
    small = compile_policy(1, *_small(source))
    rounds = [(_round(large, posts), _round(small, posts)) for _ in range(ROUNDS)]
    of_large, of_small = zip(*rounds, strict=True)
    return {
        "microseconds": _typical(of_large),
        "microseconds_of_ten": _typical(of_small),
        "compile_seconds": seconds,
        "megabytes": held,
    }


def _typical(rounds: Sequence[list[float]]) -> float:
    return statistics.median(min(costs) for costs in zip(*rounds, strict=True))


def _round(policy: Policy, posts: list[Arrival]) -> list[float]:
    """What each decision costs, in microseconds of CPU."""
    costs = []
    for post in posts:
        at = time.thread_time_ns()
        judge(policy, post)
        costs.append((time.thread_time_ns() - at) / 1000)
    return costs


class _Source:
    """Words and names to make things of."""

    def __init__(self) -> None:
        text = " ".join(page.read_text() for page in sorted(DOCS.rglob("*.md")))
        self.words = re.sub(r"[`|#*_<>\[\]()/]+", " ", text).split()
        self.vocabulary = sorted({word.strip(".,:;").lower() for word in self.words if word.isascii()})

    def piece(self, rng: random.Random) -> str:
        """Some 40 to 120 words in a row, now and then with what keyboards put in."""
        first = rng.randrange(len(self.words) - 130)
        text = " ".join(self.words[first : first + rng.randint(40, 120)])
        return text.replace("'", "’") + " 🙂" if rng.random() < 0.3 else text


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))


def _domain(rng: random.Random) -> str:
    return (
        f"{_word(rng)}{rng.randrange(10_000)}.{rng.choice(('example', 'social.example', 'test', 'invalid'))}"
    )


def _phrases(rng: random.Random, source: _Source, number: int) -> tuple[str, ...]:
    """Four in five are words that hardly anybody uses, the others everyday words, rarely seen together."""
    found: set[str] = set()
    while len(found) < number:
        kind = rng.random()
        if kind < 0.8:
            found.add(_word(rng) + (f" {_word(rng)}" if kind < 0.3 else ""))
        else:
            found.add(" ".join(rng.choice(source.vocabulary) for _ in range(2 if kind < 0.9 else 3)))
    return tuple(sorted(found))


def _large(source: _Source) -> tuple[list[Rung], Document]:
    rng = random.Random(4)
    rungs = [
        Rung(domain, rng.choice(_LEVELS), rng.choice(("", "harassment", "spam")))
        for domain in {_domain(rng) for _ in range(DOMAINS)}
    ]
    own = 1500 * 4
    phrases = _phrases(rng, source, PHRASES)
    each = (PHRASES - own) // LISTS
    lists = {f"list-{at}": WordList(phrases=phrases[own + at * each :][:each]) for at in range(LISTS)}
    rules = list(_rules(rng, phrases[:own]))
    rules += [
        RuleText(name=f"domain {at}", when={"domain": _domain(rng), **_detail(rng)}, then="hold")
        for at in range(RULES - len(rules))
    ]
    return rungs, Document(rules=tuple(rules), words=lists)


def _rules(rng: random.Random, phrases: tuple[str, ...]) -> Iterator[RuleText]:
    for at in range(1500):
        words = list(phrases[at * 4 : at * 4 + 4])
        yield RuleText(name=f"words {at}", when={"words": words, **_detail(rng)}, then="hold")
    for at in range(3 * LISTS):
        yield RuleText(name=f"list {at}", when={"list": f"list-{at % LISTS}", **_detail(rng)}, then="hold")
    for at in range(300):
        pattern = rf"{_word(rng)}[ -]?{_word(rng)}\d{{2,4}}"
        yield RuleText(name=f"pattern {at}", when={"matches": pattern}, amendments=("sensitive",))
    for at in range(1000):
        uri = f"https://{_domain(rng)}/users/{_word(rng)}"
        yield RuleText(name=f"actor {at}", when={"actor": uri}, then="refuse")
    for at in range(1000):
        yield RuleText(name=f"hashtag {at}", when={"hashtag": _word(rng), **_detail(rng)}, then="hold")
    for at in range(500):
        yield RuleText(name=f"link {at}", when={"link_to": _domain(rng)}, then="refuse")
    for at in range(GROUPS):
        yield from (_named(rule, f"group:g{at}") for rule in GENERAL)
    yield from GENERAL


def _detail(rng: random.Random) -> dict[str, Any]:
    return rng.choice(({}, {"sender": "newcomer"}, {"has_media": True}, {"from": "elsewhere"}))


def _named(rule: RuleText, scope: str) -> RuleText:
    return RuleText(name=rule.name, scope=scope, when=rule.when, then=rule.then, amendments=rule.amendments)


GENERAL = (
    RuleText(name="pictures of strangers", when={"sender": "stranger", "has_media": True}, then="hold"),
    RuleText(name="many links", when={"links_over": 5, "sender": "newcomer"}, then="hold"),
    RuleText(name="many people", when={"mentions_over": 10}, then="refuse"),
    RuleText(name="too fast", when={"hour_rate_over": 60}, then="refuse"),
    RuleText(name="at night", when={"hours": "23:00-06:00", "sender": "newcomer"}, then="hold"),
    RuleText(name="no descriptions", when={"alt_missing": True}, amendments=("sensitive",)),
)


def _small(source: _Source) -> tuple[list[Rung], Document]:
    """Ten rules of the same kinds."""
    rng = random.Random(4)
    kinds = {rule.name: rule for rule in _rules(rng, _phrases(rng, source, 6000))}
    rules = [kinds[name] for name in ("words 1", "list 0", "pattern 2", "actor 3", "hashtag 4", "link 5")]
    rules.append(RuleText(name="domain", when={"domain": _domain(rng)}, then="hold"))
    words = {"list-0": WordList(phrases=_phrases(rng, source, 100))}
    rungs = [Rung(_domain(rng), "blocked") for _ in range(10)]
    return rungs, Document(rules=(*rules, *GENERAL[:3]), words=words)


def _post(rng: random.Random, source: _Source) -> Arrival:
    host = _domain(rng)
    accepted = rng.choice((0, 2, 20, 60, 100, 100))
    text = source.piece(rng)
    return Arrival(
        activity_uri=f"https://{host}/a/{rng.random()}",
        activity_type="Create",
        actor_uri=f"https://{host}/users/{_word(rng)}",
        hosts=(host,),
        at=NOW,
        sender=Sender(
            software="mastodon",
            account_made_at=NOW - timedelta(days=rng.randint(1, 2000)),
            first_seen_at=NOW - timedelta(days=rng.randint(1, 300)),
            followers_here=rng.randint(0, 9),
            accepted=accepted,
            first_accepted_at=NOW - timedelta(days=30) if accepted else None,
            this_hour=rng.randint(0, 4),
            today=rng.randint(0, 20),
        ),
        object_type="Note",
        object_uri=f"https://{host}/o/{rng.random()}",
        group=f"g{rng.randrange(GROUPS)}",
        is_reply=rng.random() < 0.6,
        thread_of="member",
        visibility="open",
        language="en",
        text=text,
        length=len(text),
        link_hosts=tuple(_domain(rng) for _ in range(rng.choice((0, 0, 0, 1, 2)))),
        mentions=rng.randint(0, 3),
        hashtags=tuple(_word(rng) for _ in range(rng.choice((0, 0, 1, 3)))),
        attachments=1 if (has_media := rng.random() < 0.2) else 0,
        media_types=("image/png",) if has_media else (),
        without_alt=1 if has_media and rng.random() < 0.5 else 0,
        minute=rng.randrange(1440),
        moderator_is_here=True,
    )


if __name__ == "__main__":
    print(json.dumps(measure()))
