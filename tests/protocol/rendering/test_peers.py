"""What each peer needs or breaks on, learnt from their code and from running servers. One fact each."""

import re
from datetime import datetime

import msgspec
import pytest

from fediverse_support.core.errors import Malformed, Misconfigured
from fediverse_support.protocol.rendering import activities, actors, posts
from fediverse_support.protocol.vocabulary import PUBLIC

# actors


def test_piefed_needs_shared_inbox_inside_endpoints(profiles):
    for profile in profiles.values():
        assert profile["endpoints"] == {"sharedInbox": "https://g.example/inbox"}


def test_piefed_needs_name_outbox_and_one_public_key_object(profiles):
    for profile in profiles.values():
        assert isinstance(profile["name"], str)
        assert profile["name"]
        assert profile["outbox"].startswith("https://g.example/")
        assert set(profile["publicKey"]) == {"id", "owner", "publicKeyPem"}


def test_piefed_refuses_a_source_that_is_null(world):
    bare = msgspec.structs.replace(world.sober, summary_source="")
    group = msgspec.structs.replace(world.group, actor=bare)
    assert "source" not in actors.group(world.site, group, world.keys_of(bare.uri))


def test_piefed_refuses_a_type_that_is_a_list(profiles):
    assert {type(profile["type"]) for profile in profiles.values()} == {str}


def test_misskey_refuses_an_empty_name(world):
    nameless = msgspec.structs.replace(world.ana, display_name="  ")
    assert actors.person(world.site, nameless, world.keys_of(nameless.uri))["name"] == "ana"


def test_misskey_wants_everything_on_the_actors_host(profiles):
    for profile in profiles.values():
        for member in ("inbox", "outbox", "followers", "following"):
            assert profile.get(member, "https://g.example/").startswith("https://g.example/")


def test_akkoma_and_gotosocial_want_the_owner_to_be_the_actor(profiles):
    for profile in profiles.values():
        assert profile["publicKey"]["owner"] == profile["id"]


def test_nodebb_and_lemmy_want_the_key_id_to_be_the_actor_with_a_fragment(profiles):
    for profile in profiles.values():
        assert re.fullmatch(re.escape(profile["id"]) + "#[a-z-]+", profile["publicKey"]["id"])


def test_an_actor_without_an_rsa_key_is_a_mistake_of_ours(world):
    with pytest.raises(Misconfigured):
        actors.person(world.site, world.ana, world.keys_of(world.ana.uri)[1:])


def test_mastodon_wants_a_plain_username_and_the_threadiverse_lower_case_ids(profiles):
    for profile in profiles.values():
        assert re.fullmatch(r"[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?", profile["preferredUsername"])
        assert profile["id"] == profile["id"].lower()
        assert "?" not in profile["id"] + profile["inbox"]


def test_lemmy_needs_the_moderators_as_one_string_and_others_read_moderators(profiles):
    assert profiles["group"]["attributedTo"] == "https://g.example/groups/sober/moderators"
    assert profiles["group"]["moderators"] == profiles["group"]["attributedTo"]


@pytest.mark.parametrize(
    ("answers", "approves"),
    [
        ({}, False),
        ({"reach": "quiet"}, False),
        ({"joining": "approval"}, False),
        ({"reach": "members"}, True),
        ({"seeing": "members"}, True),
    ],
)
def test_lemmy_takes_approval_of_followers_for_a_private_group(world, answers, approves):
    group = msgspec.structs.replace(world.group, **answers)
    document = actors.group(world.site, group, world.keys_of(world.sober.uri))
    assert document["manuallyApprovesFollowers"] is approves


def test_lemmy_lists_only_what_is_not_undiscoverable(world, profiles):
    quiet = msgspec.structs.replace(world.group, reach="quiet")
    assert profiles["group"]["discoverable"] is True
    assert actors.group(world.site, quiet, world.keys_of(world.sober.uri))["discoverable"] is False


def test_lemmy_and_mbin_hide_the_composer_where_only_moderators_speak(world, profiles):
    strict = msgspec.structs.replace(world.group, speaking="moderators")
    assert profiles["group"]["postingRestrictedToMods"] is False
    assert actors.group(world.site, strict, world.keys_of(world.sober.uri))["postingRestrictedToMods"] is True


