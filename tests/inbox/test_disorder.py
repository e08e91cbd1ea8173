"""R13: whatever the order in which a history arrives, and however often, it ends in the same database.

All orders of a small history are walked as a tree: each step happens inside a savepoint, and is undone on
the way back, so that 720 orders cost less than 2,000 steps. Larger histories are shuffled by hypothesis.
"""

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fediverse_support.community.posts.judging import Judged
from fediverse_support.core.errors import Missing, Refused, RemoteRefused
from fediverse_support.database.inbox import Arrived
from fediverse_support.database.pool import acquire
from fediverse_support.inbox.context import Context, Needs
from fediverse_support.inbox.facts import arrival_of, carried
from fediverse_support.inbox.handlers import handler_for
from fediverse_support.inbox.judging import Considered
from fediverse_support.inbox.trust import Verified
from fediverse_support.policy.engine import judge
from fediverse_support.protocol import parsing

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

CONTENT = {
    "posts": """
        select p.uri, a.uri as author, g.uri as in_group, r.uri as root, q.uri as parent, p.in_reply_to,
               p.title, p.content_html, p.content_warning, p.reach, p.locked_at is not null as is_locked,
               p.state, p.published_at, p.edited_at, p.active_at
          from posts p join actors a on a.id = p.author_id left join actors g on g.id = p.group_id
          join posts r on r.id = p.root_id left join posts q on q.id = p.parent_id order by 1""",
    "post_versions": """
        select p.uri, v.edited_at, v.title, v.content_html
          from post_versions v join posts p on p.id = v.post_id order by 1, 2""",
    "reactions": "select actor_id, object_uri, kind from reactions order by 1, 2, 3",
    "boosts": "select actor_id, object_uri from boosts order by 1, 2",
    "follows": "select follower_id, followed_id, state from follows order by 1, 2",
    "tombstones": "select uri, by_uri from tombstones order by 1, 2",
    "undone": "select activity_uri, by_uri from undone order by 1, 2",
    "pins": "select group_id, object_uri from pins order by 1, 2",
    "group_moderators": "select group_id, actor_id from group_moderators order by 1, 2",
    "blocks": "select blocker_uri, blocked_uri, target_uri from blocks order by 1, 2, 3",
}
EVERYTHING = "select " + ", ".join(
    f"(select coalesce(json_agg(x), '[]') from ({query}) x) as {name}" for name, query in CONTENT.items()
)
"""All of it in one round trip."""


class Undo(Exception):
    """Makes a savepoint go away."""


class Stage:
    """Puts activities into effect in one transaction that never commits."""

    def __init__(self, world: Any, db: Any, served: dict[str, Any]) -> None:
        self.world, self.db, self.served = world, db, served

    async def arrives(self, raw: dict[str, Any]) -> None:
        """What the processor does with one verified activity."""
        world = self.world
        activity = parsing.activity(raw, world.site.gate)
        now = world.now
        post = carried(activity, world.site)
        arrival = arrival_of(activity, post, raw["id"], world.site, now)
        considered = Considered(arrival, Judged(judge(world.policy, arrival), 1))
        arrived = Arrived(
            id=1, activity_uri=raw["id"], actor_uri=activity.actor, type=activity.type, host="",
            state="waiting", forwarded=False, body=b"", request=None, received_at=now,
        )  # fmt: skip
        fetched: dict[str, Any] = {}
        while True:
            context = Context(
                db=self.db, site=world.site, now=now, policy=world.policy, fetched=fetched,
                arrived=arrived, considered=considered, raw=raw, post=post,
            )  # fmt: skip
            try:
                async with self.db.transaction():
                    sender = Verified(await context.actor(activity.actor))
                    await handler_for(activity, forwarded=False)(context, activity, sender)
                return
            except Needs as needs:
                fetched[needs.url] = self.served.get(needs.url, Missing("not there"))
            except (RemoteRefused, Refused, Missing):
                return

    async def content(self) -> dict[str, list[tuple[Any, ...]]]:
        row = await self.db.fetchrow(EVERYTHING)
        return {name: [tuple(entry.values()) for entry in row[name]] for name in CONTENT}

    async def walk(self, left: list[dict[str, Any]], path: list[str], ends: list[Any]) -> None:
        """Add (order, content at its end) to `ends` for each order of what is `left`."""
        if not left:
            ends.append((path, await self.content()))
            return
        for position, activity in enumerate(left):
            with contextlib.suppress(Undo):
                async with self.db.transaction():
                    await self.arrives(activity)
                    await self.walk(left[:position] + left[position + 1 :], [*path, activity["type"]], ends)
                    raise Undo


