"""Looking for posts, people, groups and tags: first what the viewer may see, then what its author agreed to.

A post is found by its words only by who may see it *and*: wrote it, is named in it, has kept it (liked,
boosted, bookmarked), is in its group; or anybody, where it is open and its author says that they may be found
(`indexable`, FEP-5feb). Nothing counts what was not shown, so a search tells nothing about anything else.

$1 to $6 are `viewer.sight`.
"""

from collections.abc import Sequence

from fediverse_support.core.models import Viewer
from fediverse_support.core.searching import Query
from fediverse_support.database.pool import Connection

SECONDS = 5.0
"""What takes longer is given up: words that everybody says, put together."""
_LAST = "\U0010ffff"
"""Behind every other character."""

_FINDABLE = """
       p.state = 'live'
   and may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
   and not coalesce(p.author_id = any($6), false)
   and not is_shunned($1, p.author_id, false)
   and (p.author_id = $1
        or $1 = any(p.named)
        or coalesce(p.group_id = any($2), false)
        or coalesce(p.group_id = any($3), false)
        or p.reach = 'open' and a.indexable and a.state = 'active'
        or exists (select from reactions r where r.object_uri = p.uri and r.actor_id = $1)
        or exists (select from boosts b where b.post_id = p.id and b.actor_id = $1)
        or exists (select from bookmarks k where k.post_id = p.id and k.actor_id = $1))
"""

_NARROWED = """
   and ($7::bigint is null or p.author_id = $7)
   and ($8::bigint is null or p.group_id = $8)
   and (not $9 or p.author_id = $1
        or exists (select from reactions r where r.object_uri = p.uri and r.actor_id = $1)
        or exists (select from boosts b where b.post_id = p.id and b.actor_id = $1)
        or exists (select from bookmarks k where k.post_id = p.id and k.actor_id = $1))
   and ($10::boolean is null
        or $10 = jsonb_path_exists(p.attachments, '$[*] ? (@.type != "Link")'))
   and ($11::boolean is null or $11 = exists (select from polls o where o.post_id = p.id))
   and ($12::boolean is null
        or $12 = (p.content_html ~ '<a (?![^>]*class="[^"]*(mention|hashtag))'
                  or jsonb_path_exists(p.attachments, '$[*] ? (@.type == "Link")')))
   and ($13::boolean is null or $13 = (p.in_reply_to is not null))
   and ($14::boolean is null or $14 = (p.sensitive or p.content_warning <> ''))
   and ($15::timestamptz is null or p.published_at >= $15)
   and ($16::timestamptz is null or p.published_at < $16)
   and ($17::text is null or split_part(lower(p.language), '-', 1) = $17)
   and p.id < $18 and p.id > $19
   -- What is not to be there must be there in no form.
   and ($25 = '' or not exists (
           select from post_words x
            where x.post_id = p.id
              and x.words @@ (websearch_to_tsquery('pg_catalog.simple', search_text($25))
                              || websearch_to_tsquery(search_rules($23), search_text($25))
                              || websearch_to_tsquery(search_rules($24), search_text($25)))))
 order by p.id desc
 limit $20 offset $21
"""

# So many of those with the words are looked at, the newest, and not more: a word that everybody says must not
# keep the database busy.
_BY_WORDS = "".join(
    (
        """
    select p.id
      from (select w.post_id from post_words w
             where w.words @@ (
                       websearch_to_tsquery('pg_catalog.simple', search_text($22))
                       || websearch_to_tsquery(search_rules($23), search_text($22))
                       || websearch_to_tsquery(search_rules($24), search_text($22)))
               and w.post_id < $18 and w.post_id > $19
             order by w.post_id desc limit 50000) w
      join posts p on p.id = w.post_id
      join actors a on a.id = p.author_id
     where """,
        _FINDABLE,
        _NARROWED,
    )
)

_WITHOUT_WORDS = """
    select p.id
      from posts p
      join actors a on a.id = p.author_id
     where ($22::text || $23::text || $24::text) is not null and """
