"""A member's day with Mastodon.py: everything over HTTP, between two communities that really run."""

import contextlib
import io
import queue
import time
from collections.abc import Callable
from typing import Any

import pytest
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
    StreamListener,
)
from PIL import Image

PATIENCE = 30.0


class Ear(StreamListener):
    """What comes by a stream, in its order."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_update(self, status: Any) -> None:
        self.heard.put(("update", status))

    def on_notification(self, notification: Any) -> None:
        self.heard.put((notification["type"], notification))

    def on_delete(self, status_id: Any) -> None:
        self.heard.put(("delete", status_id))

    def hears(self, kind: str) -> Any:
        """The next thing of this kind."""
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                found, said = self.heard.get(timeout=left)
                if found == kind:
                    return said
        raise AssertionError(f"no {kind} came")


def until(find: Callable[[], Any]) -> Any:
    """What is found once it is there: it has to come from another server first."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


def picture() -> bytes:
    """A small picture that says where it was taken."""
    image = Image.new("RGB", (64, 48), (40, 110, 100))
    exif = image.getexif()
    exif[0x010F] = "A camera that must not be told"
    held = io.BytesIO()
    image.save(held, "JPEG", exif=exif)
    return held.getvalue()


@pytest.fixture(scope="module")
def people(two) -> dict[str, Any]:
    """Ada in one community, Leo and the group Night owls in the other, both with an app."""
    garden, lake = two
    garden.member("ada")
    lake.member("leo")
    lake.program.done(
        "member", "add", "otto", "--role", "owner", "--password-stdin", said="quiet river stones\n"
    )
    handle = lake.group("night_owls", "Night owls")
    return {
        "garden": garden,
        "lake": lake,
        "group": handle,
        "ada": garden.signed_in("ada"),
        "leo": lake.signed_in("leo"),
    }


def test_what_an_app_asks_first(people):
    ada: Mastodon = people["ada"]
    instance = ada.instance()
    assert instance.domain == people["garden"].domain
    assert instance.configuration.statuses.max_characters > 500
    assert ada.instance_v1().uri == people["garden"].domain
    assert ada.instance_health() is True
    assert ada.instance_nodeinfo().software.name == "fediverse-support"
    assert ada.account_verify_credentials().acct == "ada"
    assert ada.app_verify_credentials().name == "A test"
    assert ada.preferences()["posting:default:visibility"] in ("public", "unlisted", "private")
    assert ada.custom_emojis() == []
    assert ada.instance_rules() == []
    stranger = Mastodon(access_token="x" * 43, api_base_url=people["garden"].url)
    with pytest.raises(MastodonUnauthorizedError):
        stranger.timeline_home()


@pytest.fixture(scope="module")
def thread(people) -> dict[str, Any]:
    """Ada has joined the group from afar and begun a thread in it, with a picture and a warning."""
    ada, leo, group = people["ada"], people["leo"], people["group"]
    far = ada.search_v2(f"@{group}", resolve=True, result_type="accounts").accounts[0]
    assert far.group is True
    assert ada.account_follow(far).following or until(lambda: ada.account_relationships(far)[0].following)
    leo.account_follow(leo.account_lookup("night_owls"))
    uploaded = ada.media_post(picture(), mime_type="image/jpeg", description="A dark room", focus=(0.1, -0.2))
    words = {"spoiler_text": "Night", "idempotency_key": "one-of-a-kind"}
    post = ada.status_post(f"@{group} Who is awake? #sleep", media_ids=[uploaded], **words)
    again = ada.status_post(f"@{group} Who is awake? #sleep", media_ids=[uploaded], **words)
    assert again.id == post.id, "sent twice by a bad line"
    return {"post": post, "far": far, "there": until(lambda: boost_of(leo, "awake"))}


def boost_of(app: Mastodon, words: str) -> Any:
    """The first boost in Home with these words."""
    found = [one for one in app.timeline_home() if one.reblog and words in one.reblog.content]
    return found[0] if found else None