@contextlib.asynccontextmanager
async def stage(world, served=None):
    async with acquire(world.pool) as db:
        with contextlib.suppress(Undo):
            async with db.transaction():
                yield Stage(world, db, served or {})
                raise Undo


async def all_orders(world, history, served=None):
    """(order, content at its end) for each permutation of `history`; a transaction for each first step."""
    ends = []
    for position, activity in enumerate(history):
        async with stage(world, served) as hands:
            await hands.arrives(activity)
            left = history[:position] + history[position + 1 :]
            await hands.walk(left, [activity["type"]], ends)
    return ends


def check_all_equal(ends):
    causal = ends[0][1]
    for path, content in ends:
        for table, rows in content.items():
            assert rows == causal[table], f"{table} ends differently after {path}"


async def people(world):
    group = (await world.group()).actor
    world.now = world.clock()
    return group, await world.known(), await world.known("ben", "other"), await world.known("cat", "third")


async def test_r13_all_720_orders_of_a_posts_life_end_the_same(world):
    group, ana, ben, _ = await people(world)
    create = ana.create(group.uri, name="Title")
    note = create["object"]
    updates = [
        ana.wrap("Update", note | {"content": f"<p>{n}</p>", "updated": f"2026-01-0{n}T00:00:00Z"})
        for n in (2, 3)
    ]
    like = ben.does("Like", note["id"])
    history = [create, *updates, like, ana.does("Delete", note["id"]), ben.does("Undo", like)]
    ends = await all_orders(world, history)
    assert len(ends) == 720
    check_all_equal(ends)
    ((_, *_, state, _, _, _),) = list(ends[0][1]["posts"])
    assert state == "deleted"
    assert ends[0][1]["reactions"] == []


async def test_r13_all_orders_of_changes_and_a_like_keep_every_version(world):
    group, ana, ben, _ = await people(world)
    create = ana.create(group.uri)
    note = create["object"]
    updates = [
        ana.wrap("Update", note | {"content": f"<p>{n}</p>", "updated": f"2026-01-0{n}T00:00:00Z"})
        for n in (2, 3, 4)
    ]
    ends = await all_orders(world, [create, *updates, ben.does("Like", note["id"])])
    check_all_equal(ends)
    assert [row[3] for row in ends[0][1]["post_versions"]] == [note["content"], "<p>2</p>", "<p>3</p>"]
    assert len(ends[0][1]["reactions"]) == 1


@pytest.mark.parametrize("is_served", [True, False], ids=["parent served", "parent unreachable"])
async def test_r13_answers_find_their_place_in_all_orders(world, is_served):
    group, ana, ben, cat = await people(world)
    first = ana.create(group.uri, published="2026-01-01T10:00:00Z")
    second = ben.create(group.uri, inReplyTo=first["object"]["id"], published="2026-01-01T11:00:00Z")
    third = cat.create(group.uri, inReplyTo=second["object"]["id"], published="2026-01-01T12:00:00Z")
    fourth = ana.create(group.uri, inReplyTo=first["object"]["id"], published="2026-01-01T13:00:00Z")
    history = [first, second, third, fourth]
    served = {item["object"]["id"]: item["object"] for item in history} if is_served else {}
    ends = await all_orders(world, [*history, cat.does("Like", second["object"]["id"])], served)
    check_all_equal(ends)
    assert {row[3] for row in ends[0][1]["posts"]} == {first["object"]["id"]}


async def test_r13_a_deleted_start_keeps_its_answers_together_in_all_orders(world):
    group, ana, ben, cat = await people(world)
    first = ana.create(group.uri, to=[ana.followers], cc=[PUBLIC, group.uri])
    second = ben.create(group.uri, inReplyTo=first["object"]["id"], published="2026-01-01T11:00:00Z")
    third = cat.create(group.uri, inReplyTo=second["object"]["id"], published="2026-01-01T12:00:00Z")
    ends = await all_orders(world, [first, second, third, ana.does("Delete", first["object"]["id"])])
    check_all_equal(ends)
    assert {row[9] for row in ends[0][1]["posts"]} == {"quiet"}


async def test_r13_coming_and_going_in_all_orders(world):
    group, ana, ben, _ = await people(world)
    follows = [sender.does("Follow", group.uri) for sender in (ana, ben)]
    history = [*follows, ana.does("Undo", follows[0]), ben.does("Block", group.uri)]
    ends = await all_orders(world, history)
    check_all_equal(ends)
    assert [row[0] for row in ends[0][1]["follows"]] == [ben.actor.id]


async def moderated(world):
    """A post in our group, and somebody elsewhere who looks after it."""
    group, ana, mod, _ = await people(world)
    await world.pool.execute(
        "insert into group_moderators (group_id, actor_id) values ($1, $2)", group.id, mod.actor.id
    )
    create = ana.create(group.uri)
    await world.send(ana, create)
    return group, ana, mod, create["object"]["id"]


