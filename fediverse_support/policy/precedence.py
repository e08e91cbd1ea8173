"""Who decides about a domain: what was set by hand, lists of several priorities, and excludes.

1. No list says anything about an excluded domain or one below it.
2. The most specific name that anything speaks of decides.
3. There, what was set by hand goes before every list.
4. Among lists the higher priority decides.
5. At equal priority `allowed` and `trusted` go before `blocked`; of the rest the most severe counts.
6. Below a domain that is blocked by hand a list opens nothing.

Lists that count together are one source: they speak where enough of them agree. The order of what is given
never matters. The table in docs/concepts/domain-ladder.md is a test.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from fediverse_support.core.models import Level
from fediverse_support.policy.document import DomainText, Shown
from fediverse_support.policy.levels import SEVERITY

ALLOWS: frozenset[Level] = frozenset({"trusted", "allowed"})


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A list: the higher its priority, the sooner it decides; it never sets more than its `most`."""

    id: int
    name: str
    priority: int = 100
    together: bool = False
    most: Level = "blocked"


class Said(msgspec.Struct, frozen=True):
    """What the list `source` says about one domain."""

    source: int
    domain: str
    level: Level
    no_media: bool = False
    no_reports: bool = False
    public_reason: str = ""


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a domain and all below it. `list_id` None: set by hand, or by nothing (an exclude).

    `admits`: it is let in also where only those on the list are.
    """

    domain: str
    level: Level
    no_media: bool = False
    no_reports: bool = False
    public_reason: str = ""
    shown: Shown = "open"
    admits: bool = False
    list_id: int | None = None


class _Voice(msgspec.Struct, frozen=True):
    """One statement about one domain with all that decides about it."""

    priority: int
    name: str
    list_id: int
    level: Level
    no_media: bool
    no_reports: bool
    reason: str


def resolve(
    by_hand: Mapping[str, DomainText],
    said: Iterable[Said],
    sources: Iterable[Source],
    excludes: Collection[str] = (),
    consensus: int = 2,
) -> dict[str, Effective]:
    """What holds for every domain that anything speaks of. 100,000 statements take about a second.

    Statements of lists that are not among `sources` do not count.
    """
    known = {source.id: source for source in sources}
    excluded = frozenset(excludes)
    voices = _voices(said, known, excluded)
    together = frozenset(source.id for source in known.values() if source.together)
    found: dict[str, Effective] = {}
    for domain, heard in voices.items():
        if domain in by_hand:
            continue
        decided = _among(
            domain, _as_one(domain, heard, voices, together, max(consensus, 1)) if together else heard
        )
        if decided is not None and not _opens_what_is_blocked(decided, by_hand):
            found[domain] = decided
    found |= {domain: _of_hand(domain, text) for domain, text in by_hand.items()}
    _shield(found, excluded, by_hand)
    return _admitted(found)


def names_above(domain: str) -> Iterator[str]:
    """`b.example` and `example` for `a.b.example`: the nearest first."""
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def nearest(domain: str, names: Collection[str]) -> str | None:
    """The most specific of `names` that is `domain` or above it."""
    if domain in names:
        return domain
    return next((name for name in names_above(domain) if name in names), None)


def _voices(
    said: Iterable[Said], known: Mapping[int, Source], excluded: frozenset[str]
) -> dict[str, list[_Voice]]:
    found: dict[str, list[_Voice]] = {}
    for one in said:
        source = known.get(one.source)
        if source is None or (excluded and nearest(one.domain, excluded) is not None):
            continue
        level = one.level if SEVERITY[one.level] <= SEVERITY[source.most] else source.most
        voice = _Voice(
            source.priority, source.name, source.id, level, one.no_media, one.no_reports, one.public_reason
        )
        found.setdefault(one.domain, []).append(voice)
    return found


def _as_one(
    domain: str,
    heard: Sequence[_Voice],
    voices: Mapping[str, Sequence[_Voice]],
    together: frozenset[int],
    consensus: int,
) -> list[_Voice]:
    """What is heard about a domain, with one voice in place of those of the lists that count together.

    A list that speaks of a domain above speaks of this one as well, unless it names this one.
    """
    alone = [voice for voice in heard if voice.list_id not in together]
    joint: dict[int, _Voice] = {}
    for name in (domain, *names_above(domain)):
        for voice in voices.get(name, ()):
            if voice.list_id in together:
                joint.setdefault(voice.list_id, voice)
    agreed = _agreed(list(joint.values()), consensus)
    return alone if agreed is None else [*alone, agreed]


def _agreed(joint: Sequence[_Voice], consensus: int) -> _Voice | None:
    """The voice of lists that agree: the most severe level that enough of them reach.

    Restrictions count from the severe side, welcome from the mild one: neither is given on the word of a
    single list. A list that blocks also keeps pictures and reports out.
    """
    if len(joint) < consensus:
        return None
    ranked = sorted(joint, key=lambda voice: SEVERITY[voice.level])
    flags = [
        sum(is_set or voice.level == "blocked" for voice, is_set in zip(joint, values, strict=True))
        >= consensus
        for values in ([one.no_media for one in joint], [one.no_reports for one in joint])
    ]
    severe, mild = ranked[-consensus].level, ranked[consensus - 1].level
    level: Level | None = severe if SEVERITY[severe] > SEVERITY["default"] else None
    if level is None and SEVERITY[mild] <= SEVERITY["default"]:
        level = mild
    if level is None and not any(flags):
        return None
    agreeing = [voice for voice in joint if level is None or _agrees(voice.level, level)]
    first = min(agreeing, key=lambda voice: (voice.level != level, -voice.priority, voice.name))
    return _Voice(
        max(voice.priority for voice in agreeing),
        first.name,
        first.list_id,
        level or "default",
        flags[0] and level != "blocked",
        flags[1] and level != "blocked",
        first.reason,
    )


def _agrees(level: Level, agreed: Level) -> bool:
    if SEVERITY[agreed] > SEVERITY["default"]:
        return SEVERITY[level] >= SEVERITY[agreed]
    return SEVERITY[level] <= SEVERITY[agreed]


def _among(domain: str, heard: Sequence[_Voice]) -> Effective | None:
    """What the lists together say about a domain by its own name; None if nothing."""
    if not heard:
        return None
    deciding = heard
    if len(heard) > 1:
        highest = max(voice.priority for voice in heard)
        deciding = [voice for voice in heard if voice.priority == highest]
        if any(voice.level in ALLOWS for voice in deciding):
            deciding = [voice for voice in deciding if voice.level != "blocked"]
    first = min(deciding, key=lambda voice: (-SEVERITY[voice.level], voice.name))
    return Effective(
        domain=domain,
        level=first.level,
        no_media=any(voice.no_media for voice in deciding),
        no_reports=any(voice.no_reports for voice in deciding),
        public_reason=first.reason,
        admits=first.level in ALLOWS,
        list_id=first.list_id,
    )


def _opens_what_is_blocked(decided: Effective, by_hand: Mapping[str, DomainText]) -> bool:
    if decided.level == "blocked":
        return False
    above = nearest(decided.domain, by_hand)
    return above is not None and by_hand[above].level == "blocked"


def _of_hand(domain: str, text: DomainText) -> Effective:
    return Effective(
        domain=domain,
        level=text.level,
        no_media=text.no_media,
        no_reports=text.no_reports,
        public_reason=text.reason,
        shown=text.shown,
        admits=text.level != "blocked",
    )


def _shield(found: dict[str, Effective], excluded: frozenset[str], by_hand: Mapping[str, DomainText]) -> None:
    """Let what a list says above an excluded domain end there: what was set by hand above holds instead."""
    for domain in sorted(excluded - by_hand.keys(), key=lambda name: name.count(".")):
        above = nearest(domain, found)
        if above is None or found[above].list_id is None:
            continue
        hand = nearest(domain, by_hand)
        text = by_hand[hand] if hand is not None else None
        found[domain] = _of_hand(domain, text) if text else Effective(domain=domain, level="default")


def _admitted(found: dict[str, Effective]) -> dict[str, Effective]:
    """Let what a list only restricts keep the admission of a domain above it."""
    for domain, one in list(found.items()):
        if one.admits or one.list_id is None or one.level == "blocked":
            continue
        if any(name in found and found[name].admits for name in names_above(domain)):
            found[domain] = msgspec.structs.replace(one, admits=True)
    return found