def test_a_thread_in_a_group_elsewhere_is_answered_and_rings(people, thread, sink):
    ada, leo, post, there = people["ada"], people["leo"], thread["post"], thread["there"]
    assert (post.spoiler_text, post.sensitive) == ("Night", True)
    assert post.media_attachments[0].description == "A dark room"
    assert there.account.acct == "night_owls", "a thread start comes as the group's boost"
    assert there.reblog.spoiler_text == "Night"
    assert there.reblog.media_attachments[0].description == "A dark room"
    receipts = [one.last_status.content for one in ada.conversations()]
    assert any("Your post is on its way to Night owls" in words for words in receipts), receipts

    ear = Ear()
    stream = ada.stream_user(ear, run_async=True)
    private, public = ada.push_subscription_generate_keys()
    assert ada.push_subscription_set(sink.address, public, mention_events=True).alerts.mention is True
    leo.status_favourite(there)
    leo.status_reply(there.reblog, "I am, too.")
    mention = ear.hears("mention")
    assert "I am, too." in mention.status.content
    headers, body = sink.posted.get(timeout=PATIENCE)
    pushed = ada.push_subscription_decrypt_push(body, private, headers["Encryption"], headers["Crypto-Key"])
    assert pushed.notification_type == "mention"
    assert "too" not in f"{pushed.title} {pushed.body}", "who looks at the phone learns nothing"
    ada.push_subscription_delete()
    stream.close()

    (answer,) = until(lambda: ada.status_context(post).descendants)
    assert answer.account.acct == f"leo@{people['lake'].domain}"
    assert answer.in_reply_to_id == post.id
    until(lambda: {"mention", "favourite"} <= {one.type for one in ada.notifications()})
    (listed,) = [one for one in ada.lists() if one.title == "Night owls"]
    assert post.id in [one.id for one in ada.timeline_list(listed.id)]


def test_what_was_said_is_changed_and_deleted_and_the_group_left(people, thread):
    ada, leo, post, there = people["ada"], people["leo"], thread["post"], thread["there"]
    ada.status_update(post, "Who is still awake?", spoiler_text="Night")
    until(lambda: "still" in leo.status(there.reblog).content)
    assert [len(ada.status_history(post)), ada.status_source(post).text] == [2, "Who is still awake?"]
    ada.status_delete(post)
    with pytest.raises(MastodonNotFoundError):
        ada.status(post)
    until(lambda: boost_of(leo, "awake") is None)
    ada.account_unfollow(thread["far"])
    assert ada.account_relationships(thread["far"])[0].following is False
    assert "Night owls" not in [one.title for one in ada.lists()]


def test_lists_filters_bookmarks_and_reports(people):
    leo = people["leo"]
    garden = people["garden"]
    people["lake"].member("mia")
    mia = people["lake"].signed_in("mia")
    other = leo.account_lookup("mia")
    leo.account_follow(other)
    close = leo.list_create("Close", exclusive=True)
    leo.list_accounts_add(close, [other])
    assert [one.acct for one in leo.list_accounts(close)] == ["mia"]
    said = mia.status_post("Good morning, spiders", visibility="public")
    assert said.id in [one.id for one in leo.timeline_list(close)]
    assert said.id not in [one.id for one in leo.timeline_home()]
    leo.list_update(close, "Near", exclusive=False)
    assert said.id in [one.id for one in leo.timeline_home()]

    kept = leo.create_filter_v2(
        "Fears", ["home", "public"], "warn", keywords_attributes=[{"keyword": "spiders", "whole_word": True}]
    )
    (found,) = [one for one in leo.timeline_home() if one.id == said.id]
    assert found.filtered[0].keyword_matches == ["spiders"]
    leo.delete_filter_v2(kept)
    leo.status_bookmark(said)
    assert [one.id for one in leo.bookmarks()] == [said.id]
    report = leo.report(other, status_ids=[said], comment="It frightens me", category="other")
    assert report.target_account.acct == "mia"
    with pytest.raises(MastodonAPIError):
        leo.list_delete("1")
    leo.list_delete(close)
    assert garden.domain != people["lake"].domain


def test_what_a_member_ends_is_over(people):
    app = people["lake"].signed_in("leo")
    token = app.access_token
    app.revoke_access_token(allow_http=True)
    gone = Mastodon(access_token=token, api_base_url=people["lake"].url)
    with pytest.raises(MastodonUnauthorizedError):
        gone.account_verify_credentials()
    assert people["leo"].account_verify_credentials().acct == "leo", "the other app goes on"