def test_people_are_not_advertised_and_the_hour_they_joined_is_nobodys_business(profiles):
    assert profiles["person"]["discoverable"] is False
    assert profiles["person"]["indexable"] is False
    assert profiles["person"]["published"] == "2026-09-01T00:00:00Z"


def test_mastodon_knows_the_server_by_its_domain(profiles):
    assert profiles["instance"]["type"] == "Application"
    assert profiles["instance"]["preferredUsername"] == "g.example"


def test_the_server_says_that_it_reads_rfc_9421(profiles):
    for profile in profiles.values():
        hrefs = [feature["href"] for feature in profile["generator"]["implements"]]
        assert hrefs[0] == "https://datatracker.ietf.org/doc/html/rfc9421"


# posts


def test_a_reply_never_has_a_name(world):
    titled = msgspec.structs.replace(world.reply, title="a vote in disguise")
    note = posts.note(world.site, titled, world.ana, world.sober)
    assert "name" not in note
    assert "a vote" not in note["content"]


def test_a_title_is_the_name_and_the_first_line_but_not_in_the_source(world):
    note = world.note()
    assert note["name"] == "First <day> & night"
    assert note["content"] == "<p><strong>First &lt;day&gt; &amp; night</strong></p><p>I made it.</p>"
    assert note["source"] == {"content": "I made it.", "mediaType": "text/markdown"}


def test_mastodon_shows_the_content_of_a_note_only(world):
    assert world.note()["type"] == world.answer()["type"] == "Note"


def test_lemmy_fails_on_a_thread_with_in_reply_to(world):
    assert "inReplyTo" not in world.note()
    assert world.answer()["inReplyTo"] == "https://p.example/comment/3"


def test_lemmy_wants_the_author_as_a_string(world):
    assert world.answer()["attributedTo"] == world.ana.uri


def test_mastodon_answers_reach_the_group_because_it_is_mentioned(world):
    for note in (world.note(), world.answer()):
        assert note["tag"][0] == {"type": "Mention", "href": world.sober.uri, "name": "@sober@g.example"}
        assert world.sober.uri in note["to"]


def test_mastodon_tells_only_those_who_are_mentioned_and_addressed(world):
    note = world.answer()
    assert {tag["href"] for tag in note["tag"]} <= {*note["to"], *note["cc"]}
    assert world.bo.uri in note["cc"]


def test_nobody_is_told_of_their_own_reply(world):
    note = posts.note(world.site, world.reply, world.ana, world.sober, parent_author=world.ana)
    assert world.ana.uri not in [tag["href"] for tag in note["tag"]]


def test_mastodon_and_misskey_read_a_warning_from_the_summary(world):
    note = world.answer()
    assert note["summary"] == "alcohol, relapse"
    assert note["sensitive"] is True
    assert "summary" not in world.note()
    assert world.note()["sensitive"] is False


def test_lemmy_and_piefed_get_the_warning_as_a_fold_in_the_source(world):
    assert world.answer()["source"]["content"] == "::: spoiler alcohol, relapse\nI made it.\n:::"


def test_mastodon_reads_the_language_from_the_map_and_lemmy_from_language(world):
    assert world.note()["contentMap"] == {"en": world.note()["content"]}
    assert world.note()["language"] == {"identifier": "en", "name": "English"}
    brazil = msgspec.structs.replace(world.root, language="pt-BR")
    assert world.note(brazil)["language"]["name"].startswith("Portuguese")
    unknown = msgspec.structs.replace(world.root, language="zz-nonsense")
    assert world.note(unknown)["language"] == {"identifier": "zz-nonsense", "name": "zz-nonsense"}
    silent = msgspec.structs.replace(world.root, language=None)
    assert not {"language", "contentMap"} & set(world.note(silent))


def test_nobody_may_quote_a_post(world):
    assert world.note()["interactionPolicy"] == {"canQuote": {"automaticApproval": [world.ana.uri]}}


