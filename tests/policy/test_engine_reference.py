"""The engine with its index decides as a plain reading of the rules does, one after the other.

`expected` below asks every condition of every rule in turn, straight from the text of the rule and without
any index, automaton or cache. Properties of policy as a whole follow.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.decisions import Decision, Outcome
from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.engine import compile_policy, judge
from fediverse_support.policy.ladder import Rung
from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.standing import standings

NOW = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
DAY = timedelta(days=1)
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY, "w": 7 * DAY}
WORDS = {
    "harm": WordList(phrases=("suicide", "self-harm", "jump off")),
    "spam": WordList(phrases=("free pills", "sale")),
    "own": WordList(phrases=("football", "suicide"), scope="group:grief"),
}
RUNGS = (
    Rung("held.example", "held"),
    Rung("limited.example", "limited", no_media=True),
    Rung("kind.held.example", "trusted"),
    Rung("allowed.example", "allowed"),
    Rung("flags.example", "default", no_reports=True, no_media=True),
    Rung("bad.example", "blocked"),
)
HOSTS = (
    "a.example",
    "x.held.example",
    "limited.example",
    "kind.held.example",
    "allowed.example",
    "flags.example",
)
TEXTS = (
    "",
    "Hello there",
    "about SUICIDE and self‑harm",
    "free\npills 24",
    "s.a.l.e of football",
    "jump offs",
)
SAMPLES: dict[str, tuple[Any, ...]] = {
    "sender": ("stranger", ["newcomer", "warned"], "known", "approved", "member", "moderator"),
    "from": ("here", "elsewhere"),
    "actor": ("https://a.example/users/ann", "bob@limited.example", ["@ann@a.example", "x@y.example"]),
    "domain": ("a.example", "held.example", ["limited.example", "b.example"], "example"),
    "software": ("mastodon", ["Lemmy", "PieFed"]),
    "account_younger_than": ("7d", "90m", "3w"),
    "here_less_than": ("12h", "5d"),
    "activity": ("Create", ["Like", "update"], "Flag"),
    "object": ("Note", ["Page", "Event"]),
    "group": ("grief", ["walks", "!grief"]),
    "thread_of": ("own", ["member", "moderator"], "other"),
    "visibility": ("open", ["members", "direct"]),
    "language": ("en", "pt", "unknown", ["de", "PT-br"]),
    "words": ("suicide", ["Free Pills", "football"], "self-harm"),
    "list": ("harm", ["spam", "harm"]),
    "matches": (r"\d{2}", [r"^hello", r"s[ua]"], r"pills\b"),
    "link_to": ("shop.example", "example"),
    "hashtag": ("help", ["#Grief", "x"]),
    "media_type": ("image", ["video/mp4", "audio"]),
    "warning": ("sh", ["si", "ed"]),
    "hours": ("22:00-07:00", "09:00-17:00", "23:30-23:31"),
}
NUMBERS = (0, 1, 3, 10)


def samples(name: str) -> st.SearchStrategy[Any]:
    kind = CONDITIONS[name].kind
    if kind == "flag":
        return st.booleans()
    return st.sampled_from(NUMBERS if kind == "number" else SAMPLES[name])


conditions = st.dictionaries(st.sampled_from(sorted(CONDITIONS)), st.none(), max_size=3).flatmap(
    lambda chosen: st.fixed_dictionaries({name: samples(name) for name in chosen})
)
amendments = st.lists(
    st.sampled_from(["quiet", "sensitive", "no-media", "warn:sh", "no-previews"]), max_size=2
)


def rules_of(
    scope: str, outcomes: tuple[str, ...] = ("accept", "hold", "refuse")
) -> st.SearchStrategy[RuleText]:
    return st.builds(
        RuleText,
        name=st.text(alphabet="abcdefgh", min_size=6, max_size=6),
        scope=st.just(scope),
        when=conditions,
        unless=conditions,
        then=st.sampled_from(outcomes),
        amendments=amendments.map(tuple),
        priority=st.sampled_from([-5, 0, 0, 5]),
        expires=st.sampled_from([None, None, date(2026, 11, 1), date(2026, 10, 31)]),
        is_off=st.sampled_from([False, False, False, True]),
    )


def unique(rules: list[RuleText]) -> tuple[RuleText, ...]:
    return tuple({(rule.scope, rule.name): rule for rule in rules}.values())


rule_lists = st.lists(
    rules_of("instance") | rules_of("group:grief") | rules_of("group:walks"), max_size=8
).map(unique)
moments = st.sampled_from([None, NOW - DAY / 4, NOW - 2 * DAY, NOW - 40 * DAY])
counts = st.sampled_from([0, 1, 2, 3, 10])
senders = st.builds(
    Sender,
    is_local=st.booleans(),
    is_bot=st.booleans(),
    software=st.sampled_from(["", "mastodon", "Lemmy"]),
    account_made_at=moments,
    first_seen_at=moments,
    followers_here=counts,
    accepted=counts,
    accepted_in_group=counts,
    first_accepted_at=moments,
    is_member=st.booleans(),
    is_moderator=st.booleans(),
    is_approved=st.booleans(),
    is_warned=st.booleans(),
    this_hour=counts,
    today=counts,
)
arrivals = st.builds(
    Arrival,
    activity_uri=st.just("u"),
    activity_type=st.sampled_from(["Create", "Create", "Update", "Like", "Delete", "Flag"]),
    actor_uri=st.sampled_from(["https://a.example/users/Ann", "https://limited.example/u/bob"]),
    author_uri=st.sampled_from(["", "https://kind.held.example/@eve"]),
    hosts=st.lists(st.sampled_from(HOSTS), max_size=2, unique=True).map(tuple),
    at=st.just(NOW),
    sender=senders,
    object_type=st.sampled_from(["", "Note", "page"]),
    group=st.sampled_from(["", "grief", "walks", "other"]),
    is_reply=st.booleans(),
    is_edit=st.booleans(),
    thread_of=st.sampled_from(["", "own", "member", "other"]),
    visibility=st.sampled_from(["", "open", "members"]),
    language=st.sampled_from([None, "en-GB", "pt_BR", "de"]),
    text=st.sampled_from(TEXTS),
    length=counts,
    is_sensitive=st.booleans(),
    content_warning=st.sampled_from(["", "food"]),
    warnings=st.sampled_from([(), ("sh",), ("ed", "si")]),
    link_hosts=st.sampled_from([(), ("www.shop.example",), ("a.test", "b.test")]),
    mentions=counts,
    hashtags=st.sampled_from([(), ("GRIEF",), ("hëlp", "y")]),
    attachments=counts,
    media_types=st.sampled_from([(), ("image/png",), ("Video/mp4", "audio/ogg")]),
    without_alt=counts,
    has_quote=st.booleans(),
    has_poll=st.booleans(),
    minute=st.sampled_from([-1, 0, 419, 420, 600, 1410]),
    moderator_is_here=st.sampled_from([None, True, False]),
)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def has_phrase(text: str, phrases: tuple[str, ...] | list[str]) -> bool:
    plain = f" {' '.join(fold(text).split())} "
    return any(
        not plain[at - 1].isalnum() and not plain[at + len(one)].isalnum()
        for phrase in phrases
        for one in [" ".join(fold(phrase).split())]
        for at in range(1, len(plain))
        if plain.startswith(one, at)
    )


def span(value: str) -> timedelta:
    return int(value[:-1]) * UNITS[value[-1]]


def is_within(value: str, minute: int) -> bool:
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in value.split("-"))
    return first <= minute < last if first < last else minute >= first or minute < last


def nearest_rung(host: str) -> Rung | None:
    return max(
        (rung for rung in RUNGS if below(host, rung.domain)), key=lambda rung: len(rung.domain), default=None
    )


def level_of_author(arrival: Arrival) -> Any:
    if arrival.sender.is_local:
        return "default"
    host = arrival.author_uri.split("/")[2] if arrival.author_uri else (arrival.hosts or ("",))[0]
    rung = nearest_rung(host)
    return rung.level if rung else "default"


def holds(name: str, value: Any, arrival: Arrival, scope: str) -> bool:  # noqa: C901 - a case for each
    """One condition, read as docs/concepts/policy.md tells it."""
    sender, text = arrival.sender, arrival.text
    match name:
        case "sender":
            return bool(standings(sender, level_of_author(arrival), arrival.at) & set(listed(value)))
        case "from":
            return ("here" if sender.is_local else "elsewhere") in listed(value)
        case "actor":
            uris = [uri.lower() for uri in (arrival.actor_uri, arrival.author_uri) if uri]
            names = [f"{uri.split('/')[-1].lstrip('@')}@{uri.split('/')[2]}" for uri in uris]
            return any(one.lstrip("@") in uris + names for one in listed(value))
        case "domain":
            return any(below(host, one) for host in arrival.hosts for one in listed(value))
        case "link_to":
            return any(below(host, one) for host in arrival.link_hosts for one in listed(value))
        case "software":
            return sender.software.lower() in [one.lower() for one in listed(value)]
        case "account_younger_than":
            return sender.account_made_at is None or arrival.at - sender.account_made_at < span(value)
        case "here_less_than":
            return sender.first_seen_at is None or arrival.at - sender.first_seen_at < span(value)
        case "followers_under":
            return sender.followers_here < value
        case "accepted_before":
            return (sender.accepted > 0) is value
        case "accepted_under":
            return (sender.accepted if scope == "instance" else sender.accepted_in_group) < value
        case "activity":
            return arrival.activity_type.lower() in [one.lower() for one in listed(value)]
        case "object":
            return arrival.object_type.lower() in [one.lower() for one in listed(value)]
        case "group":
            return arrival.group in [one.lstrip("!") for one in listed(value)]
        case "thread_of":
            return arrival.thread_of in listed(value)
        case "visibility":
            return arrival.visibility in listed(value)
        case "language":
            tag = (arrival.language or "unknown").replace("_", "-").lower()
            return any(tag == one.lower() or tag.startswith(f"{one.lower()}-") for one in listed(value))
        case "words":
            return has_phrase(text, listed(value))
        case "list":
            return any(has_phrase(text, WORDS[one].phrases) for one in listed(value))
        case "matches":
            forms = [text, fold(text)] if text else []
            return any(re2.search(f"(?i){one}", form) for one in listed(value) for form in forms)
        case "hashtag":
            return bool(
                {fold(tag) for tag in arrival.hashtags} & {fold(one.lstrip("#")) for one in listed(value)}
            )
        case "media_type":
            kinds = [kind.lower() for kind in arrival.media_types]
            return any(kind == one or kind.startswith(f"{one}/") for kind in kinds for one in listed(value))
        case "warning":
            return bool(set(arrival.warnings) & set(listed(value)))
        case "hours":
            return is_within(value, arrival.minute if arrival.minute >= 0 else 23 * 60 + 30)
        case _:
            return plain_fact(name, arrival, value)


def plain_fact(name: str, arrival: Arrival, value: Any) -> bool:
    over = {
        "longer_than": arrival.length,
        "links_over": len(arrival.link_hosts),
        "mentions_over": arrival.mentions,
        "hashtags_over": len(arrival.hashtags),
        "attachments_over": arrival.attachments,
        "hour_rate_over": arrival.sender.this_hour,
        "day_rate_over": arrival.sender.today,
    }
    flags = {
        "bot": arrival.sender.is_bot,
        "reply": arrival.is_reply,
        "edit": arrival.is_edit,
        "has_media": arrival.attachments > 0,
        "alt_missing": arrival.without_alt > 0,
        "has_warning": bool(arrival.content_warning or arrival.warnings),
        "sensitive": arrival.is_sensitive,
        "quote": arrival.has_quote,
        "poll": arrival.has_poll,
        "moderator_here": arrival.moderator_is_here is True,
    }
    return over[name] > value if name in over else flags[name] is value


def matches(rule: RuleText, arrival: Arrival) -> bool:
    def hold(conditions: Mapping[str, Any]) -> bool:
        return all(holds(name, value, arrival, rule.scope) for name, value in conditions.items())

    is_in_force = not rule.is_off and (rule.expires is None or arrival.at.date() <= rule.expires)
    return is_in_force and hold(rule.when) and not (rule.unless and hold(rule.unless))


def said_in(rules: list[RuleText], arrival: Arrival, floor: int | None) -> tuple[list[RuleText], int | None]:
    found: list[RuleText] = []
    for priority in sorted({rule.priority for rule in rules}, reverse=True):
        if floor is not None and priority < floor:
            break
        here = [rule for rule in rules if rule.priority == priority and matches(rule, arrival)]
        found += here
        if any(rule.then == "accept" for rule in here):
            return found, priority
    return found, floor


def expected(rules: tuple[RuleText, ...], arrival: Arrival) -> tuple[str, set[str], set[str]]:
    """Outcome, names of the rules, amendments."""
    rungs = {rung.domain: rung for host in arrival.hosts if (rung := nearest_rung(host))}
    always = {
        f"domain {rung.domain}: no-media": ("accept", {"no-media"})
        for rung in rungs.values()
        if rung.no_media and arrival.activity_type not in ("Flag",)
    }
    always |= {
        f"domain {rung.domain}: no-reports": ("refuse", set())
        for rung in rungs.values()
        if rung.no_reports and arrival.activity_type == "Flag"
    }
    if arrival.activity_type in ("Delete", "Flag"):
        return _joined(always)
    covering = [nearest_rung(host) for host in arrival.hosts]
    is_welcome = bool(covering) and all(rung and rung.level in ("trusted", "allowed") for rung in covering)
    own, end = said_in(
        [rule for rule in rules if rule.scope == "instance"], arrival, 0 if is_welcome else None
    )
    mine = [rule for rule in rules if rule.scope == f"group:{arrival.group}"]
    matched = own + said_in(mine, arrival, None)[0]
    said = always | {f"{rule.scope}: {rule.name}": (rule.then, set(rule.amendments)) for rule in matched}
    if end is None or end <= 0:
        outcomes = {"held": ("hold", set()), "limited": ("accept", {"quiet"})}
        said |= {
            f"domain {rung.domain}: {rung.level}": outcomes.get(rung.level, ("accept", set()))
            for rung in rungs.values()
            if rung.level != "default"
        }
    return _joined(said)


def _joined(said: Mapping[str, tuple[str, set[str]]]) -> tuple[str, set[str], set[str]]:
    outcome = max(
        (outcome for outcome, _ in said.values()), key=["accept", "hold", "refuse"].index, default="accept"
    )
    return outcome, set(said), {one for _, several in said.values() for one in several}


def decide(rules: tuple[RuleText, ...], arrival: Arrival) -> Decision:
    return judge(compile_policy(1, RUNGS, Document(rules=rules, words=WORDS)), arrival)


@settings(max_examples=100)
@given(rule_lists, st.lists(arrivals, min_size=1, max_size=4))
def test_the_engine_decides_as_a_plain_reading_of_the_rules(
    rules: tuple[RuleText, ...], several: list[Arrival]
) -> None:
    policy = compile_policy(1, RUNGS, Document(rules=rules, words=WORDS))
    for arrival in several:
        decision = judge(policy, arrival)
        assert (decision.outcome.word, set(decision.rules), set(decision.amendments)) == expected(
            rules, arrival
        )


@settings(max_examples=100)
@given(
    st.sampled_from(sorted(CONDITIONS)).flatmap(lambda name: st.tuples(st.just(name), samples(name))),
    arrivals,
)
def test_each_condition_alone_holds_when_it_should(asked: tuple[str, Any], arrival: Arrival) -> None:
    name, value = asked
    rule = RuleText(name="it", when={name: value}, then="hold")
    without = RuleText(name="it", unless={name: value}, then="hold")
    if arrival.activity_type in ("Delete", "Flag"):
        return
    does_hold = holds(name, value, arrival, "instance")
    assert (
        "instance: it" in judge(compile_policy(1, [], Document(rules=(rule,), words=WORDS)), arrival).rules
    ) is does_hold
    found = judge(compile_policy(1, [], Document(rules=(without,), words=WORDS)), arrival)
    assert ("instance: it" in found.rules) is not does_hold


@settings(max_examples=40)
@given(rule_lists, st.randoms(), arrivals)
def test_the_order_in_which_rules_are_written_never_matters(
    rules: tuple[RuleText, ...], random: Any, arrival: Arrival
) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    assert decide(tuple(shuffled), arrival) == decide(rules, arrival)


@settings(max_examples=40)
@given(rule_lists, st.lists(rules_of("group:grief"), min_size=1, max_size=3), arrivals)
def test_rules_of_a_group_never_make_anything_looser_than_the_instance(
    rules: tuple[RuleText, ...], more: list[RuleText], arrival: Arrival
) -> None:
    instance = tuple(rule for rule in rules if rule.scope == "instance")
    before, after = decide(instance, arrival), decide(unique([*instance, *more]), arrival)
    assert after.outcome >= before.outcome
    assert after.amendments >= before.amendments


@settings(max_examples=40)
@given(rule_lists, rules_of("instance", ("hold", "refuse")), arrivals)
def test_another_rule_that_does_not_accept_never_makes_anything_milder(
    rules: tuple[RuleText, ...], another: RuleText, arrival: Arrival
) -> None:
    before, after = decide(rules, arrival), decide(unique([*rules, another]), arrival)
    if (another.scope, another.name) not in {(rule.scope, rule.name) for rule in rules}:
        assert after.outcome >= before.outcome
        assert after.amendments >= before.amendments


@settings(max_examples=30)
@given(rule_lists, arrivals)
def test_whatever_is_blocked_is_blocked_whatever_rules_say(
    rules: tuple[RuleText, ...], arrival: Arrival
) -> None:
    blocked = msgspec.structs.replace(arrival, hosts=(*arrival.hosts, "sub.bad.example"))
    decision = decide(rules, blocked)
    assert decision.outcome is Outcome.BLOCK
    assert decision.rules[0] == "domain bad.example: blocked"
