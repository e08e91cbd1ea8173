"""A rule and the fields of its form say the same, in both directions; half a form loses nothing."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.decisions import AMENDMENTS
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.warnings import WARNINGS
from fediverse_support.web.desk import rule_forms, rule_reading, rule_words
from fediverse_support.web.forms import Form

WORD = st.text("abcäöü çż'-.", min_size=1, max_size=12).map(str.strip).filter(bool)


def value_of(condition):
    """Any value that a file may give to this condition."""
    several = {
        "choice": st.sampled_from(condition.choices or ("x",)),
        "names": st.sampled_from(tuple(WARNINGS)) if condition.name == "warning" else WORD,
        "domains": WORD,
        "phrases": WORD,
        "patterns": WORD,
    }
    if condition.kind in several:
        one = several[condition.kind]
        return one | st.lists(one, min_size=1, max_size=3, unique=True)
    return {
        "flag": st.booleans(),
        "number": st.integers(0, 1_000_000),
        "span": st.from_regex(r"[1-9][0-9]{0,5}[mhdw]", fullmatch=True),
        "hours": st.just("22:00-07:30"),
    }[condition.kind]


CONDITION = st.sampled_from(tuple(CONDITIONS.values()))


@st.composite
def conditions(draw):
    chosen = draw(st.lists(CONDITION, max_size=4, unique_by=lambda one: one.name))
    return {one.name: draw(value_of(one)) for one in chosen}


@st.composite
def rules(draw):
    then = draw(st.sampled_from(("accept", "hold", "refuse")))
    amendments = st.sampled_from((*sorted(AMENDMENTS), "warn:sh", "warn:of my own"))
    return RuleText(
        name=" ".join(draw(WORD).split()),
        when=draw(conditions()),
        unless=draw(conditions()),
        then=then,
        amendments=tuple(draw(st.lists(amendments, max_size=3, unique=True))),
        reason=" ".join(draw(WORD).split()),
        note=draw(WORD),
        priority=draw(st.integers(-1000, 1000)),
        expires=draw(st.none() | st.dates()),
        review=draw(st.none() | st.dates()),
        answers=then == "refuse" and draw(st.booleans()),
        is_off=draw(st.booleans()),
    )


@settings(max_examples=40)
@given(rules())
def test_a_rule_that_is_only_looked_at_stays_as_it_was_to_the_letter(rule):
    written = rule_reading.read(rule_forms.of_rule(rule), rule.scope, rule)
    assert written.wrong == {}
    assert written.rule == rule
    assert list(written.rule.when) == list(rule.when)
    assert msgspec.json.encode(written.rule) == msgspec.json.encode(rule)


@settings(max_examples=40)
@given(rules())
def test_a_form_says_the_same_rule_without_knowing_the_old_one(rule):
    again = rule_reading.read(rule_forms.of_rule(rule), rule.scope).rule
    assert {name: rule_forms.listed(value) for name, value in again.when.items()}.keys() == rule.when.keys()
    assert rule_forms.of_rule(again).fields == rule_forms.of_rule(rule).fields


@settings(max_examples=40)
@given(rules(), st.sampled_from(rule_forms.PARTS), CONDITION)
def test_adding_a_condition_and_taking_it_away_changes_nothing_else(rule, part, condition):
    form = rule_forms.of_rule(rule)
    asked = Form({**form.fields, f"add.{part}": condition.name})
    added, _ = rule_forms.after(asked, f"add.{part}")
    assert condition in rule_forms.present(added, part)
    assert {name: added.fields[name] for name in form.fields} == form.fields
    dropped, _ = rule_forms.after(added, f"drop.{part}.{condition.name}")
    assert condition not in rule_forms.present(dropped, part)
    kept = {name for name in form.fields if not f"{name}.".startswith(f"{part}.{condition.name}.")}
    assert kept <= dropped.fields.keys()


@settings(max_examples=40)
@given(rules())
def test_a_half_filled_form_comes_back_as_it_was_for_its_own_rule_only(rule):
    form = rule_forms.of_rule(rule)
    text = rule_forms.write_kept(Form({**form.fields, "csrf_token": "secret", "do": "look"}), rule.name)
    assert "secret" not in text
    assert rule_forms.read_kept(text, rule.name).fields == form.fields
    assert rule_forms.read_kept(text, rule.name + "!") is None


def test_nothing_that_cannot_be_read_back_is_taken_for_a_form():
    assert rule_forms.read_kept("not json", "") is None
    with pytest.raises(Malformed):
        rule_forms.write_kept(Form({"when.words": "x" * 60_000}), "")


def test_every_field_that_is_wrong_is_named_and_the_rest_is_read():
    form = Form(
        {
            "name": "Taken",
            "then": "explode",
            "priority": "high",
            "expires": "tomorrow",
            "when.sender": "",
            "when.domain": " \n ",
            "when.links_over": "-3",
            "when.here_less_than": "many",
            "when.hours": "",
            "when.hours.from": "22:00",
            "when.hours.to": "22:00",
            "reason": "Because.",
        }
    )
    written = rule_reading.read(form, "instance", taken=["Taken"])
    assert written.rule.reason == "Because."
    assert written.wrong == {
        "name": rule_reading.NAME_TAKEN,
        "then": rule_reading.NO_OUTCOME,
        "priority": rule_reading.NOT_A_NUMBER,
        "expires": rule_reading.NOT_A_DAY,
        "when.sender": rule_reading.NOTHING_CHOSEN,
        "when.domain": rule_reading.NOTHING_WRITTEN,
        "when.links_over": rule_reading.NOT_A_NUMBER,
        "when.here_less_than": rule_reading.NOT_A_NUMBER,
        "when.hours": rule_reading.NO_TIMES,
    }
    assert rule_reading.read(Form({"name": "x" * 101, "then": "hold"}), "instance").wrong == {
        "name": rule_reading.TOO_LONG
    }
    assert rule_reading.read(Form({"name": " ", "then": "hold"}), "instance").wrong == {
        "name": rule_reading.NO_NAME
    }


def test_only_a_refusal_is_answered_and_new_values_are_written_plainly():
    form = Form(
        {
            "name": "X",
            "then": "hold",
            "answers": "yes",
            "expires": "2027-01-31",
            "when.sender": "",
            "when.sender.newcomer": "yes",
            "when.sender.stranger": "yes",
            "when.here_less_than": "3",
            "when.here_less_than.unit": "nonsense",
            "unless.words": "one\n\n two  \n",
            "with.quiet": "yes",
            "with.burn": "yes",
            "with.words": "  food \n",
        }
    )
    rule = rule_reading.read(form, "group:owls").rule
    assert rule == RuleText(
        name="X",
        scope="group:owls",
        when={"sender": ["newcomer", "stranger"], "here_less_than": "3d"},
        unless={"words": ["one", "two"]},
        then="hold",
        amendments=("quiet", "warn:food"),
        expires=date(2027, 1, 31),
    )


def test_every_condition_is_offered_once_with_words_for_all_of_it():
    offered = [name for _, names in rule_words.TOPICS for name in names]
    assert sorted(offered) == sorted(CONDITIONS)
    assert rule_words.LABELS.keys() == CONDITIONS.keys()
    assert rule_words.HINTS.keys() <= CONDITIONS.keys()
    assert rule_words.CHOICES.keys() == {
        (one.name, value) for one in CONDITIONS.values() for value in one.choices
    }
    assert rule_words.AMENDMENTS.keys() == AMENDMENTS
    assert "group" not in {one.name for one in rule_forms.known_to("group:owls")}
