"""The story holds together, before anybody tries to tell it."""

from datetime import timedelta

import pytest

from fediverse_support.accounts import passwords, sign_up
from fediverse_support.community.groups import groups
from fediverse_support.community.posts import posts
from fediverse_support.core.identifiers import is_local_name
from fediverse_support.demo import communities, story

STORY = story.read()
PEOPLE = {person.name: person for person in STORY.people}
GROUPS = {group.name: group for group in STORY.groups}
SPOKEN = [
    (thread, speaker)
    for thread in STORY.threads
    for speaker in (thread.by, *(answer.by for answer in thread.answers))
]


def test_a_time_that_cannot_be_read_is_refused():
    for text in ("soon", "3", "h2", "2 d", "-1h"):
        with pytest.raises(ValueError):
            story.span(text)


def test_a_time_is_days_hours_and_minutes():
    assert story.span("2d 3h 5m") == timedelta(days=2, hours=3, minutes=5)


def test_the_lines_of_a_paragraph_are_joined_and_those_of_a_list_are_not():
    kettle = next(thread for thread in STORY.threads if thread.title == "The kettle is on")
    assert kettle.text.count("\n") == 2 * kettle.text.count("\n\n") == 4
    assert all(len(group.rules.splitlines()) == 4 for group in STORY.groups)
    assert all(line[:3] == f"{number}. " for number, line in enumerate(GROUPS["grief"].rules.splitlines(), 1))


def test_names_are_used_once_and_fit():
    names = [*PEOPLE, *GROUPS, *(person.name for person in STORY.waiting)]
    assert len(names) == len(set(names)) == len(STORY.people) + len(STORY.groups) + len(STORY.waiting)
    assert all(is_local_name(name) for name in names)


def test_everything_belongs_to_one_of_the_two_communities():
    assert tuple(found.name for found in STORY.communities) == communities.NAMES
    for found in (*STORY.people, *STORY.groups, *STORY.waiting):
        assert found.community in communities.NAMES


def test_each_community_has_somebody_who_looks_after_it_and_each_group_moderators_of_its_own():
    owners = {person.community for person in STORY.people if person.role == "owner"}
    assert owners == set(communities.NAMES)
    for group in STORY.groups:
        assert group.moderators
        assert {PEOPLE[name].community for name in group.moderators} == {group.community}


def test_each_group_stands_under_a_need_of_its_own():
    """A topic is made together with its group."""
    needs = [group.topic for group in STORY.groups]
    assert all(needs)
    assert len(set(needs)) == len(needs)


def test_who_speaks_in_a_group_has_joined_it():
    for thread, speaker in SPOKEN:
        assert thread.group in PEOPLE[speaker].joins, (thread.title, speaker)


def test_every_group_has_members_of_both_communities_so_that_everything_crosses():
    for name in GROUPS:
        homes = {person.community for person in STORY.people if name in person.joins}
        assert homes == set(communities.NAMES), name


def test_in_every_group_somebody_of_the_other_community_speaks():
    for name, group in GROUPS.items():
        homes = {PEOPLE[speaker].community for thread, speaker in SPOKEN if thread.group == name}
        assert homes - {group.community}, name


def test_answers_come_after_what_they_answer_and_before_the_present():
    for thread in STORY.threads:
        ages = [
            story.span(thread.ago),
            *(story.span(thread.ago) - story.span(a.later) for a in thread.answers),
        ]
        assert ages == sorted(ages, reverse=True)
        assert ages[-1] > timedelta(minutes=1), thread.title
        for number, answer in enumerate(thread.answers, start=1):
            assert 0 <= answer.to < number, thread.title


def test_everything_is_said_in_the_order_of_time():
    order = story.in_order(STORY)
    assert len(order) == len(SPOKEN)
    assert [said.before for said in order] == sorted((said.before for said in order), reverse=True)
    assert all(
        order.index(said) > order.index(next(s for s in order if s.thread == said.thread and s.number == 0))
        for said in order
        if said.number
    )


def test_every_first_post_says_what_it_hopes_for():
    assert all("*What I hope for:" in thread.text for thread in STORY.threads)


def test_some_posts_wait_for_an_answer():
    assert sum(not thread.answers for thread in STORY.threads if not thread.late) == 2


def test_what_is_heavy_carries_a_warning():
    heavy = ("alcohol", "died", "dementia", "her husband", "brother's number", "drink", "wedding")
    for thread in STORY.threads:
        if any(word in f"{thread.title} {thread.text}".lower() for word in heavy):
            assert thread.warning, thread.title


def test_everything_fits_into_its_fields():
    for thread in STORY.threads:
        assert 0 < len(thread.title) <= posts.LONGEST_TITLE
        assert all(
            0 < len(text) <= posts.LONGEST for text in (thread.text, *(a.text for a in thread.answers))
        )
    for group in STORY.groups:
        assert groups.Answers(title=group.title, speaking=group.speaking)
        assert len(group.summary) < 200
    assert all(0 < len(person.words) <= sign_up.REQUEST_LENGTH for person in STORY.waiting)


def test_the_password_on_the_terminal_is_one_that_we_take():
    for name in (*PEOPLE, *(person.name for person in STORY.waiting)):
        passwords.check_strength(story.PASSWORD, name, "garden.localhost:8600", "harbour.localhost:8600")
