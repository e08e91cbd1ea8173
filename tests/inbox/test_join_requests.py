"""Requests to join that come from other servers: the Follow, the letters, the answers."""

from fediverse_support.community.joining import admitting, invitations, memberships
from fediverse_support.community.joining.invitations import Terms
from fediverse_support.core import clock
from fediverse_support.database.pool import acquire


async def call(world, function, *arguments, **more):
    async with acquire(world.pool) as db, db.transaction():
        return await function(db, *arguments, **more)


async def requests(world):
    return [row["state"] for row in await world.rows("select state from join_requests order by id")]


async def said(world):
    rows = await world.rows("select from_team, text from join_request_messages order by id")
    return [(row["from_team"], row["text"]) for row in rows]


async def asks(world, group, name="ana"):
    """Somebody elsewhere asks to join a group by approval."""
    ana = await world.known(name)
    await world.send(ana, ana.does("Follow", group.actor.uri))
    return ana


async def asked_back(world, group, question="Since when?"):
    """The moderators ask the only person who waits; the letter."""
    mo = await world.member("mo")
    (asker,) = await call(world, admitting.waiting, group)
    await call(world, admitting.ask_back, world.site, group, asker.request.id, mo, question, world.clock())
    (create,) = await world.sent("Create")
    return create


def reply(person, letter, content="<p>Since May.</p>", **more):
    """A direct answer to a letter, as Mastodon makes it."""
    group = letter["body"]["actor"]
    note = person.note(
        to=[group],
        cc=[],
        content=f'<p><span class="h-card"><a href="{group}" class="u-url mention">@<span>carers</span></a>'
        f"</span> {content.removeprefix('<p>')}",
        inReplyTo=letter["body"]["object"]["id"],
        tag=[{"type": "Mention", "href": group, "name": "@carers@here.localhost:1"}],
    )
    return person.wrap("Create", note | more)


async def test_too_many_requests_of_one_server_are_declined_with_a_word(world, monkeypatch):
    monkeypatch.setattr(memberships, "MOST_WAITING_OF_A_SERVER", 2)
    group = await world.group(joining="approval")
    for name in ("ana", "ben", "cleo"):
        await asks(world, group, name)
    assert await requests(world) == ["waiting", "waiting"]
    (reject,) = await world.sent("Reject")
    assert "Many people are waiting" in reject["body"]["summary"]
    dora = await world.known("dora", "elsewhere")
    await world.send(dora, dora.does("Follow", group.actor.uri))
    assert len(await requests(world)) == 3