_OF_AUTHOR = "".join((_WITHOUT_WORDS, "p.author_id = $7 and", _FINDABLE, _NARROWED))
_IN_GROUP = "".join((_WITHOUT_WORDS, "p.group_id = $8 and", _FINDABLE, _NARROWED))
_KEPT = "".join(
    (
        _WITHOUT_WORDS,
        """p.id in (
           select o.id from posts o where o.author_id = $1
            union select b.post_id from boosts b where b.actor_id = $1
            union select k.post_id from bookmarks k where k.actor_id = $1
            union select o.id from reactions r join posts o on o.uri = r.object_uri where r.actor_id = $1
       ) and """,
        _FINDABLE,
        _NARROWED,
    )
)

_NAMED_SO = """
       (to_tsvector('simple', search_text(left(a.name, 200) || ' ' || left(a.display_name, 200)))
            @@ to_tsquery('simple', $2)
        or lower(a.name) ~>=~ $3 and lower(a.name) ~<~ $12)
"""
"""As the indexes of migration 0046 have it."""

_ACTORS = "".join(
    (
        """
    with meant as (
        -- Who is here or followed is always looked at, of all others who match only some.
        (select a.id from actors a where a.is_local and """,
        _NAMED_SO,
        """)
         union
        (select a.id from follows f join actors a on a.id = f.followed_id
          where f.follower_id = $1 and """,
        _NAMED_SO,
        """)
         union
        (select a.id from actors a where """,
        _NAMED_SO,
        """ limit 2000)
    )
    select a.id
      from meant
      join actors a on a.id = meant.id
      left join groups g on g.actor_id = a.id
      left join follows mine on mine.follower_id = $1 and mine.followed_id = a.id
           and mine.state = 'accepted'
     where a.state = 'active' and a.type <> 'Application' and a.moved_to is null
       and ($4 = '' or starts_with(a.host, $4))
       -- Whom one has blocked is found by their whole name only, so that it can be undone.
       and (not coalesce(a.id = any($5), false)
            or lower(a.name) = $3 and exists (select from personal_blocks b
                                               where b.actor_id = $1 and b.blocked_id = a.id))
       and (not $6 or mine.followed_id is not null)
       and not exists (select from accounts c where c.actor_id = a.id and c.state <> 'active')
       and case
           when a.id = $1 or mine.followed_id is not null or a.id = any($7) then true
           when g.actor_id is not null then
               not (g.joining = 'invite' and (g.seeing = 'members' or g.reach in ('members', 'sealed')))
               and ($8 or g.reach not in ('quiet', 'sealed'))
           -- That somebody here knows a group elsewhere is nobody's business.
           when a.discoverable and a.type <> 'Group' then true
           when not $8 then false
           else lower(a.name) = $3 and ($4 = a.host or $4 = '' and a.is_local)
                or exists (select from follows f where f.follower_id = a.id and f.followed_id = $1
                              and f.state = 'accepted')
                or exists (select from follows f
                            where f.follower_id = a.id and f.followed_id = any($9)
                              and f.state = 'accepted')
           end
     order by a.type = 'Group' and (mine.followed_id is not null or a.id = any($7)) desc,
              a.type = 'Group' desc, mine.followed_id is not null desc,
              lower(a.name) = $3 desc, a.is_local desc, length(a.name), a.id
     limit $10 offset $11
    """,
    )
)

_TAKE_WORDS = """
    with due as (
        delete from posts_to_read
         where post_id = any(array(select post_id from posts_to_read order by post_id desc limit $1
                                      for update skip locked))
        returning post_id
    ), said as (
        select p.id,
               search_rules(coalesce(p.language, (select c.languages[1] from community c), 'en')) as rules,
               search_text(left(concat_ws(' . ', p.title, p.content_warning,
                   words_of_html(left(p.content_html, 100000)),
                   (select string_agg(o.name, ' . ') from poll_options o where o.post_id = p.id),
                   (select string_agg(m.item ->> 'alt', ' . ')
                      from jsonb_array_elements(p.attachments) as m (item))), 40000)) as text
          from due
          join posts p on p.id = due.post_id and p.state <> 'deleted'
    ), taken as (
        insert into post_words (post_id, words)
        select id, to_tsvector('pg_catalog.simple', text)
                   -- With a gap, so that no phrase begins in the one and ends in the other.
                   || '|:1'::tsvector
                   || case when rules = 'pg_catalog.simple'::regconfig then ''::tsvector
                           else to_tsvector(rules, text) end
          from said
            on conflict (post_id) do update set words = excluded.words
    )
    select count(*) from due
"""


