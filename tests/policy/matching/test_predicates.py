"""Each condition: what it takes, what it refuses in which words, and where its bounds are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.arrivals import Arrival, Sender
from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.engine import BadRule, checked_rule, compile_policy, judge

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PLAIN = Arrival(
    activity_uri="u", activity_type="Create", actor_uri="https://a.example/u", hosts=("a.example",), at=NOW
)


def is_held(when: dict[str, Any], arrival: Arrival, scope: str = "instance") -> bool:
    rule = RuleText(name="it", scope=scope, when=when, then="hold")
    return judge(compile_policy(1, [], Document(rules=(rule,))), arrival).is_held


def having(**facts: Any) -> Arrival:
    about_sender = {name: facts.pop(name) for name in list(facts) if name in Sender.__struct_fields__}
    return msgspec.structs.replace(PLAIN, sender=Sender(**about_sender), **facts)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("longer_than", "length"),
        ("mentions_over", "mentions"),
        ("attachments_over", "attachments"),
        ("hour_rate_over", "this_hour"),
        ("day_rate_over", "today"),
    ],
)
def test_over_begins_above_the_bound(name: str, fact: str) -> None:
    assert [is_held({name: 3}, having(**{fact: number})) for number in (2, 3, 4)] == [False, False, True]


def test_links_and_hashtags_are_counted_with_repetition() -> None:
    same = ("a.test", "a.test", "a.test")
    assert is_held({"links_over": 2}, having(link_hosts=same))
    assert not is_held({"links_over": 3}, having(link_hosts=same))
    assert is_held({"hashtags_over": 1}, having(hashtags=("a", "b")))


def test_under_ends_below_the_bound() -> None:
    for name, fact in (("followers_under", "followers_here"), ("accepted_under", "accepted")):
        assert [is_held({name: 3}, having(**{fact: number})) for number in (2, 3, 4)] == [True, False, False]


def test_a_group_counts_what_it_accepted_itself() -> None:
    stranger_to_the_group = having(group="g", accepted=50, accepted_in_group=1)
    assert is_held({"accepted_under": 3}, stranger_to_the_group, scope="group:g")
    assert not is_held({"accepted_under": 3}, stranger_to_the_group)
    assert not is_held({"accepted_under": 3}, having(group="g", accepted_in_group=3), scope="group:g")


def test_an_age_counts_from_the_arrival_and_unknown_is_new() -> None:
    for name, fact in (("account_younger_than", "account_made_at"), ("here_less_than", "first_seen_at")):
        ages = [NOW - timedelta(days=7) + timedelta(seconds=off) for off in (1, 0, -1)]
        assert [is_held({name: "7d"}, having(**{fact: age})) for age in ages] == [True, False, False]
        assert is_held({name: "1m"}, PLAIN)


def test_hours_go_over_midnight_and_end_before_their_last_minute() -> None:
    minutes = {21 * 60 + 59: False, 22 * 60: True, 0: True, 6 * 60 + 59: True, 7 * 60: False}
    for minute, expected in minutes.items():
        assert is_held({"hours": "22:00-07:00"}, having(minute=minute)) is expected
    assert not is_held({"hours": "12:01-13:00"}, having(minute=-1))
    assert is_held({"hours": "12:00-12:01"}, having(minute=-1))


def test_every_condition_of_a_rule_must_hold_and_not_every_exception() -> None:
    rule = RuleText(
        name="it",
        when={"has_media": True, "reply": True},
        unless={"sender": "known", "alt_missing": False},
        then="hold",
    )
    policy = compile_policy(1, [], Document(rules=(rule,)))
    assert judge(policy, having(attachments=1, is_reply=True)).is_held
    assert judge(policy, having(attachments=1, is_reply=True, is_approved=True, without_alt=1)).is_held
    assert not judge(policy, having(attachments=1, is_reply=True, is_approved=True)).is_held
    assert not judge(policy, having(attachments=1)).is_held


def test_an_exception_that_is_empty_excepts_nothing() -> None:
    rule = RuleText(name="it", then="hold", unless={})
    assert judge(compile_policy(1, [], Document(rules=(rule,))), PLAIN).is_held


def test_without_text_nothing_is_said_of_words() -> None:
    assert not is_held({"words": "a"}, PLAIN)
    assert not is_held({"matches": ".*"}, PLAIN)


def test_names_need_no_capitals_and_no_signs() -> None:
    assert is_held({"hashtag": "#GRIEF"}, having(hashtags=("grief",)))
    assert is_held({"actor": "@U@A.example"}, PLAIN)
    assert is_held({"actor": "https://A.example/U"}, PLAIN)
    assert is_held({"actor": "@Ann@b.example"}, having(handle="ann@B.example"))
    assert not is_held({"actor": "ann@b.example"}, having(handle="ann@c.example"))
    assert is_held({"domain": "*.A.Example."}, having(hosts=("x.a.example:8443",)))
    assert is_held({"domain": "bücher.example"}, having(hosts=("xn--bcher-kva.example",)))
    assert is_held({"group": "!Grief"}, having(group="grief"))
    assert is_held({"language": "pt"}, having(language="pt-BR"))
    assert not is_held({"language": "pt-BR"}, having(language="pt"))
    assert is_held({"language": "unknown"}, PLAIN)


BAD: dict[str, tuple[Any, ...]] = {
    "flag": ("yes", 1, None, [True]),
    "choice": ("strangr", [], ["here", 3], True, ""),
    "names": ("", [], [""], 5, {"a": 1}, [["a"]]),
    "domains": ("", "not a domain", "a/b", "https://a.example", [], 3),
    "phrases": ("", "\u200b", ["ok", " "], 7, "x" * 201),
    "patterns": ("(", [], "(?=a)", 1),
    "number": (-1, 1.5, "3", True, None, 10**10),
    "span": ("7 days", "0d", 7, "1y", "", "-1d"),
    "hours": ("22-7", "24:00-07:00", "10:00-10:00", 22, ["22:00-07:00"]),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_value_of_the_wrong_form_is_refused_naming_rule_and_word(name: str) -> None:
    for value in BAD[CONDITIONS[name].kind]:
        for table in ("when", "unless"):
            with pytest.raises(BadRule) as caught:
                checked_rule(RuleText(name="Quiet nights", **{table: {name: value}}), {})  # type: ignore[arg-type]
            error = caught.value
            assert (error.rule, error.scope, error.where) == ("Quiet nights", "instance", f"{table}.{name}")
            assert error.message == f"instance: Quiet nights, {table}.{name}: {error.what}"


def refusal(words: dict[str, WordList] | None = None, **rule: Any) -> BadRule:
    with pytest.raises(BadRule) as caught:
        checked_rule(RuleText(**{"name": "it", **rule}), words or {})
    return caught.value


def test_an_unknown_word_comes_with_a_suggestion() -> None:
    lists = {"harm": WordList(phrases=("a",)), "theirs": WordList(phrases=("a",), scope="group:other")}
    assert "did you mean “sender”" in refusal(when={"sendr": "known"}).what
    assert "did you mean “stranger”" in refusal(when={"sender": "strangr"}).what
    assert "did you mean “hold”" in refusal(then="holt").what
    assert "did you mean “quiet”" in refusal(amendments=("quite",)).what
    assert "did you mean “harm”" in refusal(lists, when={"list": "harn"}).what
    assert "that of another group" in refusal(lists, when={"list": "theirs"}, scope="group:g").what
    assert "there is no condition “zzzz”" in refusal(when={"zzzz": 1}).what
    assert "“xx” is not known" in refusal(when={"warning": "xx"}).what


def test_what_stands_around_the_conditions_is_checked_too() -> None:
    assert refusal(name=" ").where == "name"
    assert refusal(name="a\nb").where == "name"
    assert refusal(name="x" * 201).where == "name"
    assert refusal(scope="groups").where == "scope"
    assert refusal(scope="group:").where == "scope"
    assert refusal(then="hold", answers=True).where == "answers"
    assert refusal(amendments=("warn:",)).where == "with"
    checked_rule(RuleText(name="it", amendments=("warn:food", "quiet"), then="refuse", answers=True), {})


def test_two_rules_of_one_scope_have_two_names() -> None:
    same = (RuleText(name="it"), RuleText(name="it", scope="group:g"))
    compile_policy(1, [], Document(rules=same))
    with pytest.raises(BadRule, match="another rule has this name"):
        compile_policy(1, [], Document(rules=(*same, RuleText(name="it"))))


def test_a_rule_that_is_off_is_checked_all_the_same() -> None:
    assert refusal(when={"sendr": "known"}, is_off=True).where == "when.sendr"


def test_a_word_list_that_cannot_be_is_refused_even_if_no_rule_uses_it() -> None:
    with pytest.raises(BadRule) as caught:
        compile_policy(1, [], Document(words={"odd": WordList(phrases=("\u200b",), scope="group:g")}))
    assert (caught.value.where, caught.value.scope) == ("words.odd", "group:g")


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from fediverse_support.policy.matching import compiling

    monkeypatch.setattr(compiling, "MOST_RULES", 1)
    with pytest.raises(Malformed, match="1 rules"):
        compile_policy(1, [], Document(rules=(RuleText(name="a"), RuleText(name="b"))))
    monkeypatch.setattr(compiling, "MOST_PHRASES", 2)
    three = RuleText(name="a", when={"words": ["a", "b", "c"]})
    with pytest.raises(Malformed, match="2 words and phrases"):
        compile_policy(1, [], Document(rules=(three,)))
    with pytest.raises(BadRule, match="word list, or several rules"):
        checked_rule(RuleText(name="a", when={"actor": ["x@y"] * 10_001}), {})
