"""What moderators do, in the forms of Lemmy, and reports in both forms that there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fediverse_support.core.clock import wire_time
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Actor, Reach
from fediverse_support.protocol.rendering import context
from fediverse_support.protocol.rendering.activities.posting import undo
from fediverse_support.protocol.rendering.context import Json, without_nothing
from fediverse_support.protocol.rendering.times import precise_time
from fediverse_support.protocol.vocabulary import PUBLIC


def add(id: str, *, actor: str, object_id: str, target: str, group: Actor, reach: Reach) -> Json:
    """`actor` pins a post (`target`: the featured collection) or makes somebody a moderator."""
    return _in_group("Add", id, actor, object_id, group, reach, target=target)


def remove(id: str, *, actor: str, object_id: str, target: str, group: Actor, reach: Reach) -> Json:
    """`actor` unpins a post, or somebody stops being a moderator."""
    return _in_group("Remove", id, actor, object_id, group, reach, target=target)


def lock(
    id: str, *, actor: str, object_id: str, group: Actor, reach: Reach, reason: str | None = None
) -> Json:
    """`actor` closes a thread for answers; `undo` of it opens the thread again."""
    return _in_group("Lock", id, actor, object_id, group, reach, summary=reason)


def block(
    id: str,
    *,
    actor: str,
    person: str,
    group: Actor,
    reach: Reach,
    reason: str | None = None,
    until: datetime | None = None,
    removes_posts: bool = False,
) -> Json:
    """`actor` bans `person` from the group, for good or until a time."""
    details = {
        "target": group.uri,
        **_ban(reason, until, removes_posts),
    }
    return _in_group("Block", id, actor, person, group, reach, **details)


def block_everywhere(
    id: str,
    *,
    actor: str,
    person: str,
    server: str,
    reason: str | None = None,
    until: datetime | None = None,
    removes_posts: bool = False,
) -> Json:
    """`actor` bans `person` from this whole server (`server`: its origin with a slash, as Lemmy and PieFed).

    Lemmy wants Public in it; it goes to the server of the banned person and to nobody else.
    """
    return without_nothing(
        {
            "@context": context.MODERATION,
            "id": id,
            "type": "Block",
            "actor": actor,
            "to": [PUBLIC],
            "cc": [person],
            "object": person,
            "target": server,
            **_ban(reason, until, removes_posts),
        }
    )


def update_group(id: str, *, actor: str, group: Actor, document: Json, reach: Reach, now: datetime) -> Json:
    """`actor`, who looks after the group, has changed its description: Lemmy wants a person for this."""
    changed = {**context.embedded(document), "updated": precise_time(now)}
    update = _in_group("Update", id, actor, group.uri, group, reach)
    return {**update, "@context": document["@context"], "object": changed}


def _ban(reason: str | None, until: datetime | None, removes_posts: bool) -> Json:
    """What Lemmy (`endTime`) and PieFed (`expires`, too) read of a ban."""
    end = wire_time(until) if until else None
    return {"summary": reason, "endTime": end, "expires": end, "removeData": removes_posts or None}


def undo_block(id: str, *, actor: str, undone: Json, restores: bool) -> Json:
    """`actor` lifts a ban; `restores`: what it had hidden is shown again (Lemmy)."""
    return without_nothing(
        {**undo(id, actor=actor, undone=undone), "restoreData": True if restores else None}
    )


def announce_to_team(
    id: str, *, group: Actor, flag: Mapping[str, Any], team: Sequence[str], now: datetime
) -> Json:
    """`group` hands a report on to its moderators who live elsewhere (`team`), and to nobody else."""
    return {
        "@context": context.MODERATION,
        "id": id,
        "type": "Announce",
        "actor": group.uri,
        "to": list(team),
        "cc": [],
        "published": precise_time(now),
        "object": dict(flag),
    }


def flag_to_account_host(id: str, *, actor: str, account: str, posts: Sequence[str], reason: str) -> Json:
    """A report to the server of the reported account: Mastodon, GoToSocial, Misskey, Akkoma, Friendica.

    `actor` is the instance actor, so that nobody learns who asked for help; the account comes first
    (GoToSocial insists). Address it to the account's inbox; it is never public.
    """
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": "Flag",
        "actor": actor,
        "to": [account],
        "cc": [],
        "content": reason,
        "object": [account, *posts],
    }


def flag_to_group_host(id: str, *, actor: str, object_id: str, group: str, reason: str) -> Json:
    """A report to the moderators of a group on Lemmy, PieFed, Mbin or one of ours.

    One object, exactly one addressee, and `actor` a Person: Lemmy takes nothing else.
    """
    return {
        "@context": context.PLAIN,
        "id": id,
        "type": "Flag",
        "actor": actor,
        "to": [group],
        "cc": [],
        "audience": group,
        "summary": reason,
        "content": reason,
        "object": object_id,
    }


def _in_group(
    type: str, id: str, actor: str, object_id: str, group: Actor, reach: Reach, **details: object
) -> Json:
    to, cc = _addressed(group, reach)
    return without_nothing(
        {
            "@context": context.MODERATION,
            "id": id,
            "type": type,
            "actor": actor,
            "to": to,
            "cc": cc,
            "audience": group.uri,
            "object": object_id,
            **details,
        }
    )


def _addressed(group: Actor, reach: Reach) -> tuple[list[str], list[str]]:
    if reach == "sealed":
        raise Missing
    if reach == "members":
        return [group.uri, group.followers_url or f"{group.uri}/followers"], []
    return [PUBLIC], [group.uri]
