"""The things that every layer speaks of, as frozen values. Rows become these and nothing else."""

from datetime import datetime
from typing import Any, Literal

import msgspec

Reach = Literal["open", "quiet", "members", "sealed", "followers", "direct"]
Role = Literal["owner", "admin", "moderator", "member"]
Level = Literal["trusted", "allowed", "default", "limited", "held", "blocked"]
PostState = Literal["live", "held", "hidden", "deleted"]
Tone = Literal["plain", "leaf", "clay", "sky", "dusk"]

REACHES: tuple[Reach, ...] = ("sealed", "members", "quiet", "open")
"""How far a group, and what is said in it, may reach: from the narrowest to the widest."""

PERSONAL_REACHES: tuple[Reach, ...] = ("direct", "followers", "quiet", "open")
"""How far what somebody says outside of groups may reach: to named people, to their followers, to all."""

LEVELS: tuple[Level, ...] = ("trusted", "allowed", "default", "limited", "held", "blocked")
"""From the most welcome to the least."""

STAFF: tuple[Role, ...] = ("owner", "admin", "moderator")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person, a group or a server, ours or another's: one row of `actors`.

    `fields` are the lines of the table on a profile: `name`, `html`, and for ours `source`. `is_bot` is said
    of people here; elsewhere the type says it as well.
    """

    id: int
    uri: str
    type: str
    is_local: bool
    name: str
    host: str
    display_name: str = ""
    summary_html: str = ""
    summary_source: str = ""
    url: str | None = None
    icon_url: str | None = None
    icon_alt: str = ""
    header_url: str | None = None
    header_alt: str = ""
    fields: tuple[dict[str, Any], ...] = ()
    is_bot: bool = False
    hides_network: bool = True
    inbox_url: str | None = None
    shared_inbox_url: str | None = None
    outbox_url: str | None = None
    followers_url: str | None = None
    moderators_url: str | None = None
    featured_url: str | None = None
    approves_followers: bool = False
    discoverable: bool = False
    indexable: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    handle_confirmed: bool = False
    state: Literal["active", "suspended", "gone"] = "active"
    published_at: datetime | None = None
    created_at: datetime
    fetched_at: datetime | None = None
    gone_at: datetime | None = None

    @property
    def handle(self) -> str:
        """`name@host`, as people write it without the leading @."""
        return f"{self.name}@{self.host}"

    @property
    def is_group(self) -> bool:
        """Whether this is a group."""
        return self.type == "Group"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One of our groups: its actor and its four answers (who joins, sees, speaks; how far it reaches).

    `reach` is the widest that a post in it can have, `default_reach` what it has unless its author says
    otherwise (None: the widest). `rules_source` and `rules_html` are a few words before the numbered rules,
    `entry_…` and `posting_…` what is said before one goes in and while one writes
    (`community/groups/notices.py`).
    """

    actor: Actor
    joining: Literal["open", "approval", "invite"] = "open"
    seeing: Literal["everyone", "members"] = "everyone"
    speaking: Literal["everyone", "members", "moderators"] = "everyone"
    reach: Reach = "open"
    rules_source: str = ""
    rules_html: str = ""
    default_reach: Reach | None = None
    life: Literal["running", "archived"] = "running"
    join_questions: tuple[str, ...] = ()
    rules_version: int = 0
    wiki_editors: Literal["moderators", "members"] = "moderators"
    offers_tags: bool = False
    entry_source: str = ""
    entry_html: str = ""
    posting_source: str = ""
    posting_html: str = ""


class Standing(msgspec.Struct, frozen=True):
    """How somebody stands in a group, and, where they answer a post, whether that is locked."""

    is_blocked: bool = False
    is_member: bool = False
    is_moderator: bool = False
    is_locked: bool = False


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `posts`."""

    id: int
    uri: str
    public_id: str
    author_id: int
    root_id: int
    group_id: int | None = None
    parent_id: int | None = None
    in_reply_to: str | None = None
    type: str = "Note"
    title: str = ""
    content_html: str
    source: str | None = None
    content_warning: str = ""
    sensitive: bool = False
    language: str | None = None
    reach: Reach = "open"
    named: tuple[int, ...] = ()
    state: PostState = "live"
    hidden_by: int | None = None
    url: str | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    mentions: tuple[dict[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    locked_at: datetime | None = None
    locked_by: int | None = None
    context_url: str | None = None
    replies_url: str | None = None
    published_at: datetime
    received_at: datetime
    edited_at: datetime | None = None
    active_at: datetime
    application_id: int | None = None

    @property
    def is_root(self) -> bool:
        """Whether this post starts a thread."""
        return self.root_id == self.id


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who signs in here: one row of `accounts` with the name of its actor."""

    id: int
    actor_id: int
    name: str
    display_name: str
    email: str | None
    role: Role
    state: Literal["waiting", "active", "disabled", "declined"]
    request: str = ""
    created_at: datetime

    @property
    def is_staff(self) -> bool:
        """Whether this person looks after the community."""
        return self.role in STAFF


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is looking: the argument of every read path (see `community/visibility.py`).

    `server` is the host of another server that asks: it is a member of the groups that have approved members
    there, and never sees what does not leave this one. `knows`: groups that have invited somebody of it, or
    that somebody of it has asked to join. `follows`: the people whose followers the viewer is among.
    `apart_from`: people whom the viewer has blocked, or who have blocked the viewer.
    """

    actor_id: int | None = None
    account: Account | None = None
    member_of: tuple[int, ...] = ()
    moderates: tuple[int, ...] = ()
    server: str | None = None
    knows: tuple[int, ...] = ()
    follows: tuple[int, ...] = ()
    apart_from: tuple[int, ...] = ()

    @property
    def sight(self) -> tuple[int | None, tuple[int, ...], tuple[int, ...], bool, bool, tuple[int, ...]]:
        """What `may_see` asks of a viewer, in its order: viewer, member_of, moderates, is_staff, is_here,
        apart_from. Who follows somebody belongs to their followers as a member belongs to a group.
        """
        is_here = self.server is None
        circles = (*self.member_of, *self.follows)
        return self.actor_id, circles, self.moderates, self.is_staff, is_here, self.apart_from

    @property
    def is_staff(self) -> bool:
        """Whether this viewer looks after the community."""
        return self.account is not None and self.account.is_staff

    @property
    def is_guest(self) -> bool:
        """Whether nobody is signed in."""
        return self.account is None


GUEST = Viewer()
"""Someone we know nothing of: they see what everyone may see."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One of a group's numbered rules: a sentence, and what it means in Markdown and in sanitised HTML."""

    title: str
    details_source: str = ""
    details_html: str = ""


class OfferedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that a group offers for its posts. `name` is what the hashtag says, `tone` its colour's name."""

    name: str
    label: str
    tone: Tone = "plain"