async def test_a_follow_that_waits_is_one_request_however_often_it_comes(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    await world.send(ana, ana.does("Follow", group.actor.uri))
    rows = await world.rows("select state, answers, rules_version from join_requests")
    assert rows == [{"state": "waiting", "answers": [], "rules_version": None}]


async def test_who_takes_the_follow_back_has_withdrawn(world):
    group = await world.group(joining="approval")
    ana = await world.known()
    follow = ana.does("Follow", group.actor.uri)
    await world.send(ana, follow)
    await world.send(ana, ana.does("Undo", follow))
    assert await requests(world) == ["withdrawn"]


async def test_nobody_joins_an_archived_group_from_elsewhere(world):
    group = await world.group()
    await world.pool.execute("update groups set life = 'archived'")
    await asks(world, group)
    assert await world.rows("select * from follows") == []
    assert len(await world.sent("Reject")) == 1


async def test_a_member_who_follows_again_stays_one_in_a_group_by_invitation(world):
    group = await world.group()
    ana = await asks(world, group)
    await world.pool.execute("update groups set joining = 'invite', life = 'archived'")
    await world.send(ana, ana.does("Follow", group.actor.uri))
    assert [row["state"] for row in await world.rows("select state from follows")] == ["accepted"]
    assert len(await world.sent("Accept")) == 2


async def test_an_invited_handle_is_let_in_without_waiting_and_nobody_else(world):
    group = await world.group(joining="invite")
    ana = await world.known()
    assert ana.actor is not None
    terms = Terms(handle=ana.actor.handle)
    await call(world, invitations.make, world.site, group, None, terms, clock.now())
    eve = await asks(world, group, "eve")
    await world.send(ana, ana.does("Follow", group.actor.uri))
    (accept,) = await world.sent("Accept")
    assert accept["inboxes"] == [f"{ana.uri}/inbox"]
    (reject,) = await world.sent("Reject")
    assert reject["inboxes"] == [f"{eve.uri}/inbox"]


async def test_a_question_goes_to_that_person_alone_and_names_no_moderator(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    note = letter["body"]["object"]
    assert letter["inboxes"] == [f"{ana.uri}/inbox"]
    assert (note["to"], note["cc"]) == ([ana.uri], [])
    assert (letter["body"]["to"], letter["body"]["cc"]) == ([ana.uri], [])
    assert note["tag"] == [{"type": "Mention", "href": ana.uri, "name": f"@{ana.actor.handle}"}]
    assert note["attributedTo"] == letter["body"]["actor"] == group.actor.uri
    assert "Since when?" in note["content"]
    assert "mo" not in {word.strip("@,.<>/p") for word in note["content"].split()}
    assert [row["is_public"] for row in await world.rows("select is_public from activities")] == [False]
    assert await world.rows("select * from posts") == []


async def test_an_answer_reaches_the_request_and_is_no_post(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    assert await requests(world) == ["asked"]
    answer = reply(ana, letter)
    arrived = await world.send(ana, answer)
    assert (arrived.state, arrived.outcome) == (
        "done",
        "An answer to what was asked about a request to join.",
    )
    assert await said(world) == [(True, "Since when?"), (False, "Since May.")]
    assert await requests(world) == ["waiting"]
    await world.send(ana, answer | {"id": ana.id()})
    assert len(await said(world)) == 2
    assert await world.rows("select * from posts") == []


async def test_an_answer_that_was_public_by_mistake_is_no_post_either(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    public = "https://www.w3.org/ns/activitystreams#Public"
    await world.send(ana, reply(ana, letter, to=[public], cc=[group.actor.uri]))
    assert await said(world) == [(True, "Since when?"), (False, "Since May.")]
    assert await world.rows("select * from posts") == []
    assert await world.sent("Announce") == []


async def test_what_another_person_answers_is_not_theirs_to_say(world):
    group = await world.group(joining="approval")
    await asks(world, group)
    letter = await asked_back(world, group)
    eve = await world.known("eve")
    await world.send(eve, reply(eve, letter))
    assert await said(world) == [(True, "Since when?")]
    assert await requests(world) == ["asked"]


async def test_an_invented_letter_is_answered_by_nobody(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    invented = reply(ana, letter, inReplyTo=f"{world.site.origin}/letters/{'0' * 32}")
    await world.send(ana, invented)
    assert await said(world) == [(True, "Since when?")]


async def test_an_answer_is_cleaned_and_cut(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    await world.send(
        ana, reply(ana, letter, content="<p><script>x()</script>&lt;b&gt;" + "y" * 5000 + "</p>")
    )
    text = (await said(world))[1][1]
    assert "script" not in text
    assert text.startswith("<b>y")
    assert len(text) == memberships.LONGEST_WORDS


async def test_an_edited_answer_replaces_the_first_and_a_deleted_one_is_gone(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    first = reply(ana, letter)
    await world.send(ana, first)
    changed = first["object"] | {"content": "<p>Since April.</p>", "updated": "2026-01-02T10:00:00Z"}
    await world.send(ana, ana.wrap("Update", changed))
    assert (await said(world))[1] == (False, "Since April.")
    eve = await world.known("eve")
    await world.send(eve, eve.does("Delete", changed["id"]))
    assert len(await said(world)) == 2
    await world.send(ana, ana.does("Delete", changed["id"]))
    assert len(await said(world)) == 1
    await world.send(ana, first | {"id": ana.id()})
    assert len(await said(world)) == 1


async def test_an_answer_that_comes_after_the_decision_is_dropped(world):
    group = await world.group(joining="approval")
    ana = await asks(world, group)
    letter = await asked_back(world, group)
    (asker,) = await call(world, admitting.waiting, group)
    number = asker.request.id
    await call(world, admitting.decline, world.site, group, number, None, "We are full.", world.clock())
    (reject,) = await world.sent("Reject")
    assert reject["body"]["summary"] == "We are full."
    assert reject["inboxes"] == [f"{ana.uri}/inbox"]
    await world.send(ana, reply(ana, letter))
    assert await said(world) == [(True, "Since when?")]
    assert await world.rows("select * from follows") == []


async def test_who_is_approved_gets_the_accept_of_their_own_follow(world):
    group = await world.group(joining="approval")
    ana = await world.known()
    follow = ana.does("Follow", group.actor.uri)
    await world.send(ana, follow)
    (asker,) = await call(world, admitting.waiting, group)
    await call(world, admitting.approve, world.site, group, asker.request.id, None, world.clock())
    (accept,) = await world.sent("Accept")
    assert accept["body"]["object"]["id"] == follow["id"]
    assert await requests(world) == ["approved"]
