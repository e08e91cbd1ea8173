"""The table `actor_counts`: how much everybody has written and who follows whom, counted beforehand.

Everybody sees these numbers, so only what everybody may know is counted: of a person neither their groups nor
what they say there among members, to their followers or in private. Else a number that grows would tell when
somebody writes where nobody is to know that they are (L3).
"""

from datetime import datetime

from fediverse_support.database.pool import Connection


async def with_news(
    db: Connection, above: int, since: datetime, counted_before: datetime, limit: int
) -> list[int]:
    """Actors to count anew: who wrote or boosted something with a number above `above`, or followed or was
    followed since then; who was never counted; then who was counted longest ago, and before that."""
    rows = await db.fetch(
        """
        select id from (
            (select 1 as turn, author_id as id from posts where id > $1)
             union all
            (select 1, actor_id from boosts where id > $1)
             union all
            (select 1, unnest(array[follower_id, followed_id]) from follows where accepted_at > $2)
             union all
            (select 2, a.id from actors a
              where not exists (select from actor_counts c where c.actor_id = a.id) limit $4)
             union all
            (select 3, actor_id from actor_counts where counted_at < $3 order by counted_at limit $4)) found
         group by id
         order by min(turn), id limit $4
        """,
        above,
        since,
        counted_before,
        limit,
    )
    return [row["id"] for row in rows]


async def count(db: Connection, actor_ids: list[int], now: datetime) -> None:
    """Count for these actors. Of a group its threads count, which it boosts. Safe to run twice."""
    await db.execute(
        """
        insert into actor_counts (actor_id, followers, following, statuses, last_status_at, counted_at)
        select a.id,
               (select count(*) from follows f where f.followed_id = a.id and f.state = 'accepted'),
               (select count(*) from follows f join actors o on o.id = f.followed_id
                 where f.follower_id = a.id and f.state = 'accepted' and o.type <> 'Group'),
               case when a.type = 'Group' then (select count(*) from boosts b where b.actor_id = a.id)
                    else (select count(*) from posts p
                           where p.author_id = a.id and p.state = 'live'
                             and (p.reach = 'open' or p.reach = 'quiet' and p.group_id is null)) end,
               case when a.type = 'Group'
                    then (select b.boosted_at from boosts b where b.actor_id = a.id
                           order by b.id desc limit 1)
                    else (select p.published_at from posts p
                           where p.author_id = a.id and p.state = 'live'
                             and (p.reach = 'open' or p.reach = 'quiet' and p.group_id is null)
                           order by p.id desc limit 1) end,
               $2
          from actors a where a.id = any($1::bigint[])
         order by a.id
            on conflict (actor_id) do update
           set followers = excluded.followers, following = excluded.following,
               statuses = excluded.statuses, last_status_at = excluded.last_status_at,
               counted_at = excluded.counted_at
        """,
        actor_ids,
        now,
    )
