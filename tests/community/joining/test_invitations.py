"""Invitations: who is let in by one, and who is not."""

import asyncio
from datetime import timedelta

import pytest

from fediverse_support.community.groups import rules
from fediverse_support.community.joining import invitations, joining, memberships
from fediverse_support.community.joining.invitations import Terms
from fediverse_support.community.joining.joining import Sent
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.database import groups as stored
from fediverse_support.database.pool import acquire
from tests.support.remote import RemoteActor


async def call(home, function, *arguments, **more):
    async with acquire(home.pool) as db, db.transaction():
        return await function(db, *arguments, **more)


async def invite(home, group, now=None, **terms):
    return await call(home, invitations.make, home.site, group, None, Terms(**terms), now or clock.now())


async def accept(home, member, code, now=None, **sent):
    given = Sent(**({"agrees": True} | sent))
    return await call(home, joining.accept_invitation, home.site, member, code, given, now or clock.now())


async def follows(home):
    return [row["state"] for row in await home.pool.fetch("select state from follows")]


async def closed_group(home, **answers):
    return await home.group("calm", **({"joining": "invite", "seeing": "members"} | answers))


async def test_a_secret_that_nobody_made_leads_nowhere(home):
    member = await home.member()
    await invite(home, await closed_group(home))
    with pytest.raises(Missing):
        await accept(home, member, "x" * 32)


@pytest.mark.parametrize("why", ["expired", "revoked", "used up"])
async def test_an_invitation_that_has_ended_lets_nobody_in_and_says_why(home, why):
    member, other, group = await home.member(), await home.member("ben"), await closed_group(home)
    made = await invite(home, group, days=14)
    later = clock.now()
    if why == "expired":
        later += timedelta(days=14, seconds=1)
    elif why == "revoked":
        await call(home, invitations.revoke, group, made.invitation.id, clock.now())
    else:
        await accept(home, other, made.code)
    with pytest.raises(Conflict) as refusal:
        await accept(home, member, made.code, later)
    assert refusal.value.message == joining.no_longer(why).message
    assert await follows(home) == (["accepted"] if why == "used up" else [])


