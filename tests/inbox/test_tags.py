"""Tags of posts that come from other servers, and of ours as they go out."""

import json

from fediverse_support.community.groups import rules, tags
from fediverse_support.core import clock
from fediverse_support.core.models import OfferedTag
from fediverse_support.database.pool import acquire


async def tags_of(world, uri: str) -> list[str]:
    return list(await world.pool.fetchval("select tags from posts where uri = $1", uri))


async def test_hashtags_are_stored_and_changed_with_the_post(world):
    ana, group = await world.known(), await world.group()
    created = ana.create(
        group.actor.uri, tag=[{"type": "Hashtag", "name": "#Sleep", "href": "https://p.example/tags/sleep"}]
    )
    assert (await world.send(ana, created)).state == "done"
    note = created["object"]
    assert await tags_of(world, note["id"]) == ["sleep"]
    later = {"tag": [{"type": "Hashtag", "name": "#night"}], "updated": clock.now().isoformat()}
    assert (await world.send(ana, ana.wrap("Update", note | later))).outcome == "Changed."
    assert await tags_of(world, note["id"]) == ["night"]


async def test_a_thousand_tags_are_thirty(world):
    ana, group = await world.known(), await world.group()
    created = ana.create(group.actor.uri, tag=[{"type": "Hashtag", "name": f"#t{n}"} for n in range(1000)])
    assert (await world.send(ana, created)).state == "done"
    assert len(await tags_of(world, created["object"]["id"])) == 30


async def test_a_tag_chosen_on_lemmy_is_the_one_that_the_group_offers(world):
    ana, group = await world.known(), await world.group()
    async with acquire(world.pool) as db, db.transaction():
        await tags.offer(db, world.site, group, [OfferedTag(name="advice", label="Advice, please")])
    chosen = {
        "type": "CommunityPostTag",
        "id": f"{group.actor.uri}/tagged/advice",
        "preferredUsername": "Advice, please",
    }
    created = ana.create(group.actor.uri, tag=[chosen, {"type": "Mention", "href": group.actor.uri}])
    assert (await world.send(ana, created)).state == "done"
    assert await tags_of(world, created["object"]["id"]) == ["advice"]


async def test_followers_are_told_of_new_tags_together_with_the_rules(world):
    ana, group = await world.known(), await world.group()
    await world.follows_us(ana, group.actor)
    async with acquire(world.pool) as db, db.transaction():
        await rules.publish(
            db, world.site, group, [rules.Words("Be kind.")], by=None, why="", now=clock.now()
        )
        await tags.offer(db, world.site, group, [OfferedTag(name="advice", label="Advice, please")])
    bodies = await world.pool.fetch(
        "select body::text as body from activities where type = 'Update' order by id"
    )
    told = [json.loads(row["body"])["object"] for row in bodies]
    assert "tag" not in told[0]
    assert told[1]["tag"][0]["id"] == f"{group.actor.uri}/tagged/advice"
    assert all("Be kind." in document["summary"] for document in told)
