"""Turns in the life of a group: archived and running again, moved, handed over, deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import changed, reader


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `handovers`: the owner has offered the group to another moderator, who has not answered."""

    group_id: int
    from_id: int
    to_id: int
    offered_at: datetime


read_handover = reader(Handover)


async def set_life(db: Connection, group_id: int, life: Literal["running", "archived"]) -> bool:
    """Archive a group or let it run again; False if it is so already."""
    query = "update groups set life = $2 where actor_id = $1 and life <> $2"
    return bool(changed(await db.execute(query, group_id, life)))


async def set_moved(db: Connection, group_id: int, target: str | None) -> None:
    """Remember where one of our groups has moved to, None for nowhere. Safe to run twice."""
    await db.execute("update actors set moved_to = $2 where id = $1 and is_local", group_id, target)


async def set_aliases(db: Connection, group_id: int, uris: Sequence[str]) -> None:
    """Let a group say under which other ids it was known. Safe to run twice."""
    await db.execute(
        "update actors set also_known_as = $2::text[] where id = $1 and is_local", group_id, list(uris)
    )


async def handover(db: Connection, group_id: int) -> Handover | None:
    """The offer that waits for an answer."""
    row = await db.fetchrow("select * from handovers where group_id = $1", group_id)
    return read_handover(row) if row else None


async def offer(db: Connection, group_id: int, from_id: int, to_id: int, now: datetime) -> None:
    """Offer a group to somebody; a new offer takes the place of an older one."""
    await db.execute(
        """
        insert into handovers (group_id, from_id, to_id, offered_at) values ($1, $2, $3, $4)
            on conflict (group_id) do update
           set from_id = excluded.from_id, to_id = excluded.to_id, offered_at = excluded.offered_at
        """,
        group_id,
        from_id,
        to_id,
        now,
    )


async def end_offer(db: Connection, group_id: int) -> None:
    """No offer waits any longer. Safe to run twice."""
    await db.execute("delete from handovers where group_id = $1", group_id)


async def set_owner(db: Connection, group_id: int, actor_id: int) -> None:
    """Let one of who looks after a group be its owner, and nobody else. Safe to run twice."""
    await db.execute(
        """
        insert into group_moderators (group_id, actor_id, is_owner) values ($1, $2, true)
            on conflict (group_id, actor_id) do update set is_owner = true
        """,
        group_id,
        actor_id,
    )
    await db.execute(
        "update group_moderators set is_owner = false where group_id = $1 and actor_id <> $2 and is_owner",
        group_id,
        actor_id,
    )


OF_A_GROUP = (
    "delete from handovers where group_id = $1",
    "delete from group_topics where group_id = $1",
    "delete from group_tags where group_id = $1",
    "delete from sister_groups where group_id = $1 or sister_id = $1",
    "delete from wiki_pages where group_id = $1",
    "delete from entry_notices_seen where group_id = $1",
    "delete from entry_notices_seen where group_id = $1",
    "delete from rule_agreements where group_id = $1",
    "delete from group_rules where group_id = $1",
    "delete from group_rule_versions where group_id = $1",
    "delete from invitations where group_id = $1",
    "delete from join_requests where group_id = $1",
    "delete from repeating_threads where group_id = $1",
    "delete from pins where group_id = $1",
    "delete from group_moderators where group_id = $1",
    "delete from follows where followed_id = $1 or follower_id = $1",
    "delete from blocks where target_uri = (select uri from actors where id = $1)",
    """
    delete from drafts d using actors a
     where a.id = $1 and (d.place = '/groups/' || a.name or starts_with(d.place, '/groups/' || a.name || '/'))
    """,
    """
    update groups
       set rules_source = '', rules_html = '', entry_source = '', entry_html = '', posting_source = '',
           posting_html = '', join_questions = '{}', rules_version = 0, offers_tags = false, life = 'archived'
     where actor_id = $1
    """,
)
"""What goes with a group: who was in it, who asked, what it kept. The row of `groups` stays, because whether
the group was known outside decides how its end is answered."""


async def wipe(db: Connection, group_id: int) -> None:
    """Forget everything that a group kept, but its posts. Safe to run twice."""
    for statement in OF_A_GROUP:
        await db.execute(statement, group_id)


async def erase_posts(db: Connection, group_id: int, now: datetime) -> int:
    """Delete every post in a group of ours, as `posts.erase` does one; how many.

    Ours leave a tombstone for ever. What carried them is not served or sent any more. Safe to run twice.
    """
    return int(
        await db.fetchval(
            """
            with gone as (
                update posts
                   set state = 'deleted', title = '', content_html = '', source = null, content_warning = '',
                       attachments = '[]', mentions = '[]', url = null, hidden_by = null, language = null,
                       edited_at = null, sensitive = false, tags = '{}'
                 where group_id = $1 and state <> 'deleted'
                returning id, uri, author_id, type
            ), versions as (
                delete from post_versions v using gone where v.post_id = gone.id
            ), polled as (
                delete from polls p using gone where p.post_id = gone.id
            ), met as (
                delete from events e using gone where e.post_id = gone.id
            ), kept as (
                delete from held_activities h using gone where h.post_id = gone.id
            ), liked as (
                delete from reactions r using gone where r.object_uri = gone.uri
            ), carried as (
                update activities a set undone_at = coalesce(a.undone_at, $2) from gone
                 where a.object_uri = gone.uri and a.type in ('Create', 'Update', 'Announce')
            ), buried as (
                insert into tombstones (uri, by_uri, former_type, deleted_at)
                select gone.uri, a.uri, gone.type, $2 from gone join actors a on a.id = gone.author_id
                 where a.is_local
                    on conflict do nothing
            )
            select count(*) from gone
            """,
            group_id,
            now,
        )
    )


async def close_elsewhere(db: Connection, group_id: int) -> None:
    """A group of another server is gone: copies of what was written elsewhere are wiped, since nobody looks
    after them any more; what our own people wrote is left to themselves alone. Safe to run twice.
    """
    await db.execute(
        """
        with gone as (
            update posts p
               set state = 'deleted', title = '', content_html = '', source = null, content_warning = '',
                   attachments = '[]', mentions = '[]', url = null, hidden_by = null, language = null,
                   edited_at = null, sensitive = false, tags = '{}'
              from actors a
             where p.group_id = $1 and a.id = p.author_id and not a.is_local and p.state <> 'deleted'
            returning p.id
        )
        delete from post_versions v using gone where v.post_id = gone.id
        """,
        group_id,
    )
    await db.execute(
        """
        update posts p set state = 'hidden', hidden_by = $1 from actors a
         where p.group_id = $1 and a.id = p.author_id and a.is_local and p.state = 'live'
        """,
        group_id,
    )