def test_friendica_finds_the_members_by_the_groups_followers(world):
    for reach in ("open", "quiet", "members"):
        note = world.note(msgspec.structs.replace(world.root, reach=reach))
        assert f"{world.sober.uri}/followers" in [*note["to"], *note["cc"]]


@pytest.mark.parametrize(
    ("reach", "to", "cc"), [("open", True, False), ("quiet", False, True), ("members", False, False)]
)
def test_public_stands_where_the_reach_says(world, reach, to, cc):
    note = world.note(msgspec.structs.replace(world.root, reach=reach))
    assert (PUBLIC in note["to"], PUBLIC in note["cc"]) == (to, cc)
    assert world.sober.uri in note["to"]


def test_a_post_outside_of_groups_goes_to_the_authors_followers(world):
    for reach in ("open", "quiet", "followers", "direct"):
        post = msgspec.structs.replace(world.root, reach=reach)
        note = posts.note(world.site, post, world.ana, None)
        assert (f"{world.ana.uri}/followers" in [*note["to"], *note["cc"]]) is (reach != "direct")
        assert (PUBLIC in [*note["to"], *note["cc"]]) is (reach in ("open", "quiet"))
        assert "audience" not in note


def test_gotosocial_wants_updated_after_published_and_mastodon_wants_it_newer_each_time(world):
    early = msgspec.structs.replace(world.root, edited_at=world.now.replace(microsecond=0))
    assert world.note(early)["updated"] == "2026-09-01T10:00:00.251000Z"
    assert world.note(early)["published"] == "2026-09-01T10:00:00Z"
    soon = world.now.replace(microsecond=600_000)
    sooner = world.now.replace(microsecond=600_001)
    notes = [world.note(msgspec.structs.replace(world.root, edited_at=at)) for at in (soon, sooner)]
    assert notes[0]["updated"] < notes[1]["updated"]
    assert "updated" not in world.note()


def test_a_thread_that_began_elsewhere_has_no_context_of_ours(world):
    note = posts.note(world.site, world.reply, world.ana, world.sober, root_uri="https://p.example/post/1")
    assert "context" not in note
    assert world.answer()["context"] == f"{world.root.uri}/context"


# activities


def test_lemmy_needs_to_and_cc_on_activity(deeds):
    for name, deed in deeds.items():
        assert isinstance(deed["to"], list), name
        assert isinstance(deed["cc"], list), name
        assert deed["to"], name


def test_lemmy_needs_the_same_addresses_on_activity_and_object(deeds):
    for name in ("create", "create reply", "update"):
        deed = deeds[name]
        for member in ("to", "cc", "audience"):
            assert deed[member] == deed["object"][member], name


def test_an_inner_document_of_ours_repeats_no_context(deeds):
    for name in ("create", "update", "delete", "undo like", "update group"):
        assert "@context" not in deeds[name]["object"], name


def test_lemmy_unwraps_an_activity_exactly_as_it_was_received(world):
    inner = {
        "type": "Like",
        "odd": None,
        "id": "https://p.example/1",
        "@context": "https://p.example/x",
        "to": "a",
    }
    wrapped = activities.announce_activity(
        "https://g.example/activities/1", group=world.sober, activity=inner, reach="open", now=world.now
    )
    assert wrapped["object"] == inner
    assert list(wrapped["object"]) == list(inner)


def test_an_announce_to_lemmy_names_group_and_public(world, deeds):
    announce = deeds["announce activity"]
    assert announce["to"] == [world.sober.uri, PUBLIC]
    assert announce["cc"] == [f"{world.sober.uri}/followers"]


def test_mastodon_gets_a_boost_of_the_plain_id(world, deeds):
    boost = deeds["announce object"]
    assert boost["object"] == world.root.uri
    assert boost["to"] == [PUBLIC]
    assert boost["cc"] == [f"{world.sober.uri}/followers", world.ana.uri]


def test_a_quiet_post_is_boosted_unlisted(world, deeds):
    quiet = deeds["announce object quietly"]
    assert PUBLIC in quiet["cc"]
    assert PUBLIC not in quiet["to"]