async def test_of_two_who_come_at_once_for_one_use_one_gets_in(home):
    group = await closed_group(home)
    people = [await home.member(name) for name in ("ada", "ben", "cleo", "dora")]
    made = await invite(home, group)
    outcomes = await asyncio.gather(
        *(accept(home, person, made.code) for person in people), return_exceptions=True
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert await follows(home) == ["accepted"]
    assert await home.pool.fetchval("select uses from invitations") == 1


async def test_who_is_blocked_is_not_let_in_and_uses_nothing_up(home):
    member, group = await home.member(), await closed_group(home)
    await home.pool.execute(
        "insert into blocks (blocker_uri, blocked_uri, target_uri, activity_uri) values ($1, $2, $1, 'x')",
        group.actor.uri,
        member.uri,
    )
    made = await invite(home, group)
    with pytest.raises(Forbidden) as refusal:
        await accept(home, member, made.code)
    assert refusal.value.message == memberships.stay_away().message
    assert await home.pool.fetchval("select uses from invitations") == 0


async def test_an_archived_group_takes_nobody_by_invitation(home):
    member, group = await home.member(), await closed_group(home)
    made = await invite(home, group)
    await home.pool.execute("update groups set life = 'archived'")
    with pytest.raises(Forbidden, match="archived"):
        await accept(home, member, made.code)
    with pytest.raises(Conflict):
        await invite(home, await call(home, stored.by_name, "calm"))


async def test_who_was_removed_does_not_come_back_by_an_older_link(home):
    member, mo, group = await home.member(), await home.member("mo"), await closed_group(home)
    made = await invite(home, group, uses=5)
    await accept(home, member, made.code)
    await call(home, memberships.remove, home.site, member, group, mo, "", clock.now())
    with pytest.raises(Conflict):
        await accept(home, member, made.code)
    assert await follows(home) == []
    later = clock.now() + timedelta(seconds=1)
    newer = await invite(home, group, now=later)
    await accept(home, member, newer.code, later)
    assert await follows(home) == ["accepted"]


async def test_an_invited_person_still_agrees_to_the_rules(home):
    member, group = await home.member(), await closed_group(home)
    words = [rules.Words("Be kind")]
    await call(home, rules.publish, home.site, group, words, by=None, why="", now=clock.now())
    made = await invite(home, group)
    for sent in ({"agrees": False, "rules_version": 1}, {"agrees": True, "rules_version": 0}):
        with pytest.raises((Malformed, Conflict)):
            await accept(home, member, made.code, **sent)
    assert await home.pool.fetchval("select uses from invitations") == 0
    await accept(home, member, made.code, rules_version=1)
    assert await home.pool.fetchval("select version from rule_agreements") == 1


async def test_who_is_invited_need_not_answer_nor_wait(home):
    member, group = await home.member(), await closed_group(home, joining="approval")
    await call(home, joining.set_questions, group, ["Why?"])
    await call(home, memberships.join, home.site, member, group, clock.now())
    assert await follows(home) == ["pending"]
    made = await invite(home, group)
    await accept(home, member, made.code)
    assert await follows(home) == ["accepted"]
    assert await home.pool.fetchval("select state from join_requests") == "approved"


async def test_a_member_who_opens_the_link_again_uses_nothing_up(home):
    member, group = await home.member(), await closed_group(home)
    made = await invite(home, group, uses=2)
    for _ in range(3):
        await accept(home, member, made.code)
    assert await home.pool.fetchval("select uses from invitations") == 1


async def test_the_secret_is_not_in_the_database(home):
    made = await invite(home, await closed_group(home), note="for Rosa")
    row = await home.pool.fetchval("select i::text from invitations i")
    assert len(made.code) == 32
    assert made.code not in row
    assert made.code.encode().hex() not in row


async def test_a_handle_here_is_let_in_and_no_other(home):
    member, other, group = await home.member("ada"), await home.member("ben"), await closed_group(home)
    made = await invite(home, group, handle="@Ada")
    assert (made.code, made.invitation.handle) == ("", f"ada@{home.site.domain}")
    for person, state in ((other, None), (member, "member")):
        try:
            became = await call(home, joining.ask, home.site, person, group, Sent(), clock.now())
        except Forbidden:
            became = None
        assert became == state
    assert await follows(home) == ["accepted"]


async def test_a_group_that_stays_here_invites_nobody_elsewhere(home):
    group = await closed_group(home, reach="sealed")
    with pytest.raises(Malformed, match="stays on this server"):
        await invite(home, group, handle="rosa@peer.example")
    await invite(home, group, handle="ada")


@pytest.mark.parametrize(
    "terms",
    [
        {"days": 0},
        {"days": 91},
        {"uses": 0},
        {"uses": 1001},
        {"note": "x" * 501},
        {"handle": "a b@peer.example"},
        {"handle": "@@peer.example"},
        {"handle": "rosa@peer.example/x"},
        {"handle": "rosa@peer@example"},
        {"handle": "not-a-name"},
    ],
    ids=str,
)
async def test_terms_that_do_not_fit_are_refused(home, terms):
    group = await closed_group(home)
    with pytest.raises(Malformed):
        await invite(home, group, **terms)


async def test_the_open_invitations_of_a_group_have_an_end(home, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    group = await closed_group(home)
    made = await invite(home, group)
    with pytest.raises(Conflict):
        await invite(home, group)
    await call(home, invitations.revoke, group, made.invitation.id, clock.now())
    await invite(home, group)


async def test_nobody_takes_back_an_invitation_of_another_group(home):
    group, other = await closed_group(home), await home.group("other")
    made = await invite(home, group)
    with pytest.raises(Missing):
        await call(home, invitations.revoke, other, made.invitation.id, clock.now())
    assert await home.pool.fetchval("select revoked_at from invitations") is None


async def test_what_ended_long_ago_is_forgotten(home):
    group = await closed_group(home)
    await invite(home, group, days=1)
    await invite(home, group, days=90)
    await call(home, invitations.forget_ended, clock.now() + timedelta(days=92))
    assert await home.pool.fetchval("select count(*) from invitations") == 1


async def test_a_handle_elsewhere_is_let_in_once_under_exactly_that_handle(home):
    group = await closed_group(home, seeing="everyone")
    rosa, eve = await home.meet(RemoteActor("rosa")), await home.meet(RemoteActor("eve"))
    await invite(home, group, handle="ROSA@peer.example")
    for person, answer in ((eve, None), (rosa, "accepted"), (rosa, "accepted")):
        try:
            await call(
                home, memberships.ask, home.site, person, group.actor, f"{person.uri}#f", clock.now(),
                must_wait=True,
            )  # fmt: skip
        except Forbidden:
            assert answer is None
    assert await follows(home) == ["accepted"]
    await call(home, memberships.decline, home.site, rosa, group.actor)
    with pytest.raises(Forbidden):
        await call(
            home, memberships.ask, home.site, rosa, group.actor, f"{rosa.uri}#g", clock.now(),
            must_wait=False,
        )  # fmt: skip
