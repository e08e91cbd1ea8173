"""ActivityStreams documents as values: whatever may be one, many or missing on the wire has one form here.

These values say what a document *claims*. `protocol/parsing` makes them and has checked the form of every
id and that a document and its owner share an origin; whether the sender may say so is for others to decide.
Texts are as they came: HTML in `content` and `summary` is unsanitised.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from fediverse_support.core.markup.scanning import tags_removed

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})
POST_TYPES = frozenset(
    {"Article", "Audio", "ChatMessage", "Document", "Event", "Image", "Note", "Page", "Question", "Video"}
)
COLLECTION_TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
ACTIVITY_TYPES = frozenset(
    {
        *("Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact"),
        *("Flag", "Follow", "Ignore", "Invite", "Join", "Leave", "Like", "Listen", "Lock", "Move", "Offer"),
        *("PollVote", "QuoteRequest", "Read", "Reject", "Remove", "TentativeAccept", "TentativeReject"),
        *("Travel", "Undo", "Update", "View"),
    }
)
"""Known ones. Any other type with an `actor` is read as an activity too, and keeps its name."""

MEDIA = frozenset({"image", "video", "audio"})
"""What a media type begins with that is to be looked at or heard."""

Document = Mapping[str, Any]
"""A JSON object as it came through the JSON gate."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What an actor says to have done.

    `objects` are all objects as they came, ids or embedded documents: several in PieFed's batches and
    Mastodon's reports. `object_id` and `object` are the first: its id if it has one, and the document if it
    was embedded. An embedded document is unchecked; read it with `protocol.parsing` when it is needed.
    """

    type: str
    actor: str
    id: str | None = None
    object_id: str | None = None
    object: Document | None = None
    objects: tuple[str | Document, ...] = ()
    target_id: str | None = None
    origin_id: str | None = None
    result_id: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    end_time: datetime | None = None
    summary: str | None = None
    content: str | None = None
    removes_data: bool = False
    proof: Document | None = None
    raw: Document

    @property
    def is_embedded(self) -> bool:
        """Whether the (first) object came along as a document and not only as an id."""
        return self.object is not None


class KeyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A public key: RSA as `pem`, or a Multikey (FEP-521a) as `multibase`; `owner` is an actor id."""

    id: str
    owner: str
    pem: str | None = None
    multibase: str | None = None


class ProfileField(msgspec.Struct, frozen=True):
    """One line of the table on a profile: `value` may hold HTML."""

    name: str
    value: str


class ActorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A person, group, organisation, service or server.

    `inbox`, the collections and the keys are on the actor's own origin; `shared_inbox` on its host or on one
    below or above it. `discoverable` None means that the actor did not say.
    """

    id: str
    type: str
    preferred_username: str
    inbox: str
    outbox: str | None = None
    shared_inbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    moderators: str | None = None
    keys: tuple[KeyDocument, ...] = ()
    name: str | None = None
    summary: str | None = None
    source: str | None = None
    url: str | None = None
    icon: str | None = None
    image: str | None = None
    fields: tuple[ProfileField, ...] = ()
    approves_followers: bool = False
    posting_restricted_to_moderators: bool = False
    discoverable: bool | None = None
    indexable: bool = False
    sensitive: bool = False
    suspended: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    webfinger: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    raw: Document


class Mention(msgspec.Struct, frozen=True):
    """Someone named in a post: `href` is the actor id, `name` what was written, as `@ana@peer.example`."""

    href: str
    name: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, file or link beside a post. `type` is the ActivityStreams type, as Image or Link."""

    url: str
    type: str
    media_type: str | None = None
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focus: tuple[float, float] | None = None

    @property
    def is_media(self) -> bool:
        """Whether this is something to look at or to hear, and not a link to a page (Lemmy's Link)."""
        return self.type in ("Image", "Video", "Audio", "Document") or self.kind.partition("/")[0] in MEDIA

    @property
    def kind(self) -> str:
        """`image/png` and the like; without one what its type says, as `image`, or nothing."""
        kind = (self.media_type or "").partition(";")[0].strip().lower()
        return kind or (self.type.lower() if self.type in ("Image", "Video", "Audio") else "")


class PollOption(msgspec.Struct, frozen=True):
    """One answer of a poll, with the votes that its server claims."""

    name: str
    votes: int


class PostDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A Note, Article, Page, Question or any other thing that a thread is made of.

    `content_warning` follows one rule for all peers: see `parsing.posts.content_warning`. `sensitive` may
    be true without it. `source` is Markdown. `options` are there for polls only; `multiple` says whether
    more than one may be chosen, `voters` how many chose. `start_time`, `time_zone` (as it was written),
    `place` and `is_cancelled` are there for events. `quoted` are the ids of posts that it shows inside.
    """

    id: str
    type: str
    author: str
    in_reply_to: str | None = None
    name: str | None = None
    content: str = ""
    summary: str | None = None
    content_warning: str | None = None
    sensitive: bool = False
    language: str | None = None
    source: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    context: str | None = None
    replies: str | None = None
    options: tuple[PollOption, ...] = ()
    multiple: bool = False
    voters: int = 0
    start_time: datetime | None = None
    end_time: datetime | None = None
    time_zone: str = ""
    place: str = ""
    is_cancelled: bool = False
    closed: bool = False
    quoted: tuple[str, ...] = ()
    proof: Document | None = None
    raw: Document

    @property
    def is_vote(self) -> bool:
        """Whether this is an answer to a poll (Mastodon, Misskey): a reply with a name, and without words."""
        is_named_reply = self.name is not None and self.in_reply_to is not None
        return is_named_reply and not self.attachments and not tags_removed(self.content).strip()


class CollectionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A collection or a page of one. NodeBB's outboxes have no id, so `id` may be missing.

    `items` are ids or embedded documents; `first` is an id or the first page itself.
    """

    type: str
    id: str | None = None
    total: int | None = None
    items: tuple[str | Document, ...] = ()
    first: "str | CollectionDocument | None" = None
    next: str | None = None
    part_of: str | None = None
    attributed_to: str | None = None
    raw: Document


class TombstoneDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of something deleted."""

    id: str
    former_type: str | None = None
    deleted: datetime | None = None


class WebFingerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of WebFinger (RFC 7033).

    `actors` are the ids in its `self` links, in order: one as a rule, and two where Lemmy has a person and a
    community of one name. `subscribe` is the template of the page where a member of that server follows
    someone, with `{uri}` or, by FEP-3b86, `{object}` in it.
    """

    subject: str
    actors: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    subscribe: str | None = None


class NodeInfoDocument(msgspec.Struct, frozen=True):
    """Which software a server runs; the name is in lower case, and both may be empty."""

    software: str
    version: str
