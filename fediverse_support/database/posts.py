"""The `posts` and `post_versions` tables: one post at a time. Threads as a whole are in `threads.py`."""

from collections.abc import Sequence
from datetime import datetime

from fediverse_support.core.models import PERSONAL_REACHES, REACHES, Post, PostState, Reach, Viewer
from fediverse_support.database.pool import Connection
from fediverse_support.database.rows import all_of, changed, reader

read = reader(Post)


async def by_uri(db: Connection, uri: str, *, for_update: bool = False) -> Post | None:
    """The post with this id, whatever its state: for processing, never for showing."""
    if for_update:
        row = await db.fetchrow("select * from posts where uri = $1 for update", uri)
    else:
        row = await db.fetchrow("select * from posts where uri = $1", uri)
    return read(row) if row else None


async def by_id(db: Connection, post_id: int) -> Post | None:
    """The post with our number, whatever its state: for processing, never for showing."""
    row = await db.fetchrow("select * from posts where id = $1", post_id)
    return read(row) if row else None


async def lock(db: Connection, post_id: int) -> Post | None:
    """The same, kept from others until the transaction ends: for who is about to change or release it."""
    row = await db.fetchrow("select * from posts where id = $1 for update", post_id)
    return read(row) if row else None


async def by_public_id(db: Connection, public_id: str) -> Post | None:
    """The post with this random id in the URL of its page: for processing, never for showing."""
    row = await db.fetchrow("select * from posts where public_id = $1", public_id)
    return read(row) if row else None


async def seen_by(db: Connection, viewer: Viewer, post_id: int) -> Post | None:
    """The post if `viewer` may see it."""
    row = await db.fetchrow(
        """
        select p.* from posts p
         where p.id = $1 and may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
        """,
        post_id,
        *viewer.sight,
    )
    return read(row) if row else None


async def behind(db: Connection, number: int) -> int:
    """The number of the post that a status of the client API stands for: a boost's, or the same number."""
    found = await db.fetchval("select post_id from boosts where id = $1", number)
    return int(found or number)


async def known(db: Connection, uris: Sequence[str]) -> set[str]:
    """Those of `uris` that are stored, whatever their state."""
    rows = await db.fetch("select uri from posts where uri = any($1::text[])", uris)
    return {row["uri"] for row in rows}


async def set_links(db: Connection, post_id: int, context_url: str | None, replies_url: str | None) -> None:
    """Keep where a post's own server keeps its thread and its answers; what is None stays as it was."""
    await db.execute(
        """
        update posts
           set context_url = coalesce($2, context_url), replies_url = coalesce($3, replies_url)
         where id = $1
        """,
        post_id,
        context_url,
        replies_url,
    )


async def of_thread(db: Connection, root_id: int, limit: int) -> list[Post]:
    """The last posts of a thread but deleted ones, whatever their state, the newest first: for processing."""
    rows = await db.fetch(
        """
        select * from posts where root_id = $1 and state <> 'deleted'
         order by published_at desc, id desc limit $2
        """,
        root_id,
        limit,
    )
    return all_of(read, rows)


async def shown_to(db: Connection, viewer: Viewer, public_id: str) -> Post | None:
    """The post with this random id if `viewer` may see it, or if everybody knew it and it was deleted.

    One statement that finds a row or none, so that what is not for a viewer takes what it takes to find
    nothing.
    """
    row = await db.fetchrow(
        """
        select p.* from posts p
         where p.public_id = $1
           and (may_see(p.state, p.reach, p.group_id, p.author_id, p.named,
                    $2, $3, $4, $5, $6, $7)
                or p.state = 'deleted' and p.reach in ('open', 'quiet'))
        """,
        public_id,
        *viewer.sight,
    )
    return read(row) if row else None


