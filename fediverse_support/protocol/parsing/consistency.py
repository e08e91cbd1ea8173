"""Do the parts of what arrived fit together? One small question each; every `no` raises `Malformed`.

The parsers have already seen to it that an activity is on its actor's origin, and a post on its author's.
What only the database can tell, as who wrote the post that is now to be changed, comes in as an argument.
Sources: FEP-fe34 (origins), ActivityPub §7, and the advisories that each of these answers.
"""

from typing import Protocol

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.accessors import references
from fediverse_support.protocol.urls import Gate
from fediverse_support.protocol.vocabulary import Activity, ActorDocument, Document, PostDocument


def is_what_was_asked_for(found: str | None, asked: str) -> None:
    """The id in a fetched document is the URL that answered (CVE-2024-23832); a missing id is not."""
    if found != asked:
        raise Malformed("This document has another id than the one that was asked for.")


def created_by_its_author(activity: Activity, post: PostDocument) -> None:
    """A Create or Update carries a post of its own actor (CVE-2024-37903), and the post that it names."""
    if post.author != activity.actor or activity.object_id not in (None, post.id):
        raise Malformed("This activity carries a post of somebody else.")


def owned_by_actor(activity: Activity, owner: str) -> None:
    """Update, Delete and Undo touch only what the actor owns; `owner` is the one in our own records."""
    if activity.actor != owner:
        raise Malformed("This belongs to somebody else.")


def undone_by_its_actor(undo: Activity, undone: Activity) -> None:
    """Only the one who did a thing takes it back."""
    if undo.actor != undone.actor:
        raise Malformed("This was done by somebody else.")


def answered_by_the_followed(answer: Activity, follow: Activity) -> None:
    """Accept and Reject of a Follow come from the one who was to be followed."""
    if follow.type != "Follow" or answer.actor != follow.object_id:
        raise Malformed("This answers a request that was made to somebody else.")


def moves_itself(move: Activity) -> None:
    """A Move of an actor is told by that actor and says where to."""
    if move.object_id != move.actor or move.target_id is None or move.target_id == move.actor:
        raise Malformed("An actor can only move itself.")


class Claimant(Protocol):
    """An actor that says under which ids it was known before."""

    @property
    def also_known_as(self) -> tuple[str, ...]:
        """Those ids."""


def claims_the_old_name(target: Claimant, old: str) -> None:
    """The actor that somebody moved to says so itself, in `alsoKnownAs`."""
    if old not in target.also_known_as:
        raise Malformed("The new account does not name the old one.")


def profile_of_its_actor(activity: Activity, actor: ActorDocument) -> None:
    """An Update carries the profile of its own actor."""
    if actor.id != activity.actor:
        raise Malformed("This activity carries the profile of somebody else.")


def names_its_host(document_id: str, url: str, gate: Gate) -> None:
    """`url` is on the origin of `document_id`."""
    if not gate.same_origin(document_id, url):
        raise Malformed("This is on another server than it says.")


def is_vouched_for(document: Document, sender: str, gate: Gate) -> bool:
    """Whether an embedded document may be believed because `sender` signed what it came in.

    True only if its id is on the sender's origin and the sender is its one owner: the actor of an activity,
    the author of a post, or the profile itself. All else is a claim, and is to be fetched from its own id.
    """
    id = document.get("id")
    if not isinstance(id, str) or not gate.same_origin(id, sender):
        return False
    owners = {*references(document.get("actor"), gate), *references(document.get("attributedTo"), gate)}
    return id == sender or owners == {sender}
