"""What the pages say of a group's doors is true, for every combination of answers."""

import itertools
from datetime import UTC, datetime

import msgspec
import pytest

from fediverse_support.community import visibility
from fediverse_support.community.joining import speaking
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import GUEST, REACHES, Actor, Group, Standing
from fediverse_support.web import doors

HERE = Actor(
    id=1, uri="https://g.example/groups/a", type="Group", is_local=True, name="a", host="g.example",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip
PERSON = msgspec.structs.replace(HERE, id=2, type="Person")
STRANGER = msgspec.structs.replace(PERSON, id=3, is_local=False)


EVERY = [
    Group(
        actor=HERE,
        joining=joining,
        seeing=seeing,
        speaking=speaks,
        reach=reach,
        default_reach=usual,
        life=life,
    )
    for joining, seeing, speaks, reach, usual, life in itertools.product(
        ("open", "approval", "invite"),
        ("everyone", "members"),
        ("everyone", "members", "moderators"),
        REACHES,
        (None, *REACHES),
        ("running", "archived"),
    )
]
JARGON = ("instance", "federat", "fediverse", "actor", "boost", "sealed", "reach", "quiet", "remote", "local")


def text(group: Group) -> str:
    return " ".join(doors.in_words(group))


def test_nothing_is_promised_as_private_that_everyone_can_read():
    for group in EVERY:
        said = text(group)
        assert ("Everyone can read it" in said) == visibility.may_see_group(GUEST, group), group
        assert ("Only its members can read it" in said) == visibility.is_closed(group), group


def test_only_what_never_leaves_is_said_never_to_leave():
    for group in EVERY:
        assert ("never leaves this server" in text(group)) == (not visibility.federates(group)), group
        assert ("other server" in doors.reaching(group)[0]) == (
            visibility.reach_of(group) in ("open", "quiet")
        )


def may_speak(group: Group, who: Actor, standing: Standing) -> bool:
    try:
        speaking.check(group, who, standing)
    except Forbidden:
        return False
    return True


def test_who_is_said_to_write_may_write_and_nobody_else():
    for group in EVERY:
        said = text(group)
        running = group.life == "running"
        outsider, member = (may_speak(group, PERSON, Standing(is_member=is_in)) for is_in in (False, True))
        assert ("also without joining" in said) == (running and outsider), group
        assert ("Everyone who has joined can write" in said) == (running and member and not outsider), group
        assert ("Only those who look after it write" in said) == (running and not member), group


def test_who_is_said_to_join_may_join():
    for group in EVERY:
        said = doors.in_words(group)[0]
        running = group.life == "running"
        assert ("at once" in said) == (running and group.joining == "open"), group
        assert ("ask to join" in said) == (running and group.joining == "approval"), group
        assert ("by invitation" in said) == (running and group.joining == "invite"), group
        unknown = group.joining == "invite" and visibility.is_closed(group) and running
        assert ("there is no such group" in said) == unknown, group


def test_an_archived_group_says_that_nobody_joins_or_writes():
    for group in EVERY:
        assert text(group).count("any more") == (2 if group.life == "archived" else 0)


def test_every_sentence_is_plain():
    for group in EVERY:
        for line in [*doors.in_words(group), doors.in_short(group)]:
            assert line.strip()
            assert not [word for word in JARGON if word in line.lower()], line


def test_a_list_tells_the_doors_in_five_words_at_most():
    for group in EVERY:
        assert 2 <= len(doors.in_short(group).split()) <= 5
    running = [group for group in EVERY if group.life == "running"]
    told = {doors.in_short(group): (visibility.reach_of(group), group.joining) for group in running}
    assert len(told) == 12
    for group in running:
        assert told[doors.in_short(group)] == (visibility.reach_of(group), group.joining)


def test_a_usual_reach_is_only_told_where_it_is_narrower():
    for group in EVERY:
        usual, widest = group.default_reach or visibility.reach_of(group), visibility.reach_of(group)
        assert (len(doors.reaching(group)) == 2) == (REACHES.index(usual) < REACHES.index(widest))


def group(**answers: str) -> Group:
    return Group(actor=HERE, **answers)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (group(), group(seeing="members"), "lose sight of everything"),
        (group(reach="quiet"), group(reach="members"), "lose sight of everything"),
        (group(reach="members"), group(reach="sealed"), "Members on other servers lose this group"),
        (group(), group(reach="quiet"), "do not find this group in the list"),
        (group(reach="members"), group(reach="members", joining="invite"), "does not learn any more"),
        (group(reach="members"), group(), "stays as narrow as it was"),
    ],
)
def test_who_loses_sight_of_what_is_said_before_it_happens(before, after, told):
    assert told in doors.changes(before, after)[0]


def test_nothing_is_said_where_the_doors_stay():
    for one in EVERY:
        assert doors.changes(one, msgspec.structs.replace(one, rules_source="Be kind.")) == []


def test_every_change_that_takes_sight_away_is_told():
    for before, after in itertools.product(EVERY[::7], EVERY[::11]):
        loses = visibility.is_closed(after) and not visibility.is_closed(before)
        assert any("lose sight" in line for line in doors.changes(before, after)) == loses
