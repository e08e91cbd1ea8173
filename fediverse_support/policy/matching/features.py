"""What the conditions of rules look at, read out of one arrival: each at most once, and only if asked.

A feature is a set of values (the domains that have a part in it, the hashtags, the terms found in its words)
or a number (links, attachments, the age of the account …). The index of a policy goes by the same values.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from fediverse_support.policy.arrivals import Arrival
from fediverse_support.policy.ladder import Ladder, names_above
from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.matching.patterns import Patterns
from fediverse_support.policy.matching.phrases import Phrases
from fediverse_support.policy.standing import standings

Values = Iterable[str] | Iterable[int] | Iterable[bool]


class Features:
    """One arrival, as the rules of one policy see it. Lives as long as one decision."""

    __slots__ = ("_folded", "_known", "_ladder", "_patterns", "_phrases", "arrival")

    def __init__(self, arrival: Arrival, ladder: Ladder, phrases: Phrases, patterns: Patterns) -> None:
        self.arrival = arrival
        self._ladder = ladder
        self._phrases = phrases
        self._patterns = patterns
        self._known: dict[str, Values] = {}
        self._folded: str | None = None

    @property
    def day(self) -> date:
        """The day of the arrival, UTC."""
        return self.arrival.at.astimezone(UTC).date()

    def values(self, name: str) -> Values:
        """The values of the feature `name`, one of `SETS`."""
        values = self._known.get(name)
        if values is None:
            values = self._known[name] = SETS[name](self)
        return values

    def number(self, name: str) -> float:
        """The value of the feature `name`, one of `NUMBERS`."""
        return NUMBERS[name](self.arrival)

    def terms(self) -> frozenset[int]:
        """The terms of which a word or phrase is in the text."""
        return self._phrases.found(self._fold()) if self.arrival.text else frozenset()

    def patterns(self) -> frozenset[int]:
        """The patterns that fit the text."""
        return self._patterns.found(self.arrival.text, self._fold()) if self.arrival.text else frozenset()

    def standings(self) -> frozenset[str]:
        """How the sender stands here; see `standing.standings`."""
        arrival = self.arrival
        host = _host_of(arrival.author_uri) if arrival.author_uri else arrival.host
        level = self._ladder.level(host) if host and not arrival.sender.is_local else "default"
        return standings(arrival.sender, level, arrival.at)

    def _fold(self) -> str:
        if self._folded is None:
            self._folded = fold(self.arrival.text)
        return self._folded


@lru_cache(maxsize=8192)
def actor_names(uri: str) -> tuple[str, ...]:
    """What an actor can be called by in a rule: the id, and `name@server` as the id tells it. Cached.

    >>> actor_names("https://a.example/users/Ann")
    ('https://a.example/users/ann', 'ann@a.example')
    """
    plain = uri.casefold()
    name = plain.rstrip("/").rpartition("/")[2].removeprefix("@")
    return plain, f"{name}@{_host_of(plain)}"


def language_names(language: str | None) -> tuple[str, ...]:
    """A language tag and the language alone: `pt-BR` is also `pt`; `unknown` where there is none."""
    if not language:
        return ("unknown",)
    plain = language.replace("_", "-").casefold()
    return (plain,) if "-" not in plain else (plain, plain.partition("-")[0])


def plain_hashtag(tag: str) -> str:
    """A hashtag as rules and arrivals are compared by it."""
    return fold(tag.removeprefix("#"))


def _host_of(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[0]


def _above(hosts: tuple[str, ...]) -> Iterable[str]:
    if len(hosts) == 1:
        return names_above(hosts[0])
    return {name for host in set(hosts) for name in names_above(host)}


def _media_types(arrival: Arrival) -> set[str]:
    whole = {kind.casefold() for kind in arrival.media_types}
    return whole | {kind.partition("/")[0] for kind in whole}


def _actors(arrival: Arrival) -> tuple[str, ...]:
    names = actor_names(arrival.actor_uri)
    if arrival.author_uri:
        names += actor_names(arrival.author_uri)
    return (*names, arrival.sender.handle.casefold()) if arrival.sender.handle else names


def _has_warning(arrival: Arrival) -> bool:
    return bool(arrival.content_warning or arrival.warnings)


SETS: dict[str, Callable[[Features], Values]] = {
    "terms": Features.terms,
    "patterns": Features.patterns,
    "sender": Features.standings,
    "from": lambda it: ("here" if it.arrival.sender.is_local else "elsewhere",),
    "actor": lambda it: _actors(it.arrival),
    "domain": lambda it: _above(it.arrival.hosts),
    "software": lambda it: (it.arrival.sender.software.casefold(),),
    "bot": lambda it: (it.arrival.sender.is_bot,),
    "accepted_before": lambda it: (it.arrival.sender.accepted > 0,),
    "activity": lambda it: (it.arrival.activity_type.casefold(),),
    "object": lambda it: (it.arrival.object_type.casefold(),),
    "group": lambda it: (it.arrival.group.casefold(),),
    "reply": lambda it: (it.arrival.is_reply,),
    "edit": lambda it: (it.arrival.is_edit,),
    "thread_of": lambda it: (it.arrival.thread_of,),
    "visibility": lambda it: (it.arrival.visibility,),
    "language": lambda it: language_names(it.arrival.language),
    "link_to": lambda it: _above(it.arrival.link_hosts),
    "hashtag": lambda it: {plain_hashtag(tag) for tag in it.arrival.hashtags},
    "has_media": lambda it: (it.arrival.attachments > 0,),
    "media_type": lambda it: _media_types(it.arrival),
    "alt_missing": lambda it: (it.arrival.without_alt > 0,),
    "has_warning": lambda it: (_has_warning(it.arrival),),
    "warning": lambda it: it.arrival.warnings,
    "sensitive": lambda it: (it.arrival.is_sensitive,),
    "quote": lambda it: (it.arrival.has_quote,),
    "poll": lambda it: (it.arrival.has_poll,),
    "moderator_here": lambda it: (bool(it.arrival.moderator_is_here),),
}
"""The features that are sets of values: `terms` for `words` and `list`, `patterns` for `matches`."""


def _seconds_since(moment: datetime | None, arrival: Arrival) -> float:
    # Of unknown age is new.
    return 0.0 if moment is None else (arrival.at - moment).total_seconds()


def _minute(arrival: Arrival) -> int:
    if arrival.minute >= 0:
        return arrival.minute
    at = arrival.at.astimezone(UTC)
    return at.hour * 60 + at.minute


NUMBERS: dict[str, Callable[[Arrival], float]] = {
    "account_younger_than": lambda it: _seconds_since(it.sender.account_made_at, it),
    "here_less_than": lambda it: _seconds_since(it.sender.first_seen_at, it),
    "followers_under": lambda it: it.sender.followers_here,
    "accepted_under": lambda it: it.sender.accepted,
    "accepted_in_group_under": lambda it: it.sender.accepted_in_group,
    "longer_than": lambda it: it.length,
    "links_over": lambda it: len(it.link_hosts),
    "mentions_over": lambda it: it.mentions,
    "hashtags_over": lambda it: len(it.hashtags),
    "attachments_over": lambda it: it.attachments,
    "hour_rate_over": lambda it: it.sender.this_hour,
    "day_rate_over": lambda it: it.sender.today,
    "minute": lambda it: _minute(it),
}
"""The features that are numbers; ages are in seconds."""