@pytest.mark.parametrize("verbs", [("Lock", "Delete"), ("Delete", "Block"), ("Block", "Lock")])
async def test_r13_what_moderators_take_back_is_undone_in_all_orders(world, verbs):
    group, ana, mod, uri = await moderated(world)
    target = {"target": group.uri}
    deeds = [
        mod.does(verb, ana.uri if verb == "Block" else uri, **(target if verb == "Block" else {}))
        for verb in verbs
    ]
    ends = await all_orders(world, [*deeds, *(mod.does("Undo", deed) for deed in deeds)])
    check_all_equal(ends)
    content = ends[0][1]
    assert content["blocks"] == []
    assert [row[10:12] for row in content["posts"]] == [(False, "live")]


@pytest.mark.parametrize("stands", ["Lock", "Delete", "Block"])
async def test_r13_one_deed_stands_whatever_the_order_in_which_the_others_are_taken_back(world, stands):
    group, ana, mod, uri = await moderated(world)
    deeds = {
        "Lock": mod.does("Lock", uri),
        "Delete": mod.does("Delete", uri, summary="x"),
        "Block": mod.does("Block", ana.uri, target=group.uri),
    }
    undone = [mod.does("Undo", deed) for verb, deed in deeds.items() if verb != stands]
    ends = await all_orders(world, [*deeds.values(), *undone])
    check_all_equal(ends)
    content = ends[0][1]
    (post,) = content["posts"]
    assert (*post[10:12], len(content["blocks"])) == (
        stands == "Lock",
        "hidden" if stands == "Delete" else "live",
        int(stands == "Block"),
    )


async def test_r13_what_a_group_elsewhere_does_and_takes_back_ends_the_same_in_all_orders(world):
    _, _, mod, _ = await people(world)
    group = await world.known("harbour", "other", "Group")
    mira = await world.member()
    await world.join_elsewhere(mira, group)
    await world.pool.execute("update follows set state = 'accepted'")
    create = mod.create(group.uri, audience=group.uri)
    await world.send(group, group.does("Announce", create, to=[PUBLIC], cc=[group.followers]))
    uri = create["object"]["id"]
    lock, delete = mod.does("Lock", uri), mod.does("Delete", uri, summary="x")
    block = mod.does("Block", mira.uri, target=group.uri)
    for deeds in ((lock, delete), (block,)):
        inner = [*deeds, *(mod.does("Undo", deed) for deed in deeds)]
        history = [group.does("Announce", deed, to=[PUBLIC]) for deed in inner]
        ends = await all_orders(world, history, {uri: create["object"]})
        check_all_equal(ends)
        assert ends[0][1]["blocks"] == []
        assert [row[10:12] for row in ends[0][1]["posts"]] == [(False, "live")]


@given(data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_r13_any_order_with_repeats_of_a_larger_history_ends_the_same(world, data):
    if not hasattr(world, "history"):
        world.history = await larger_history(world)
        async with stage(world) as hands:
            for activity in world.history:
                await hands.arrives(activity)
            world.causal = await hands.content()
    repeats = data.draw(st.lists(st.sampled_from(range(len(world.history))), max_size=8))
    order = data.draw(st.permutations([*range(len(world.history)), *repeats]))
    async with stage(world) as hands:
        for number in order:
            await hands.arrives(world.history[number])
        content = await hands.content()
    assert content == world.causal


async def larger_history(world):
    """Two threads, four people, changes, reactions, deletions, comings and goings."""
    group, ana, ben, cat = await people(world)
    times = (f"2026-01-01T{hour:02d}:00:00Z" for hour in itertools.count(1))
    first, other = (sender.create(group.uri, published=next(times)) for sender in (ana, ben))
    replies = [
        sender.create(group.uri, inReplyTo=to["object"]["id"], published=next(times))
        for sender, to in ((ben, first), (cat, first), (ana, other))
    ]
    below = ana.create(group.uri, inReplyTo=replies[0]["object"]["id"], published=next(times))
    changed = ana.wrap("Update", first["object"] | {"content": "<p>2</p>", "updated": next(times)})
    likes = [cat.does("Like", item["object"]["id"]) for item in (first, other, replies[0])]
    follow = cat.does("Follow", group.uri)
    return [
        *(first, other, *replies, below, changed, *likes, follow),
        cat.does("Undo", likes[0]),
        cat.does("Undo", likes[1]["id"]),
        cat.does("Undo", follow),
        ben.does("Delete", other["object"]["id"]),
        cat.does("Delete", {"type": "Tombstone", "id": replies[1]["object"]["id"]}),
    ]
