"""Asking to join one of our groups, what is agreed to and answered, deciding, and forgetting."""

import asyncio
from datetime import timedelta

import pytest

from fediverse_support.community.groups import rules
from fediverse_support.community.joining import admitting, join_answers, joining, memberships
from fediverse_support.community.joining.joining import Sent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.database import groups as stored
from fediverse_support.database import join_requests
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import deeds
from fediverse_support.worker import Worker
from tests.support.remote import RemoteActor

QUESTIONS = ["What brings you here?", "How did you hear of us?"]


async def call(home, function, *arguments, **more):
    async with acquire(home.pool) as db, db.transaction():
        return await function(db, *arguments, **more)


async def ask(home, member, group, *answers, now=None, **sent):
    """Send the form as the page shows it just now."""
    shown = await call(home, joining.door, group, member, clock.now())
    given = {
        "answers": answers,
        "agrees": True,
        "rules_version": shown.rules.version,
        "questions": joining.mark_of(shown.questions),
    } | sent
    return await call(home, joining.ask, home.site, member, group, Sent(**given), now or clock.now())


async def door(home, group, member):
    return await call(home, joining.door, group, member, clock.now())


async def by_approval(home, questions=(), **answers):
    group = await home.group("calm", joining="approval", **answers)
    await call(home, joining.set_questions, group, list(questions))
    return await call(home, stored.by_name, "calm")


async def with_rules(home, group, *titles):
    words = [rules.Words(title) for title in titles]
    await call(home, rules.publish, home.site, group, words, by=None, why="", now=clock.now())
    return await call(home, stored.by_name, group.actor.name)


async def follows(home):
    return [row["state"] for row in await home.pool.fetch("select state from follows")]


async def requests(home):
    return [row["state"] for row in await home.pool.fetch("select state from join_requests order by id")]


async def waiting(home, group):
    (asker,) = await call(home, admitting.waiting, group)
    return asker


async def block(home, member, group):
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        member.uri,
    )


async def test_nobody_asks_without_agreeing_to_the_rules(home):
    member, group = await home.member(), await with_rules(home, await by_approval(home), "Be kind")
    with pytest.raises(Malformed, match="agree"):
        await ask(home, member, group, agrees=False)
    assert (await follows(home), await requests(home)) == ([], [])


async def test_rules_that_changed_while_they_were_read_are_shown_again(home):
    member, group = await home.member(), await with_rules(home, await by_approval(home), "Be kind")
    shown = await door(home, group, member)
    await with_rules(home, group, "Be kind", "Ask before you advise")
    with pytest.raises(Conflict, match="rules have changed"):
        await ask(home, member, group, rules_version=shown.rules.version)
    assert (await follows(home), await requests(home)) == ([], [])
    assert await home.pool.fetchval("select count(*) from rule_agreements") == 0


async def test_questions_that_changed_while_they_were_answered_are_shown_again(home):
    member, group = await home.member(), await by_approval(home, QUESTIONS)
    shown = await door(home, group, member)
    await call(home, joining.set_questions, group, ["Something else?"])
    with pytest.raises(Conflict, match="questions have changed"):
        await ask(home, member, group, "a", "b", questions=joining.mark_of(shown.questions))
    assert await requests(home) == []


@pytest.mark.parametrize("answers", [(), ("Grief",), ("Grief", "  "), ("Grief", "A friend", "more")])
async def test_each_question_is_answered(home, answers):
    member, group = await home.member(), await by_approval(home, QUESTIONS)
    with pytest.raises(Malformed, match="answer each question"):
        await ask(home, member, group, *answers)
    assert await requests(home) == []


async def test_an_answer_that_is_too_long_is_refused_with_what_to_do(home):
    member, group = await home.member(), await by_approval(home, QUESTIONS)
    with pytest.raises(Malformed, match=r"2,000 characters. Nothing was lost"):
        await ask(home, member, group, "x" * 2001, "A friend")
    await ask(home, member, group, "x" * 2000, "A friend")
    assert await requests(home) == ["waiting"]


@pytest.mark.parametrize("joins", ["open", "approval", "invite"])
async def test_nobody_joins_an_archived_group(home, joins):
    member, group = await home.member(), await home.group("calm", joining=joins)
    await home.pool.execute("update groups set life = 'archived'")
    with pytest.raises(Forbidden, match="archived"):
        await ask(home, member, group)
    assert await follows(home) == []