async def said_elsewhere(db: Connection, uri: str) -> tuple[int, datetime] | None:
    """The group elsewhere for whose members one of our people said this, and when; `uri` is the id of the
    post, or of an activity about it."""
    row = await db.fetchrow(
        """
        select p.group_id, coalesce(p.edited_at, p.published_at) as said_at
          from posts p join actors g on g.id = p.group_id and not g.is_local
         where p.uri in ($1, (select object_uri from activities where uri = $1))
           and p.state = 'live' and p.reach = 'members'
        """,
        uri,
    )
    return (row["group_id"], row["said_at"]) if row else None


async def insert(db: Connection, post: Post) -> bool:
    """Store a new post; False when its id is stored already. Safe to run twice."""
    row = await db.fetchrow(
        """
        insert into posts (id, uri, public_id, author_id, group_id, root_id, parent_id, in_reply_to, type,
                           title, content_html, source, content_warning, sensitive, language, reach, state,
                           url, attachments, mentions, published_at, received_at, edited_at, active_at,
                           tags, context_url, replies_url, named, application_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22, $23, $24, $25, $26, $27, $28, $29)
            on conflict (uri) do nothing
        returning id
        """,
        post.id, post.uri, post.public_id, post.author_id, post.group_id, post.root_id, post.parent_id,
        post.in_reply_to, post.type, post.title, post.content_html, post.source, post.content_warning,
        post.sensitive, post.language, post.reach, post.state, post.url, list(post.attachments),
        list(post.mentions), post.published_at, post.received_at, post.edited_at, post.active_at,
        list(post.tags), post.context_url, post.replies_url, list(post.named), post.application_id,
    )  # fmt: skip
    return row is not None


async def insert_version(db: Connection, post_id: int, at: datetime, version: Post) -> None:
    """Keep what a post said at some time. Safe to run twice."""
    await db.execute(
        """
        insert into post_versions (post_id, edited_at, title, content_html, source, content_warning,
                                   sensitive, attachments, answers)
        values ($1, $2, $3, $4, $5, $6, $7, $8,
                array(select name from poll_options where post_id = $1 order by position))
            on conflict do nothing
        """,
        post_id,
        at,
        version.title,
        version.content_html,
        version.source,
        version.content_warning,
        version.sensitive,
        list(version.attachments),
    )


async def replace_text(db: Connection, post: Post) -> None:
    """Let a post say what `post` says, with its `edited_at`."""
    await db.execute(
        """
        update posts
           set title = $2, content_html = $3, source = $4, content_warning = $5, sensitive = $6,
               language = $7, attachments = $8, mentions = $9, edited_at = $10, url = $11, tags = $12,
               named = $13
         where id = $1
        """,
        post.id,
        post.title,
        post.content_html,
        post.source,
        post.content_warning,
        post.sensitive,
        post.language,
        list(post.attachments),
        list(post.mentions),
        post.edited_at,
        post.url,
        list(post.tags),
        list(post.named),
    )


async def amend(db: Connection, post: Post) -> None:
    """Keep what a moderator has added to a post, or taken from it: warning, folding, attachments, reach."""
    await db.execute(
        """
        update posts set content_warning = $2, sensitive = $3, attachments = $4, reach = $5 where id = $1
        """,
        post.id,
        post.content_warning,
        post.sensitive,
        list(post.attachments),
        post.reach,
    )


async def set_state(db: Connection, post_id: int, state: PostState, by: int | None) -> None:
    """Hold, hide or show a post; `by` is the actor who took it out of view."""
    await db.execute("update posts set state = $2, hidden_by = $3 where id = $1", post_id, state, by)


async def erase(db: Connection, post_id: int) -> None:
    """Delete a post: words, versions, poll, event and reactions are wiped; its place in the thread stays."""
    await db.execute(
        """
        with gone as (
            update posts
               set state = 'deleted', title = '', content_html = '', source = null, content_warning = '',
                   attachments = '[]', mentions = '[]', url = null, hidden_by = null, language = null,
                   edited_at = null, sensitive = false, tags = '{}'
             where id = $1
            returning id, uri
        ), versions as (
            delete from post_versions v using gone where v.post_id = gone.id
        ), poll as (
            delete from polls using gone where polls.post_id = gone.id
        ), event as (
            delete from events using gone where events.post_id = gone.id
        )
        delete from reactions r using gone where r.object_uri = gone.uri
        """,
        post_id,
    )