def test_what_is_for_members_is_never_announced_to_everybody(world, deeds):
    boost = activities.announce_object(
        "https://g.example/activities/1",
        group=world.sober,
        object_id=world.root.uri,
        author=world.ana.uri,
        reach="members",
        now=world.now,
    )
    for announce in (boost, deeds["announce for members"]):
        assert PUBLIC not in [*announce["to"], *announce["cc"]]


def test_misskey_drops_a_boost_that_is_older_than_its_post(world, deeds):
    boosted, published = (
        datetime.fromisoformat(document["published"]) for document in (deeds["announce object"], world.note())
    )
    assert boosted >= world.now
    assert boosted > published


def test_misskey_and_mbin_need_the_whole_follow_in_the_answer(world, deeds):
    for name in ("accept", "reject"):
        assert deeds[name]["actor"] == world.sober.uri
        assert deeds[name]["to"] == [world.bo.uri]
        assert deeds[name]["object"] == {
            "type": "Follow",
            "id": "https://p.example/f/1",
            "actor": world.bo.uri,
            "object": world.sober.uri,
        }


def test_mastodon_needs_the_original_inside_an_undo(deeds):
    assert deeds["undo like"]["object"]["type"] == "Like"
    assert deeds["undo like"]["object"]["object"] == "https://p.example/u/bo"
    assert deeds["undo like"]["to"] == deeds["like"]["to"]


def test_lemmy_takes_a_summary_for_a_moderators_removal(deeds):
    assert "summary" not in deeds["delete"]
    assert deeds["delete by moderator"]["summary"] == ""


def test_mastodon_deletes_by_tombstone(world, deeds):
    assert deeds["delete"]["object"]["type"] == "Tombstone"
    assert deeds["delete"]["object"]["id"] == world.root.uri
    assert PUBLIC in deeds["delete"]["to"]


def test_mastodon_ignores_an_update_without_a_time(world, deeds):
    assert deeds["update"]["object"]["updated"] == "2026-09-01T11:00:00.250000Z"
    assert deeds["update group"]["object"]["updated"] == "2026-09-01T10:00:00.250000Z"
    with pytest.raises(Malformed):
        activities.update("https://g.example/activities/1", world.note())


def test_gotosocial_wants_the_account_first_in_a_report(deeds):
    flag = deeds["flag to account host"]
    assert flag["object"] == ["https://p.example/u/bo", "https://p.example/comment/3"]
    assert flag["actor"] == "https://g.example/actor"
    assert flag["content"] == "spam"


def test_lemmy_wants_one_object_and_one_addressee_in_a_report(deeds):
    flag = deeds["flag to group host"]
    assert isinstance(flag["object"], str)
    assert len(flag["to"]) == 1
    assert flag["summary"] == "spam"


def test_reports_votes_and_answers_are_never_public(deeds):
    for name in (
        "flag to account host",
        "flag to group host",
        "like",
        "dislike",
        "follow",
        "accept",
        "refuse",
    ):
        assert PUBLIC not in [*deeds[name]["to"], *deeds[name]["cc"]], name


def test_a_moderators_deed_in_a_private_group_stays_there(world):
    for render in (activities.add, activities.remove):
        deed = render(
            "https://g.example/activities/1",
            actor=world.ana.uri,
            object_id=world.root.uri,
            target=f"{world.sober.uri}/featured",
            group=world.sober,
            reach="members",
        )
        assert deed["to"] == [world.sober.uri, f"{world.sober.uri}/followers"]
        assert PUBLIC not in deed["cc"]


def test_mastodon_moves_an_actor_that_moves_itself(world, deeds):
    assert deeds["move"]["actor"] == deeds["move"]["object"] == world.ana.uri
    assert deeds["move"]["target"] == world.bo.uri


def test_mastodon_treats_followers_without_pages_as_hidden(documents):
    assert "first" not in documents["followers"]
    assert documents["followers"]["items"] == []


def test_lemmy_wants_featured_posts_embedded(world, documents):
    [post] = documents["featured"]["orderedItems"]
    assert post["id"] == world.root.uri
    assert "@context" not in post
