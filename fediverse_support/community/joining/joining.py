"""Asking to join a group of ours, from the side of who asks.

    waiting → asked → waiting → approved | declined | withdrawn

Who asks agrees to the rules in force and answers the group's questions; the moderators let them in, decline
with a note, or ask something back (`admitting.py`, `join_answers.py`). A Follow from another server is a
request without answers.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.community.groups import groups, rules
from fediverse_support.community.groups.rules import Rules
from fediverse_support.community.joining import invitations, memberships
from fediverse_support.community.joining.invitations import Ended
from fediverse_support.core.errors import Conflict, Malformed
from fediverse_support.core.markup import safe_text
from fediverse_support.core.models import Actor, Group
from fediverse_support.database import follows, join_messages, join_requests
from fediverse_support.database import groups as stored_groups
from fediverse_support.database.invitations import Invitation
from fediverse_support.database.join_messages import Message
from fediverse_support.database.join_requests import Answer, JoinRequest
from fediverse_support.database.pool import Connection
from fediverse_support.protocol.site import Site

MOST_QUESTIONS = 8
LONGEST_QUESTION = 300

Standing = Literal["", "waiting", "asked", "member"]


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody finds at the door of a group.

    `questions` are asked only where moderators read the answers. `last` is what became of the latest request,
    `messages` what was said about it.
    """

    rules: Rules
    must_agree: bool
    questions: tuple[str, ...]
    standing: Standing
    invitation: Invitation | None
    last: JoinRequest | None
    messages: tuple[Message, ...]
    looks_after: bool
    """Whether they look after the group: then they join it at once, whatever the door asks of others."""

    @property
    def waits_for_nobody(self) -> bool:
        """Whether they are in as soon as they wish, also where others ask or are invited."""
        return self.looks_after or self.invitation is not None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sent from the page of the door; `rules_version` and `questions` are what it showed."""

    answers: tuple[str, ...] = ()
    agrees: bool = False
    rules_version: int = 0
    questions: str = ""


async def door(db: Connection, group: Group, person: Actor | None, now: datetime) -> Door:
    """What `person`, None for a guest, finds at the door of `group`."""
    invitation = await invitations.for_person(db, group, person, now) if person else None
    last = await join_requests.latest_of(db, group.actor.id, person.id) if person else None
    looks_after = person is not None and await stored_groups.is_moderator(db, group.actor.id, person.id)
    asks = group.joining == "approval" and invitation is None and not looks_after
    return Door(
        rules=await rules.current(db, group),
        must_agree=must_agree(group),
        questions=group.join_questions if asks else (),
        standing=await _standing(db, group, person, last),
        invitation=invitation,
        last=last,
        messages=tuple(await join_messages.of(db, [last.id])) if last else (),
        looks_after=looks_after,
    )


def must_agree(group: Group) -> bool:
    """Whether there is anything to agree to."""
    return bool(group.rules_version or group.rules_html)


def mark_of(questions: tuple[str, ...]) -> str:
    """Stands for these questions in a form, so that answers to others than those in force are noticed."""
    if not questions:
        return ""
    return hashlib.sha256("\n".join(questions).encode()).hexdigest()[:16]


async def ask(
    db: Connection, site: Site, member: Actor, group: Group, sent: Sent, now: datetime
) -> Literal["member", "waiting"]:
    """A member of this community joins, or asks to. Safe to run twice.

    Raises `Malformed` for what is missing or too long, `Conflict` where rules or questions have changed since
    they were shown, `Forbidden` where the door is closed to them. Changes nothing then.
    """
    held = await _held(db, group)
    invitation = await invitations.for_person(db, held, member, now)
    return await _enter(db, site, member, held, invitation, sent, now)


async def accept_invitation(
    db: Connection, site: Site, member: Actor, code: str, sent: Sent, now: datetime
) -> Group:
    """Join by the link with this secret; of two at once for one use, one gets in. Raises as `ask` does."""
    invitation, group = await invitations.found(db, code)
    if (why := invitations.ended(invitation, now)) and not await _is_member(db, group, member):
        raise no_longer(why)
    held = await _held(db, group)
    await _enter(db, site, member, held, invitation, sent, now)
    return held


def no_longer(why: Ended) -> Conflict:
    """What somebody is told whose invitation holds no longer."""
    if why == "expired":
        return Conflict("This invitation has run out. Ask who gave it to you for a new one.")
    if why == "revoked":
        return Conflict("This invitation was taken back. Ask who gave it to you what happened.")
    return Conflict(
        "This invitation has been used as often as it may be. Ask who gave it to you for a new one."
    )


async def set_questions(db: Connection, group: Group, questions: list[str]) -> None:
    """What who asks to join is asked; empty ones are left out. Raises `Malformed`."""
    kept = [words for question in questions if (words := safe_text(question, LONGEST_QUESTION + 1))]
    if len(kept) > MOST_QUESTIONS:
        raise Malformed("A group asks at most 8 questions.")
    if any(len(words) > LONGEST_QUESTION for words in kept):
        raise Malformed("A question has at most 300 characters.")
    await stored_groups.set_join_questions(db, group.actor.id, kept)


async def _enter(
    db: Connection,
    site: Site,
    member: Actor,
    group: Group,
    invitation: Invitation | None,
    sent: Sent,
    now: datetime,
) -> Literal["member", "waiting"]:
    if await _is_member(db, group, member):
        return "member"
    version = await _agreed(db, group, member, sent, now)
    is_invited = invitation is not None or await stored_groups.is_moderator(db, group.actor.id, member.id)
    if invitation is not None and not await invitations.redeem(db, invitation, member, now):
        raise Conflict(
            "This invitation does not let you in any more. Write to the people who look after the group."
        )
    asks = group.joining == "approval" and not is_invited
    follow = await memberships.join(
        db,
        site,
        member,
        group,
        now,
        is_invited=is_invited,
        answers=_answers(group, sent) if asks else (),
        rules_version=version,
    )
    return "waiting" if asks and follow.state == "pending" else "member"


async def _agreed(db: Connection, group: Group, member: Actor, sent: Sent, now: datetime) -> int | None:
    """Record the agreement; the version, None where there is nothing numbered to agree to."""
    if sent.rules_version != group.rules_version:
        raise Conflict("The rules have changed while you were reading. Please look at them again.")
    if must_agree(group) and not sent.agrees:
        raise Malformed("Please read the rules, and tick that you agree to them.")
    if not group.rules_version:
        return None
    await rules.agree(db, group.actor.id, member.id, group.rules_version, now)
    return group.rules_version


def _answers(group: Group, sent: Sent) -> list[Answer]:
    """Each question with its answer; without questions, the words that somebody liked to say."""
    if sent.questions != mark_of(group.join_questions):
        raise Conflict("The questions have changed while you were writing. Please look at them again.")
    given = [memberships.checked_words(text) for text in sent.answers]
    if not group.join_questions:
        return [Answer("", words) for words in given[:1] if words]
    if len(given) != len(group.join_questions) or not all(given):
        raise Malformed("Please answer each question. A few words are enough.")
    return [Answer(question, words) for question, words in zip(group.join_questions, given, strict=True)]


async def _held(db: Connection, group: Group) -> Group:
    """The group as it is now, and stays until the transaction ends. Raises `Missing`."""
    await stored_groups.hold(db, group.actor.id)
    return await groups.by_name(db, group.actor.name)


async def _is_member(db: Connection, group: Group, person: Actor) -> bool:
    follow = await follows.between(db, person.id, group.actor.id)
    return follow is not None and follow.state == "accepted"


async def _standing(db: Connection, group: Group, person: Actor | None, last: JoinRequest | None) -> Standing:
    if person is None:
        return ""
    if await _is_member(db, group, person):
        return "member"
    if last is None or not last.is_open:
        return ""
    return "asked" if last.state == "asked" else "waiting"