async def of_author(db: Connection, author_id: int) -> list[Post]:
    """Every post of an author that is not deleted: for their deletion."""
    rows = await db.fetch(
        "select * from posts where author_id = $1 and state <> 'deleted' order by id", author_id
    )
    return all_of(read, rows)


async def parents_of_strays(db: Connection, limit: int) -> list[Post]:
    """Posts that have an answer which does not know them."""
    rows = await db.fetch(
        """
        select * from posts p
         where p.uri in (select in_reply_to from posts where parent_id is null and in_reply_to is not null)
           and exists (select from posts r
                        where r.in_reply_to = p.uri and r.parent_id is null and r.root_id <> p.root_id
                         and (r.group_id is null) = (p.group_id is null))
         order by p.id limit $1
        """,
        limit,
    )
    return all_of(read, rows)


async def adopt(db: Connection, parent: Post, most: int) -> int | None:
    """Move the replies that arrived before `parent` below it, with the threads that grew below them.

    They end as they would be had the parent come first: in its group, and reaching no further than it. Gives
    how many posts moved; None, and nothing is changed, if it would be more than `most`. Up to 1,000 replies
    at once; one whose thread the parent is in already (a circle) stays where it is. Words outside of groups
    and words in one are never of one thread.
    """
    rows = await db.fetch(
        """
        select id from posts
         where in_reply_to = $1 and parent_id is null and root_id <> $2
           and (group_id is null) = ($3::bigint is null)
         order by id limit 1000 for update
        """,
        parent.uri,
        parent.root_id,
        parent.group_id,
    )
    roots = [row["id"] for row in rows]
    if not roots:
        return 0
    size = await db.fetchval(
        "select count(*) from (select from posts where root_id = any($1::bigint[]) limit $2) below",
        roots,
        most + 1,
    )
    if size > most:
        return None
    return changed(
        await db.execute(
            """
            update posts
               set root_id = $2, group_id = coalesce($3, group_id), active_at = published_at,
                   parent_id = case when id = any($1::bigint[]) then $4 else parent_id end,
                   reach = case when array_position($6::text[], reach) > array_position($6::text[], $5)
                                then $5 else reach end
             where root_id = any($1::bigint[])
            """,
            roots,
            parent.root_id,
            parent.group_id,
            parent.id,
            parent.reach,
            REACHES if parent.group_id is not None else PERSONAL_REACHES,
        )
    )


async def refresh_activity(db: Connection, root_id: int) -> None:
    """Recompute when a thread was last active, from its live posts: the same in any order of arrival."""
    await db.execute(
        """
        update posts r
           set active_at = greatest(r.published_at, (select max(p.published_at) from posts p
                                                      where p.root_id = r.id and p.state = 'live'))
         where r.id = $1
        """,
        root_id,
    )


async def touch_thread(db: Connection, root_id: int, moment: datetime) -> None:
    """A thread got a live post published at `moment`."""
    await db.execute("update posts set active_at = $2 where id = $1 and active_at < $2", root_id, moment)


async def live_with_reach(
    db: Connection, group_id: int, reaches: Sequence[Reach], after: int, limit: int
) -> list[Post]:
    """Live posts in a group with one of these reaches, in order, from behind the number `after`."""
    rows = await db.fetch(
        """
        select * from posts
         where group_id = $1 and reach = any($2::text[]) and state = 'live' and id > $3
         order by id limit $4
        """,
        group_id,
        list(reaches),
        after,
        limit,
    )
    return all_of(read, rows)


async def narrow_group(db: Connection, group_id: int, reach: Reach) -> None:
    """A group closed its doors: nothing in it goes further than `reach` from now on. Safe to run twice."""
    await db.execute(
        "update posts set reach = $2 where group_id = $1 and reach = any($3::text[])",
        group_id,
        reach,
        list(REACHES[REACHES.index(reach) + 1 :]),
    )
