"""Our own parser, made for everybody else's documents, understands all of ours."""

from fediverse_support.protocol import parsing
from fediverse_support.protocol.addressing import is_for_group, visibility
from fediverse_support.protocol.parsing.consistency import created_by_its_author, undone_by_its_actor
from fediverse_support.protocol.rendering import activities, collections, discovery, posts
from fediverse_support.protocol.signatures.published import published_keys


def test_a_group_comes_back_as_it_was(world, profiles):
    group = parsing.actor(profiles["group"], world.site.gate)
    assert (group.id, group.type, group.preferred_username) == (world.sober.uri, "Group", "sober")
    assert group.name == "Sober together"
    assert group.summary == world.sober.summary_html
    assert group.source == world.sober.summary_source
    assert group.shared_inbox == "https://g.example/inbox"
    assert group.moderators == "https://g.example/groups/sober/moderators"
    assert group.featured == "https://g.example/groups/sober/featured"
    assert group.webfinger == "sober@g.example"
    assert not group.approves_followers


def test_both_keys_of_an_actor_are_found(world, profiles):
    for name in ("group", "person", "instance"):
        found = published_keys(profiles[name], world.site.gate)
        assert [key.algorithm for key in found] == ["rsa", "ed25519"]
        assert {key.owner for key in found} == {profiles[name]["id"]}


def test_a_thread_comes_back_as_it_was(world):
    post = parsing.post(world.note(), world.site.gate)
    assert (post.id, post.type, post.author) == (world.root.uri, "Note", world.ana.uri)
    assert post.name == world.root.title
    assert post.language == "en"
    assert post.in_reply_to is None
    assert post.content_warning is None
    assert not post.sensitive
    assert post.source == "I made it."
    assert post.published == world.now.replace(microsecond=0)
    assert visibility(post.to, post.cc) == "open"
    assert is_for_group(world.sober.uri, post.to)
    assert post.audience == (world.sober.uri,)
    assert post.context == f"{world.root.uri}/context"


def test_a_reply_comes_back_as_it_was(world):
    post = parsing.post(world.answer(), world.site.gate)
    assert post.name is None
    assert post.in_reply_to == "https://p.example/comment/3"
    assert post.content_warning == "alcohol, relapse"
    assert post.sensitive
    assert [mention.href for mention in post.mentions] == [
        world.sober.uri,
        world.bo.uri,
        "https://q.example/u/cy",
    ]
    assert {mention.href for mention in post.mentions} <= {*post.to, *post.cc}
    assert [(found.type, found.url, found.alt) for found in post.attachments] == [
        ("Image", "https://media.g.example/b.png", "a cup"),
        ("Link", "https://x.example/", None),
    ]
    assert post.updated == world.reply.edited_at


def test_every_activity_is_one_and_names_its_object(world, deeds):
    for name, document in deeds.items():
        activity = parsing.activity(document, world.site.gate)
        assert activity.type == document["type"], name
        assert activity.id == document["id"], name
        assert activity.object_id is not None, name


def test_a_create_is_by_its_author_and_an_undo_by_its_actor(world, deeds):
    create = parsing.activity(deeds["create"], world.site.gate)
    created_by_its_author(create, parsing.post(create.object, world.site.gate))
    undo = parsing.activity(deeds["undo like"], world.site.gate)
    undone_by_its_actor(undo, parsing.activity(undo.object, world.site.gate))


def test_a_ban_keeps_its_end(world, deeds):
    ban = parsing.activity(deeds["block"], world.site.gate)
    assert ban.end_time == world.now.replace(microsecond=0)
    assert ban.removes_data
    assert ban.target_id == world.sober.uri
    assert ban.summary == "spam"


def test_collections_come_back(world, documents):
    moderators = parsing.collection(documents["moderators"], world.site.gate)
    assert moderators.items == (world.ana.uri,)
    followers = parsing.collection(documents["followers"], world.site.gate)
    assert (followers.total, followers.items, followers.first) == (12, (), None)
    thread = parsing.collection(documents["thread"], world.site.gate)
    assert thread.attributed_to == world.sober.uri
    assert thread.items == (world.root.uri, world.reply.uri)
    replies = parsing.collection(documents["replies"], world.site.gate)
    assert world.reply.uri in (replies.first.items if not isinstance(replies.first, str) else ())
    page = parsing.collection(documents["page"], world.site.gate)
    assert page.next == world.ana.uri


def test_a_tombstone_comes_back(world):
    found = parsing.tombstone(posts.tombstone(world.root.uri, "Note", world.now), world.site.gate)
    assert (found.id, found.former_type) == (world.root.uri, "Note")
    assert found.deleted == world.now.replace(microsecond=0)


def test_webfinger_and_nodeinfo_come_back(world):
    found = parsing.webfinger(discovery.webfinger(world.site, world.sober))
    assert found.subject == "acct:sober@g.example"
    assert found.actors == (world.sober.uri,)
    assert found.groups == (world.sober.uri,)
    assert found.subscribe == "https://g.example/authorize_interaction?uri={uri}"
    links = discovery.nodeinfo_links(world.site)
    assert parsing.nodeinfo_link(links) in (
        "https://g.example/nodeinfo/2.1",
        "https://g.example/nodeinfo/2.0",
    )


def test_a_page_has_at_most_forty_items(world):
    page = collections.page("https://g.example/p", "https://g.example/c", ["https://g.example/x"] * 40)
    assert len(page["orderedItems"]) == 40


def test_what_was_undone_is_still_readable(world, deeds):
    undo = activities.undo(deeds["undo like"]["id"], actor=world.ana.uri, undone=deeds["follow"])
    inner = parsing.activity(undo["object"], world.site.gate)
    assert (inner.type, inner.object_id) == ("Follow", world.bo.uri)
