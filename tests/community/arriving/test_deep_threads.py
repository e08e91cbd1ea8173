"""Threads of ten thousand posts, each below the last: they move, they are shown, and nothing runs away."""

from datetime import UTC, datetime, timedelta

import pytest

from fediverse_support.community.arriving import arrivals
from fediverse_support.community.reading import threads
from fediverse_support.core.models import GUEST, Post
from fediverse_support.database import posts
from fediverse_support.database.pool import spent

DEEP = 10_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def author(connection):
    """The number of somebody elsewhere."""
    return await connection.fetchval(
        """
        insert into actors (id, uri, type, is_local, name, host)
        values (1, 'https://peer.example/users/ana', 'Person', false, 'ana', 'peer.example') returning id
        """
    )


def uri(place):
    return f"https://peer.example/notes/{place}"


async def chain(connection, author, first, last):
    """Posts `first` to `last`, each below the one before; what the first answers is not there."""
    await connection.execute(
        """
        insert into posts (id, uri, public_id, author_id, root_id, parent_id, in_reply_to, content_html,
                           reach, published_at, active_at)
        select n, 'https://peer.example/notes/' || n, lpad(n::text, 32, '0'), $1, $2::bigint,
               nullif(n - 1, $2::bigint - 1), 'https://peer.example/notes/' || n - 1, '<p>word</p>', 'open',
               $4::timestamptz + n * interval '1 second', $4::timestamptz + n * interval '1 second'
          from generate_series($2::bigint, $3::bigint) n
        """,
        author,
        first,
        last,
        BEGAN,
    )


async def post_at(connection, place):
    found = await posts.by_uri(connection, uri(place))
    assert found is not None
    return found


async def store(connection, author, place, parent=None):
    """One post that begins a thread or answers a post that is here, as an arrival stores it."""
    post = Post(
        id=place, uri=uri(place), public_id=f"{place:032d}", author_id=author, content_html="<p>word</p>",
        root_id=parent.root_id if parent else place, parent_id=parent.id if parent else None,
        in_reply_to=uri(place - 1) if place else None, published_at=BEGAN + timedelta(seconds=place),
        received_at=BEGAN, active_at=BEGAN + timedelta(seconds=place),
    )  # fmt: skip
    await posts.insert(connection, post)
    return post


async def roots(connection):
    return [row[0] for row in await connection.fetch("select distinct root_id from posts order by 1")]


async def test_ten_thousand_posts_move_below_their_parent_in_three_statements(connection, author):
    await chain(connection, author, 1, DEEP)
    root = await store(connection, author, 0)
    before = spent.queries
    assert await posts.adopt(connection, root, DEEP) == DEEP
    assert spent.queries - before == 3
    assert await roots(connection) == [0]
    assert (await post_at(connection, 1)).parent_id == 0
    assert (await post_at(connection, DEEP)).parent_id == DEEP - 1


async def test_what_is_too_much_to_move_on_arrival_is_moved_by_the_housekeeping(connection, author):
    await chain(connection, author, 1, DEEP)
    root = await store(connection, author, 0)
    assert await posts.adopt(connection, root, arrivals.MOVED_AT_ONCE) is None
    assert await roots(connection) == [0, 1]
    assert await arrivals.reunite(connection) == DEEP
    assert await roots(connection) == [0]
    assert await arrivals.reunite(connection) == 0
    assert (await post_at(connection, 0)).active_at == BEGAN + timedelta(seconds=DEEP)


async def test_a_chain_that_comes_from_its_end_never_moves_more_than_a_bound_at_once(connection, author):
    """Without the bound each arrival would move all that came before it: the square of the length."""
    most, length = 10, 60
    moved = []
    for place in range(length, -1, -1):
        post = await store(connection, author, place)
        moved.append(await posts.adopt(connection, post, most) or 0)
    assert max(moved) <= most
    assert sum(moved) < length * most / 2
    while await arrivals.reunite(connection, limit=2, most=20):
        pass
    assert await roots(connection) == [0]
    rows = await connection.fetch("select id, parent_id from posts order by id")
    assert [(row["id"], row["parent_id"]) for row in rows] == [
        (place, place - 1 if place else None) for place in range(length + 1)
    ]


async def test_a_circle_is_never_closed(connection, author):
    await chain(connection, author, 1, 50)
    await connection.execute("update posts set in_reply_to = $1 where id = 1", uri(50))
    last = await post_at(connection, 50)
    assert await posts.adopt(connection, last, DEEP) == 0
    assert await arrivals.reunite(connection) == 0
    await connection.execute("update posts set in_reply_to = $1 where id = 1", uri(1))
    assert await posts.adopt(connection, await post_at(connection, 1), DEEP) == 0


async def test_the_beginning_of_a_ten_thousand_deep_thread_is_shown(connection, author):
    await chain(connection, author, 1, DEEP)
    root = await store(connection, author, 0)
    await posts.adopt(connection, root, DEEP)
    thread = await threads.whole(connection, GUEST, await post_at(connection, DEEP))
    assert thread.root.id == 0
    assert len(thread.posts) == threads.LONGEST_THREAD
    assert [shown.post.id for shown in thread.posts[:3]] == [0, 1, 2]


async def test_answers_older_than_what_they_answer_do_not_push_it_out_of_its_thread(connection, author):
    await chain(connection, author, 1, 1_200)
    root = await store(connection, author, 0)
    await posts.adopt(connection, root, DEEP)
    await connection.execute("update posts set published_at = $1 where id = 0", BEGAN + timedelta(days=1))
    thread = await threads.whole(connection, GUEST, await post_at(connection, 7))
    assert thread.root.id == 0
    assert thread.posts[0].post.id == 0
    assert len(thread.posts) == threads.LONGEST_THREAD
