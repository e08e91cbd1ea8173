"""Reports: who gets them, in which form, and that nobody learns who asked."""

import json

import pytest

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.database.pool import acquire
from fediverse_support.moderation import reports
from fediverse_support.moderation.reports import Words


async def files(scene, post, member, **words):
    async with acquire(scene.home.pool) as db, db.transaction():
        await reports.file(db, scene.home.site, post, member, Words(**words), clock.now())


async def test_a_report_stays_here_unless_the_member_wants_otherwise(scene):
    post, ada = await scene.post_of(scene.rosa), await scene.home.member("ada")
    before = len(await scene.sent())
    await files(scene, post, ada, reason="It frightens me", rule="Be kind")
    assert await scene.sent(before) == []
    (row,) = await scene.home.pool.fetch("select * from reports")
    assert (row["reporter_uri"], row["group_id"], row["rule"]) == (ada.uri, scene.group.actor.id, "Be kind")
    assert (row["reason"], row["forwarded_at"]) == ("It frightens me", None)


async def test_no_field_of_what_leaves_names_the_member(scene):
    ada = await scene.home.member("ada")
    far = await scene.meets("far", "piefed.example", joins=False)
    await scene.home.moderator(scene.group, far)
    post = await scene.post_of(scene.rosa)
    before = len(await scene.sent())
    await files(scene, post, ada, reason="It frightens me", rule="Be kind", tells_other_server=True)
    (team, flag) = await scene.sent(before)
    assert (team[0], team[1]) == (scene.group.actor.uri, "piefed.example"), "no followers"
    assert (flag[0], flag[1]) == (scene.home.site.instance_actor, "masto.example")
    assert flag[2]["object"] == [scene.rosa.uri, post.uri], "Mastodon's form, the account first"
    assert flag[2]["content"] == "Be kind\n\nIt frightens me"
    assert flag[2]["to"] == [scene.rosa.uri]
    account = await scene.home.pool.fetchval("select id from accounts where actor_id = $1", ada.id)
    for _, _, body in (team, flag):
        raw = json.dumps(body)
        for trace in ("ada", "Ada", str(ada.id), str(account), "/people/"):
            assert trace not in raw
        assert "#Public" not in raw


async def test_the_server_of_a_group_elsewhere_gets_the_form_that_its_software_reads(scene):
    ada = await scene.home.member("ada")
    harbour = await scene.meets("harbour", "lemmy.example", type="Group", joins=False)
    await scene.home.join(ada, await scene.stored(harbour.uri))
    post = await scene.home.write(await scene.actor(scene.mo), await scene.stored(harbour.uri))
    await scene.home.pool.execute(
        "update posts set author_id = $1, uri = 'https://masto.example/notes/9' where id = $2",
        (await scene.stored(scene.rosa.uri)).id,
        post.id,
    )
    post = await scene.home.post_by_uri("https://masto.example/notes/9")
    before = len(await scene.sent())
    await files(scene, post, ada, reason="Spam", tells_other_server=True)
    (_, author_host, mastodon), (_, group_host, lemmy) = await scene.sent(before)
    assert (author_host, mastodon["object"]) == ("masto.example", [scene.rosa.uri, post.uri])
    assert (group_host, lemmy["object"], lemmy["to"]) == ("lemmy.example", post.uri, [harbour.uri])
    assert (lemmy["summary"], lemmy["content"], lemmy["audience"]) == ("Spam", "Spam", harbour.uri)


async def test_what_never_leaves_is_reported_here_only(scene):
    inner = await scene.home.group("inner", reach="sealed")
    mo, ada = await scene.actor(scene.mo), await scene.home.member("ada")
    await scene.home.join(mo, inner.actor)
    far = await scene.meets("far", "piefed.example", joins=False)
    await scene.home.moderator(inner, far)
    post = await scene.home.write(mo, inner.actor)
    before = len(await scene.sent())
    await files(scene, post, ada, reason="x", tells_other_server=True)
    assert await scene.sent(before) == []
    assert await scene.home.pool.fetchval("select count(*) from reports where forwarded_at is null") == 1


async def test_a_report_needs_a_word_and_waits_once(scene):
    post, ada = await scene.post_of(scene.rosa), await scene.home.member("ada")
    for words in ({"reason": " "}, {"reason": "x" * 2001}):
        with pytest.raises(Malformed):
            await files(scene, post, ada, **words)
    await files(scene, post, ada, reason="", rule="Be kind")
    with pytest.raises(Conflict):
        await files(scene, post, ada, reason="again")
