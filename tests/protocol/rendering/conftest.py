"""A small community to render: one group, one of its people, one person elsewhere, and posts."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest

from fediverse_support.core.events import Event
from fediverse_support.core.models import Actor, Group, OfferedTag, Post, Rule
from fediverse_support.core.polls import Answer, Poll
from fediverse_support.protocol.addressing import audience_for_group_post
from fediverse_support.protocol.rendering import activities, actors, collections, events, posts, questions
from fediverse_support.protocol.signatures.keys import generate_ed25519, generate_rsa, public_pem
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.urls import OPEN_NETWORK

NOW = datetime(2026, 9, 1, 10, 0, 0, 250_000, tzinfo=UTC)
SITE = Site("g.example", "https://g.example", OPEN_NETWORK)


class StoredKey(NamedTuple):
    id: str
    algorithm: str
    public_key: str


RSA = public_pem(generate_rsa())
ED25519 = public_pem(generate_ed25519())


def keys_of(uri: str) -> list[StoredKey]:
    return [
        StoredKey(f"{uri}#main-key", "rsa", RSA),
        StoredKey(f"{uri}#ed25519-key", "ed25519", ED25519),
    ]


SOBER = Actor(
    id=1,
    uri=SITE.group("sober"),
    type="Group",
    is_local=True,
    name="sober",
    host="g.example",
    display_name="Sober together",
    summary_html="<p>Sidebar <em>HTML</em></p>",
    summary_source="Sidebar *HTML*",
    icon_url="https://media.g.example/a.png",
    created_at=NOW,
)
ANA = Actor(
    id=2, uri=SITE.person("ana"), type="Person", is_local=True, name="ana", host="g.example", created_at=NOW
)
DESCRIBED = msgspec.structs.replace(
    ANA,
    fields=({"name": "Home", "source": "https://a.example", "html": "<p>https://a.example</p>"},),
    icon_url="https://g.example/media/1.png",
    icon_alt="A face",
    header_url="https://g.example/media/2.png",
    is_bot=True,
)
BO = Actor(
    id=3,
    uri="https://p.example/u/bo",
    type="Person",
    is_local=False,
    name="bo",
    host="p.example",
    created_at=NOW,
)
ROOT = Post(
    id=10,
    uri=SITE.post("a" * 32),
    public_id="a" * 32,
    author_id=2,
    group_id=1,
    root_id=10,
    title="First <day> & night",
    content_html="<p>I made it.</p>",
    source="I made it.",
    language="en",
    published_at=NOW,
    received_at=NOW,
    active_at=NOW,
)
REPLY = msgspec.structs.replace(
    ROOT,
    id=11,
    uri=SITE.post("b" * 32),
    public_id="b" * 32,
    parent_id=10,
    in_reply_to="https://p.example/comment/3",
    title="",
    content_warning="alcohol, relapse",
    edited_at=NOW + timedelta(hours=1),
    mentions=({"href": "https://q.example/u/cy", "name": "@cy@q.example"},),
    attachments=(
        {
            "type": "Image",
            "url": "https://media.g.example/b.png",
            "media_type": "image/png",
            "alt": "a cup",
            "width": 3,
            "height": 4,
            "blurhash": "UEHV6n",
            "focus": [0.5, -0.25],
        },
        {"type": "Link", "url": "https://x.example/", "media_type": None},
    ),
)


POLL = Poll(
    post_id=10,
    is_ours=True,
    ends_at=NOW + timedelta(days=3),
    voters=3,
    answers=(Answer("Mornings", 1), Answer("Evenings", 2)),
)
EVENT = Event(
    post_id=10,
    starts_at=NOW + timedelta(days=10),
    ends_at=NOW + timedelta(days=10, hours=2),
    time_zone="Europe/Berlin",
    place="Old mill <b>",
    join_link="https://meet.example/SECRET-LINK",
    joining="approval",
    most_people=12,
)


RULES = (
    Rule(title="Be <kind> & *calm*", details_source="No _ad_.", details_html="<p>No <em>ad</em>.</p>"),
    Rule(title="What is said here stays here"),
)
TAGS = (OfferedTag(name="just_listening", label="Just listening", tone="sky"),)


class World(NamedTuple):
    site: Site = SITE
    now: datetime = NOW
    sober: Actor = SOBER
    group: Group = Group(actor=SOBER)
    ana: Actor = ANA
    bo: Actor = BO
    root: Post = ROOT
    reply: Post = REPLY
    rules: tuple[Rule, ...] = RULES
    tags: tuple[OfferedTag, ...] = TAGS
    keys_of = staticmethod(keys_of)

    def tagged(self) -> dict:
        post = msgspec.structs.replace(ROOT, tags=("just_listening", "größe"))
        return posts.note(SITE, post, ANA, SOBER, offered=TAGS)

    def note(self, post: Post | None = None) -> dict:
        return posts.note(SITE, post or ROOT, ANA, SOBER)

    def question(self, **changes) -> dict:
        return questions.question(self.note(), msgspec.structs.replace(POLL, **changes))

    def event(self, **changes) -> dict:
        event = msgspec.structs.replace(EVENT, **changes)
        return events.event(self.note(events.worded(ROOT, event)), event)

    def answer(self) -> dict:
        return posts.note(SITE, REPLY, ANA, SOBER, parent_author=BO, root_uri=ROOT.uri)


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def profiles(world) -> dict[str, dict]:
    """Every kind of actor document."""
    return {
        "group": actors.group(SITE, world.group, keys_of(SOBER.uri)),
        "group with rules and tags": actors.group(
            SITE, world.group, keys_of(SOBER.uri), rules=RULES, tags=TAGS
        ),
        "person": actors.person(SITE, ANA, keys_of(ANA.uri), updated=NOW),
        "person with a profile": actors.person(SITE, DESCRIBED, keys_of(ANA.uri), updated=NOW),
        "moved person": actors.person(
            SITE,
            msgspec.structs.replace(
                ANA, moved_to=BO.uri, also_known_as=("https://o.example/u/ana",), state="suspended"
            ),
            keys_of(ANA.uri),
        ),
        "instance": actors.instance(SITE, keys_of(SITE.instance_actor), title="Garden"),
    }


@pytest.fixture(scope="session")
def deeds(world, profiles) -> dict[str, dict]:
    """Every kind of activity."""
    id, note, answer = SITE.activity("c" * 32), world.note(), world.answer()
    audience = audience_for_group_post(SOBER.uri, f"{SOBER.uri}/followers", "open")
    create = activities.create(id, note)
    like = activities.like(id, actor=ANA.uri, object_id=BO.uri, to=[BO.uri, SOBER.uri], group=SOBER.uri)
    in_group = {"actor": ANA.uri, "group": SOBER, "reach": "open"}
    boost = {"group": SOBER, "object_id": ROOT.uri, "author": ANA.uri, "now": NOW}
    follow = {"follow_id": "https://p.example/f/1", "follower": BO.uri, "actor": SOBER.uri}
    join = {
        "organiser": ANA.uri,
        "guest": BO.uri,
        "join_id": "https://p.example/j/1",
        "event": ROOT.uri,
    }
    vote = questions.vote(
        f"{ANA.uri}#vote-1", voter=ANA.uri, author=BO.uri, poll_uri=REPLY.in_reply_to, answer="Yes"
    )
    ban = activities.block(id, person=BO.uri, reason="spam", until=NOW, removes_posts=True, **in_group)
    return {
        "create": create,
        "create reply": activities.create(id, answer),
        "update": activities.update(id, answer),
        "delete": activities.delete(id, actor=ANA.uri, object=posts.tombstone(ROOT.uri), audience=audience),
        "delete by moderator": activities.delete(
            id, actor=ANA.uri, object=BO.uri, audience=audience, summary=""
        ),
        "announce activity": activities.announce_activity(
            id, group=SOBER, activity=create, reach="open", now=NOW
        ),
        "announce for members": activities.announce_activity(
            id, group=SOBER, activity=create, reach="members", now=NOW
        ),
        "announce object": activities.announce_object(id, reach="open", **boost),
        "announce object quietly": activities.announce_object(id, reach="quiet", **boost),
        "follow": activities.follow(id, actor=ANA.uri, followed=BO.uri),
        "accept": activities.accept(id, **follow),
        "reject": activities.reject(id, **follow),
        "refuse": activities.refuse(id, actor=SOBER.uri, refused_id=BO.uri, sender=BO.uri, reason="no"),
        "create question": activities.create(id, world.question()),
        "refresh question": activities.refresh(
            id, world.question(hides_totals=False), "2026-09-01T12:00:00Z"
        ),
        "create event": activities.create(id, world.event()),
        "create vote": activities.create(id, vote),
        "join": activities.join(id, guest=ANA.uri, organiser=BO.uri, event="https://p.example/events/1"),
        "leave": activities.leave(id, guest=ANA.uri, organiser=BO.uri, event="https://p.example/events/1"),
        "accept join": activities.accept_join(id, **join),
        "reject join": activities.reject_join(id, **join),
        "undo like": activities.undo(id, actor=ANA.uri, undone=like),
        "undo announce": activities.undo(
            id, actor=SOBER.uri, undone=activities.announce_object(id, reach="open", **boost)
        ),
        "undo block": activities.undo_block(id, actor=ANA.uri, undone=ban, restores=True),
        "like": like,
        "dislike": activities.dislike(id, actor=ANA.uri, object_id=BO.uri, to=[BO.uri]),
        "add": activities.add(id, object_id=ROOT.uri, target=f"{SOBER.uri}/featured", **in_group),
        "remove": activities.remove(id, object_id=BO.uri, target=f"{SOBER.uri}/moderators", **in_group),
        "lock": activities.lock(id, object_id=ROOT.uri, reason="calm", **in_group),
        "block": ban,
        "block everywhere": activities.block_everywhere(
            id, actor=ANA.uri, person=BO.uri, server=f"{SITE.origin}/", reason="spam", until=NOW
        ),
        "flag to account host": activities.flag_to_account_host(
            id,
            actor=SITE.instance_actor,
            account=BO.uri,
            posts=["https://p.example/comment/3"],
            reason="spam",
        ),
        "flag to group host": activities.flag_to_group_host(
            id, actor=ANA.uri, object_id="https://p.example/comment/3", group=BO.uri, reason="spam"
        ),
        "announce to team": activities.announce_to_team(
            id,
            group=SOBER,
            flag=activities.flag_to_group_host(
                id, actor=SITE.instance_actor, object_id=ROOT.uri, group=SOBER.uri, reason="spam"
            ),
            team=[BO.uri],
            now=NOW,
        ),
        "update group by a person": activities.update_group(
            id, actor=ANA.uri, group=SOBER, document=profiles["group"], reach="open", now=NOW
        ),
        "update group": activities.update_actor(id, SOBER, profiles["group"], now=NOW),
        "delete person": activities.delete_actor(id, ANA),
        "move": activities.move(id, ANA, target=BO.uri),
    }


@pytest.fixture(scope="session")
def documents(world, profiles, deeds) -> dict[str, dict]:
    """Every ActivityStreams document that we can emit, by name."""
    return {
        **profiles,
        **deeds,
        "note": world.note(),
        "reply": world.answer(),
        "tagged note": world.tagged(),
        "question": world.question(),
        "closed question": world.question(closed_at=NOW + timedelta(days=3), is_multiple=True),
        "event": world.event(),
        "cancelled event": world.event(is_cancelled=True, place="", ends_at=None, most_people=None),
        "tombstone": posts.tombstone(ROOT.uri, "Note", NOW),
        "gone person": actors.gone(msgspec.structs.replace(ANA, gone_at=NOW)),
        "moderators": collections.whole(f"{SOBER.uri}/moderators", [ANA.uri]),
        "featured": collections.whole(f"{SOBER.uri}/featured", [world.note()]),
        "outbox": collections.whole(f"{SOBER.uri}/outbox", [deeds["announce activity"]], total=7),
        "paged": collections.paged(f"{SOBER.uri}/outbox", 70, f"{SOBER.uri}/outbox/1"),
        "page": collections.page(
            f"{SOBER.uri}/outbox/1", f"{SOBER.uri}/outbox", [BO.uri], next=ANA.uri, prev=BO.uri
        ),
        "followers": collections.count_only(f"{SOBER.uri}/followers", 12),
        "thread": collections.thread(ROOT.uri, [ROOT.uri, REPLY.uri], group=SOBER.uri, total=2),
        "long thread": collections.thread(ROOT.uri, [], group=SOBER.uri, total=90, pages=3),
        "replies": collections.replies(ROOT.uri, [REPLY.uri], next=f"{ROOT.uri}/replies/2"),
    }