async def posts(
    db: Connection,
    viewer: Viewer,
    query: Query,
    languages: Sequence[str],
    *,
    author_id: int | None,
    group_id: int | None,
    below: int,
    above: int,
    limit: int,
    offset: int,
) -> list[int]:
    """The posts that `query` finds for `viewer`, the newest first.

    Words are compared as they stand, and by their stems in up to two `languages`. `author_id` and `group_id`
    are what the names in the query mean. Raises `Unavailable` after `SECONDS`.
    """
    rows = await db.fetch(
        _statement(query, author_id, group_id),
        *viewer.sight,
        author_id,
        group_id,
        query.is_own,
        query.has_media,
        query.has_poll,
        query.has_link,
        query.is_reply,
        query.is_sensitive,
        query.since,
        query.until,
        query.language,
        below,
        above,
        limit,
        offset,
        query.words,
        *(*languages, "", "")[:2],
        query.without,
        timeout=SECONDS,
    )
    return [row["id"] for row in rows]


def _statement(query: Query, author_id: int | None, group_id: int | None) -> str:
    """The statement that begins with what narrows it down most."""
    if query.words:
        return _BY_WORDS
    if author_id is not None:
        return _OF_AUTHOR
    return _IN_GROUP if group_id is not None else _KEPT


async def take_words(db: Connection, limit: int) -> int:
    """Take the words of up to `limit` posts that are new or have changed, the newest first; how many there
    were. A post that names no language is taken to be in the community's first. Safe to run at the same time
    twice."""
    number: int = await db.fetchval(_TAKE_WORDS, limit)
    return number


async def actors(
    db: Connection,
    viewer: Viewer,
    words: Sequence[str],
    name: str,
    host: str,
    *,
    only_followed: bool,
    shows_others: bool,
    limit: int,
    offset: int,
) -> list[int]:
    """People and groups whose names have all of `words` as beginnings of theirs, or the handle `name@host`.

    `words` are letters and digits only, as `core/searching.name_words` gives them.

    Groups come first, those of the viewer before others, then whom the viewer follows. Found are: of groups
    those that the directory would show and the viewer's own; of people those who want to be discovered, whom
    the viewer follows or is followed by, who are in one of their groups, and whose whole name was given.
    `shows_others` is for who is signed in: without it only who wants to be discovered.
    """
    rows = await db.fetch(
        _ACTORS,
        viewer.actor_id,
        " & ".join(f"'{word}':*" for word in words),
        name.lower(),
        host.lower(),
        list(viewer.apart_from),
        only_followed,
        list(viewer.moderates),
        shows_others,
        list(viewer.member_of),
        limit,
        offset,
        f"{name.lower()}{_LAST}" if name else "",
    )
    return [row["id"] for row in rows]


async def tags(db: Connection, viewer: Viewer, beginning: str, limit: int, offset: int) -> list[str]:
    """Tags that begin so (in small letters), the one that is it first, then the most used.

    Found are those under which something was said that `viewer` sees in lists, as far as the latest posts
    tell; those that their groups offer; and those that they follow.
    """
    rows = await db.fetch(
        """
        with used as (
            select t.tag, count(*) as number
              from (select t.tag, t.post_id from post_tags t
                     where t.tag ~>=~ $7 and t.tag ~<~ ($7 || chr(1114111))
                     order by t.post_id desc limit 5000) t
              join posts p on p.id = t.post_id and p.state = 'live' and p.reach <> 'direct'
             where may_see(p.state, p.reach, p.group_id, p.author_id, p.named, $1, $2, $3, $4, $5, $6)
               and is_on_show(p.reach, p.group_id, $1, $2)
             group by t.tag
             union all
            select f.tag, 1 from followed_tags f where f.actor_id = $1 and starts_with(f.tag, $7)
             union all
            select g.name, 1 from group_tags g where g.group_id = any($2) and starts_with(g.name, $7)
        )
        select tag from used group by tag order by tag = $7 desc, sum(number) desc, tag limit $8 offset $9
        """,
        *viewer.sight,
        beginning,
        limit,
        offset,
    )
    return [row["tag"] for row in rows]
