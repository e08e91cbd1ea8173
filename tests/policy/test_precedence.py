"""Who decides about a domain. The table is that of docs/concepts/domain-ladder.md, line for line."""

import re
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.models import LEVELS
from fediverse_support.policy.document import DomainText
from fediverse_support.policy.levels import SEVERITY, level_of, word_of
from fediverse_support.policy.precedence import Effective, Said, Source, nearest, resolve

DOCS = Path(__file__).parents[2] / "docs/concepts/domain-ladder.md"


class Case(NamedTuple):
    """A line of the table: what speaks, which host is asked about, and what holds for it."""

    what: str
    hand: str
    lists: str
    excluded: str
    host: str
    holds: str


def table() -> list[Case]:
    """The lines of the table in the docs."""
    text = DOCS.read_text().partition("<!-- precedence -->")[2].partition("<!-- end -->")[0]
    rows = [
        [cell.strip().replace("`", "") for cell in line.strip("| ").split("|")] for line in text.splitlines()
    ]
    return [Case(*(cell.replace("–", "") for cell in row)) for row in rows if len(row) == 6][2:]


def statements(text: str) -> list[tuple[str, str]]:
    """`x.example held, y.example blocked` as pairs."""
    return [tuple(part.split()) for part in text.split(",") if part.strip()]  # type: ignore[misc]


def lists_of(text: str) -> tuple[list[Source], list[Said]]:
    """`A 200: x.example blocked; B 100 together most held: …` as lists and what they say."""
    sources, said = [], []
    for number, part in enumerate(filter(None, (part.strip() for part in text.split(";"))), start=1):
        head, _, body = part.partition(":")
        name, priority, *more = head.split()
        most = more[more.index("most") + 1] if "most" in more else "blocked"
        sources.append(
            Source(id=number, name=name, priority=int(priority), together="together" in more, most=most)
        )
        for domain, word in statements(body):
            level = level_of(word)
            said.append(Said(number, domain, level.level, level.no_media, level.no_reports))
    return sources, said


def covering(found: dict[str, Effective], host: str) -> Effective | None:
    name = nearest(host, found)
    return found[name] if name else None


def word(one: Effective | None) -> str:
    return "" if one is None else word_of(one.level, one.no_media, one.no_reports)


def test_the_table_is_there():
    assert len(table()) >= 20
    assert len({case.what for case in table()}) == len(table())


@pytest.mark.parametrize("case", table(), ids=lambda case: re.sub(r"\W+", "-", case.what)[:60])
def test_the_table_of_the_docs_holds(case):
    sources, said = lists_of(case.lists)
    hand = {domain: level_of(level) for domain, level in statements(case.hand)}
    found = resolve(hand, said, sources, case.excluded.split(), 2)
    assert word(covering(found, case.host)) in (("", "default") if case.holds == "nothing" else (case.holds,))


NAMES = ["a.b.c.example", "b.c.example", "c.example", "x.c.example", "other.example"]
names = st.sampled_from(NAMES)
levels = st.sampled_from(LEVELS)
sources = st.lists(
    st.builds(
        Source,
        id=st.integers(1, 4),
        name=st.sampled_from(["one", "two", "three", "four"]),
        priority=st.sampled_from([50, 100]),
        together=st.booleans(),
        most=st.sampled_from(["limited", "held", "blocked"]),
    ),
    max_size=4,
    unique_by=(lambda one: one.id, lambda one: one.name),
)
said = st.lists(
    st.builds(Said, st.integers(1, 4), names, levels, st.booleans(), st.booleans()),
    max_size=10,
    unique_by=lambda one: (one.source, one.domain),
)
hand = st.dictionaries(names, st.builds(DomainText, level=levels, no_media=st.booleans()), max_size=3)
excludes = st.frozensets(names, max_size=2)
consensus = st.integers(1, 3)


@given(hand, said, sources, excludes, consensus, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_never_matters(hand, said, sources, excludes, consensus, chance):
    expected = resolve(hand, said, sources, excludes, consensus)
    for things in (said := list(said), sources := list(sources), pairs := list(hand.items())):
        chance.shuffle(things)
    assert resolve(dict(pairs), said, sources, sorted(excludes), consensus) == expected


@given(hand, said, sources, excludes, consensus)
def test_no_list_opens_what_is_blocked_by_hand(hand, said, sources, excludes, consensus):
    found = resolve(hand, said, sources, excludes, consensus)
    for host in NAMES:
        name = nearest(host, hand)
        if name is not None and hand[name].level == "blocked":
            assert covering(found, host).level == "blocked"


@given(hand, said, sources, excludes, consensus)
def test_no_list_touches_an_excluded_domain(hand, said, sources, excludes, consensus):
    found, untouched = resolve(hand, said, sources, excludes, consensus), resolve(hand, [], [])
    for host in NAMES:
        if nearest(host, excludes) is None:
            continue
        one, expected = covering(found, host), covering(untouched, host)
        assert word(one) in (word(expected), "default" if expected is None else "")
        assert not (one and one.list_id)
        assert bool(one and one.admits) == bool(expected and expected.admits)


@given(hand, said, sources, consensus)
def test_what_is_set_by_hand_holds_to_the_letter(hand, said, sources, consensus):
    found = resolve(hand, said, sources, (), consensus)
    for domain, text in hand.items():
        assert (found[domain].level, found[domain].no_media, found[domain].list_id) == (
            text.level,
            text.no_media,
            None,
        )


@given(said, sources, consensus)
def test_no_list_sets_more_than_its_most(said, sources, consensus):
    most = max((SEVERITY[one.most] for one in sources), default=-1)
    for one in resolve({}, said, sources, (), consensus).values():
        assert SEVERITY[one.level] <= max(most, SEVERITY["default"])


def test_what_lets_in_on_an_allow_list():
    sources, said = lists_of(
        "A 100: a.example allowed, b.example limited, sub.a.example held, x.a.example blocked"
    )
    hand = {
        "c.example": level_of("limited"),
        "d.example": level_of("blocked"),
        "e.example": level_of("default"),
    }
    found = resolve(hand, said, sources)
    admitted = {name for name, one in found.items() if one.admits}
    assert admitted == {"a.example", "sub.a.example", "c.example", "e.example"}


def test_reasons_and_how_a_name_is_shown_come_along():
    text = DomainText(level="held", reason="By hand", shown="hidden", expires=date(2030, 1, 1))
    said = [Said(1, "b.example", "blocked", public_reason="By list")]
    found = resolve({"a.example": text}, said, [Source(id=1, name="one")])
    assert (found["a.example"].public_reason, found["a.example"].shown) == ("By hand", "hidden")
    assert (found["b.example"].public_reason, found["b.example"].list_id) == ("By list", 1)


def test_many_entries_are_resolved_in_proportion():
    def seconds(count: int) -> float:
        said = [Said(1 + n % 3, f"d{n}.h{n % 977}.example", "blocked") for n in range(count)]
        lists = [Source(id=n, name=f"l{n}", together=n == 3) for n in (1, 2, 3)]
        start = time.process_time()
        assert len(resolve({}, said, lists, {"h5.example"}, 1)) > count * 0.9
        return time.process_time() - start

    small = max(seconds(2_500), 0.005)
    assert seconds(25_000) < small * 10 * 4