async def test_nobody_joins_a_group_that_has_moved(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    await ask(home, member, group)
    await home.pool.execute("update actors set moved_to = 'https://x.example/g' where type = 'Group'")
    group = await call(home, stored.by_name, "calm")
    other = await home.member("ben")
    with pytest.raises(Forbidden, match="moved"):
        await ask(home, other, group)
    number = (await waiting(home, group)).request.id
    with pytest.raises(Forbidden, match="moved"):
        await call(home, admitting.approve, home.site, group, number, mo, clock.now())
    assert await follows(home) == ["pending"]


@pytest.mark.parametrize("joins", ["open", "approval", "invite"])
async def test_who_is_blocked_is_refused_with_the_same_kind_words_at_every_door(home, joins):
    member, group = await home.member(), await home.group("calm", joining=joins)
    await block(home, member, group)
    with pytest.raises(Forbidden) as refusal:
        await ask(home, member, group)
    assert refusal.value.message == memberships.stay_away().message
    assert (await follows(home), await requests(home)) == ([], [])


async def test_a_list_of_who_waits_has_an_end(home, monkeypatch):
    monkeypatch.setattr(memberships, "MOST_WAITING", 1)
    first, second, group = await home.member(), await home.member("ben"), await by_approval(home)
    await ask(home, first, group)
    with pytest.raises(Forbidden, match="Many people are waiting"):
        await ask(home, second, group)
    await ask(home, first, group)
    assert await requests(home) == ["waiting"]


async def test_an_open_group_with_rules_is_joined_by_agreeing(home):
    member, group = await home.member(), await with_rules(home, await home.group(), "Be kind")
    assert await ask(home, member, group) == "member"
    row = await home.pool.fetchrow("select actor_id, version from rule_agreements")
    assert (row["actor_id"], row["version"]) == (member.id, group.rules_version)
    assert (await follows(home), await requests(home)) == (["accepted"], [])


async def test_words_before_the_rules_are_agreed_to_as_well(home):
    member, group = await home.member(), await home.group(rules="We listen.")
    with pytest.raises(Malformed):
        await ask(home, member, group, agrees=False)
    assert await ask(home, member, group) == "member"


async def test_a_request_keeps_the_questions_as_they_were_asked(home):
    member, group = await home.member(), await by_approval(home, QUESTIONS)
    for _ in range(2):
        assert await ask(home, member, group, "Grief", "A friend") == "waiting"
    await call(home, joining.set_questions, group, ["Something else?"])
    asker = await waiting(home, group)
    assert [(line.question, line.answer) for line in asker.request.answers] == [
        ("What brings you here?", "Grief"),
        ("How did you hear of us?", "A friend"),
    ]
    assert await follows(home) == ["pending"]


async def test_without_questions_one_may_say_a_few_words_or_none(home):
    member, other, group = await home.member(), await home.member("ben"), await by_approval(home)
    await ask(home, member, group, "I cannot sleep.")
    await ask(home, other, group)
    found = await call(home, admitting.waiting, group)
    assert [[line.answer for line in asker.request.answers] for asker in found] == [["I cannot sleep."], []]


@pytest.mark.parametrize("given", [["x" * 301], [f"Question {number}?" for number in range(9)]])
async def test_questions_have_bounds(home, given):
    group = await by_approval(home)
    with pytest.raises(Malformed):
        await call(home, joining.set_questions, group, given)


async def test_a_question_back_is_answered_and_then_the_request_waits_again(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    with pytest.raises(Conflict):
        await call(home, join_answers.answer, group, member, "Unasked", clock.now())
    await ask(home, member, group)
    with pytest.raises(Conflict):
        await call(home, join_answers.answer, group, member, "Unasked", clock.now())
    number = (await waiting(home, group)).request.id
    with pytest.raises(Malformed):
        await call(home, admitting.ask_back, home.site, group, number, mo, " ", clock.now())
    await call(home, admitting.ask_back, home.site, group, number, mo, "Since when?", clock.now())
    assert (await door(home, group, member)).standing == "asked"
    with pytest.raises(Malformed):
        await call(home, join_answers.answer, group, member, "  ", clock.now())
    await call(home, join_answers.answer, group, member, "Since May.", clock.now())
    asker = await waiting(home, group)
    assert asker.request.state == "waiting"
    assert [(line.from_team, line.text) for line in asker.messages] == [
        (True, "Since when?"),
        (False, "Since May."),
    ]
    await call(home, admitting.approve, home.site, group, number, mo, clock.now())
    assert (await follows(home), await requests(home)) == (["accepted"], ["approved"])
    assert await home.pool.fetchval("select count(*) from activities") == 0


async def test_a_letter_exists_only_where_it_was_sent(home):
    mo, group, now = await home.member("mo"), await by_approval(home), clock.now()
    rosa = await home.meet(RemoteActor("rosa"))
    await call(home, memberships.ask, home.site, rosa, group.actor, f"{rosa.uri}#f", now, must_wait=False)
    number = (await waiting(home, group)).request.id
    await call(home, admitting.ask_back, home.site, group, number, mo, "Since when?", now)
    (create,) = await home.published(group.actor)
    for uri in (create["id"], create["object"]["id"]):
        answer = await home.get(uri.removeprefix(home.site.origin))
        assert (answer.status_code, "Since when" in answer.text) == (404, False)
    outbox = await home.get("/groups/calm/outbox")
    assert "Since when" not in outbox.text


async def test_of_two_who_decide_at_once_one_decides(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    await ask(home, member, group)
    number = (await waiting(home, group)).request.id
    outcomes = await asyncio.gather(
        call(home, admitting.approve, home.site, group, number, mo, clock.now()),
        call(home, admitting.decline, home.site, group, number, mo, "No", clock.now()),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
    state = (await requests(home))[0]
    assert await follows(home) == (["accepted"] if state == "approved" else [])


async def test_a_request_of_another_group_is_not_decided_here(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    other = await home.group("other", joining="approval")
    await ask(home, member, group)
    number = (await waiting(home, group)).request.id
    for deed in (admitting.approve, admitting.decline, admitting.ask_back):
        words = () if deed is admitting.approve else ("words",)
        with pytest.raises(Missing):
            await call(home, deed, home.site, other, number, mo, *words, clock.now())
    with pytest.raises(Missing):
        await call(home, admitting.reopen, other, number)
    assert await requests(home) == ["waiting"]


async def test_who_took_their_request_back_or_was_blocked_since_is_not_let_in(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    await ask(home, member, group)
    number = (await waiting(home, group)).request.id
    await block(home, member, group)
    with pytest.raises(Conflict, match="blocked"):
        await call(home, admitting.approve, home.site, group, number, mo, clock.now())
    await call(home, memberships.leave, home.site, member, group.actor, clock.now())
    with pytest.raises(Conflict):
        await call(home, admitting.approve, home.site, group, number, mo, clock.now())
    assert (await follows(home), await requests(home)) == ([], ["withdrawn"])


async def test_who_is_declined_reads_why_and_may_ask_again(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    await ask(home, member, group)
    number = (await waiting(home, group)).request.id
    await call(home, admitting.decline, home.site, group, number, mo, " We are full. ", clock.now())
    found = await door(home, group, member)
    assert (found.standing, found.last.state, found.last.note) == ("", "declined", "We are full.")
    assert await follows(home) == []
    await ask(home, member, group)
    assert await requests(home) == ["declined", "waiting"]
    with pytest.raises(Conflict):
        await call(home, admitting.reopen, group, number)


async def test_declining_can_be_taken_back(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home, QUESTIONS)
    await ask(home, member, group, "Grief", "A friend")
    number = (await waiting(home, group)).request.id
    with pytest.raises(Conflict):
        await call(home, admitting.reopen, group, number)
    await call(home, admitting.decline, home.site, group, number, mo, "No", clock.now())
    await call(home, admitting.reopen, group, number)
    assert (await door(home, group, member)).standing == "waiting"
    await call(home, admitting.approve, home.site, group, number, mo, clock.now())
    assert await follows(home) == ["accepted"]


async def test_two_requests_at_once_are_one(home):
    member, group = await home.member(), await by_approval(home)
    await asyncio.gather(*(ask(home, member, group, "Hello") for _ in range(4)))
    assert (await follows(home), await requests(home)) == (["pending"], ["waiting"])


async def words_kept(home):
    """Everything that the tables about joining hold, and what went out."""
    found = []
    for table in ("join_requests", "join_request_messages", "activities", "deliveries", "deeds"):
        rows = await home.pool.fetch(f"select t::text as row from {table} t")
        found += [row["row"] for row in rows]
    return "\n".join(found)


async def test_answers_notes_and_messages_are_gone_thirty_days_after_the_decision(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home, QUESTIONS)
    rosa = await home.meet(RemoteActor("rosa"))
    now = clock.now()
    await ask(home, member, group, "MARKER one", "MARKER two")
    await call(home, memberships.ask, home.site, rosa, group.actor, f"{rosa.uri}#f", now, must_wait=False)
    for asker in await call(home, admitting.waiting, group):
        number = asker.request.id
        await call(home, admitting.ask_back, home.site, group, number, mo, "MARKER question", now)
        if asker.actor.is_local:
            await call(home, join_answers.answer, group, member, "MARKER answer", now)
        await call(home, admitting.decline, home.site, group, number, mo, "MARKER note", now)
        await call(home, deeds.record, None, "decline join request", asker.actor.handle, "", now)
    assert (await words_kept(home)).count("MARKER") == 9  # two letters went out, and are said twice
    later = now + timedelta(days=30, seconds=-1)
    assert await call(home, join_answers.empty_old_answers, later) == 0
    assert (await words_kept(home)).count("MARKER") == 9
    later = now + timedelta(days=30, seconds=1)
    assert await call(home, join_answers.empty_old_answers, later) == 2
    assert "MARKER" not in await words_kept(home)
    assert await requests(home) == ["declined", "declined"]
    assert await call(home, join_answers.empty_old_answers, later) == 0


class Once(asyncio.Event):
    """A stop that lets a loop run once."""

    looked = False

    def is_set(self):
        was, self.looked = self.looked, True
        return was

    async def wait(self):
        return True


async def test_the_worker_deletes_them_by_itself(home):
    member, mo, group = await home.member(), await home.member("mo"), await by_approval(home)
    await ask(home, member, group, "MARKER")
    number = (await waiting(home, group)).request.id
    long_ago = clock.now() - timedelta(days=31)
    await call(home, admitting.decline, home.site, group, number, mo, "MARKER", long_ago)
    await Worker(home.foundation)._keep_house(Once())
    assert "MARKER" not in await words_kept(home)


async def test_what_waits_is_kept_and_what_was_withdrawn_goes_whole(home):
    member, other, group = await home.member(), await home.member("ben"), await by_approval(home)
    await ask(home, member, group, "MARKER")
    await ask(home, other, group, "OTHER")
    await call(home, memberships.leave, home.site, member, group.actor, clock.now())
    await call(home, join_answers.empty_old_answers, clock.now() + timedelta(days=31))
    assert "MARKER" not in await words_kept(home)
    assert "OTHER" in await words_kept(home)
    assert await requests(home) == ["waiting"]


async def test_who_deletes_their_account_elsewhere_leaves_no_words_here(home):
    rosa, mo, group = RemoteActor("rosa"), await home.member("mo"), await by_approval(home)
    known = await home.meet(rosa)
    now = clock.now()
    await call(home, memberships.ask, home.site, known, group.actor, f"{known.uri}#f", now, must_wait=False)
    number = (await waiting(home, group)).request.id
    await call(home, admitting.ask_back, home.site, group, number, mo, "MARKER", now)
    await home.deliver(rosa, rosa.farewell())
    await home.process()
    assert "MARKER" not in await words_kept(home)
    assert await requests(home) == []


async def test_the_owner_is_told_to_hand_over_or_archive_first(home):
    owner, group = await home.member("olga"), await home.group()
    await home.join(owner, group.actor)
    await home.pool.execute(
        "insert into group_moderators (group_id, actor_id, is_owner) values ($1, $2, true)",
        group.actor.id,
        owner.id,
    )
    with pytest.raises(Conflict, match="Hand the group over or archive it first"):
        await call(home, memberships.leave, home.site, owner, group.actor, clock.now())
    assert await follows(home) == ["accepted"]
    await home.pool.execute("update groups set life = 'archived'")
    await call(home, memberships.leave, home.site, owner, group.actor, clock.now())
    assert await follows(home) == []
    assert await home.pool.fetchval("select count(*) from group_moderators") == 0


async def test_a_moderator_who_leaves_looks_after_the_group_no_longer_and_the_followers_hear(home):
    mo, group = await home.member("mo"), await home.group()
    rosa = await home.meet(RemoteActor("rosa"))
    for person in (mo, rosa):
        await home.join(person, group.actor)
    await call(home, stored.add_moderator, group.actor.id, mo.id)
    await call(home, memberships.leave, home.site, mo, group.actor, clock.now())
    assert await home.pool.fetchval("select count(*) from group_moderators") == 0
    (remove,) = await home.published(mo)
    assert (remove["type"], remove["object"]) == ("Remove", mo.uri)
    assert {"Announce", "Update"} <= {activity["type"] for activity in await home.published(group.actor)}


async def test_who_is_removed_is_told_why(home):
    member, mo, group = await home.member(), await home.member("mo"), await home.group()
    rosa = await home.meet(RemoteActor("rosa"))
    for person in (member, rosa):
        await home.join(person, group.actor)
        reason = "You gave advice that nobody asked for."
        await call(home, memberships.remove, home.site, person, group, mo, reason, clock.now())
    assert await follows(home) == []
    found = await door(home, group, member)
    assert (found.last.state, found.last.note) == ("removed", "You gave advice that nobody asked for.")
    (reject,) = [one for one in await home.published(group.actor) if one["type"] == "Reject"]
    assert (reject["to"], reject["summary"]) == ([rosa.uri], "You gave advice that nobody asked for.")
    with pytest.raises(Missing):
        await call(home, memberships.remove, home.site, member, group, mo, "", clock.now())


async def test_a_member_of_a_group_is_not_asked_again(home):
    member, group = await home.member(), await home.group()
    await ask(home, member, group)
    await with_rules(home, group, "A new rule")
    assert await ask(home, member, group, agrees=False) == "member"
    assert await call(home, join_requests.latest_of, group.actor.id, member.id) is None
