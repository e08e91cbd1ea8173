"""L1: the one rule of who may see what, asked for every kind of post, viewer and way of reading."""

import itertools
from datetime import UTC, datetime

import pytest

from fediverse_support.community.reading import threads
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.identifiers import new_id, new_public_id
from fediverse_support.core.models import GUEST, Account, Viewer
from fediverse_support.database import posts
from fediverse_support.database import threads as reading
from fediverse_support.database.pool import acquire

STATES = ("live", "held", "hidden", "deleted")
REACHES = ("open", "quiet", "members", "sealed")


def oracle(state: str, reach: str, viewer: str) -> bool:
    """The rule in other words than those of the SQL."""
    if state == "deleted":
        return False
    if viewer in ("author", "moderator"):
        return True
    if state in ("held", "hidden"):
        return viewer == "staff"
    if viewer == "near":
        return reach != "sealed"
    return reach in ("open", "quiet") or viewer == "member"


@pytest.fixture
async def scene(home):
    """A group, an author, and every kind of viewer."""
    author, member, outsider, staff = [await home.member(name) for name in ("ada", "mia", "otto", "sue")]
    group = await home.group()
    account = Account(
        id=1, actor_id=staff.id, name="sue", display_name="Sue", email=None, role="moderator",
        state="active", created_at=datetime.now(UTC),
    )  # fmt: skip
    viewers = {
        "guest": GUEST,
        "outsider": Viewer(actor_id=outsider.id),
        "member": Viewer(actor_id=member.id, member_of=(group.actor.id,)),
        "author": Viewer(actor_id=author.id),
        "staff": Viewer(actor_id=staff.id, account=account),
        "moderator": Viewer(actor_id=outsider.id, moderates=(group.actor.id,)),
        "near": Viewer(server="members.example", member_of=(group.actor.id,)),
        "far": Viewer(server="other.example"),
    }
    return home, group.actor, author, viewers


async def make(home, group, author, state, reach):
    number, public = new_id(), new_public_id()
    await home.pool.execute(
        """
        insert into posts (id, uri, public_id, author_id, group_id, root_id, content_html, reach, state,
                           published_at, active_at)
        values ($1, $2, $3, $4, $5, $1, 'x', $6, $7, now(), now())
        """,
        number, home.site.post(public), public, author.id, group.id, reach, state,
    )  # fmt: skip
    return number, public


async def test_l1_each_way_of_reading_answers_as_the_rule_says(scene):
    home, group, author, viewers = scene
    for state, reach in itertools.product(STATES, REACHES):
        number, public = await make(home, group, author, state, reach)
        for name, viewer in viewers.items():
            allowed = oracle(state, reach, name)
            context = f"{state}, {reach}, {name}"
            async with acquire(home.pool) as db:
                assert (await posts.seen_by(db, viewer, number) is not None) == allowed, context
                whole = await reading.whole(db, viewer, number, 10)
                assert bool(whole) == allowed, context
                found = await reading.of_group(db, viewer, group.id, None, 1000)
                listed = number in [shown.post.id for shown in found]
                # What is quiet is on no list for who is neither here nor a server with members.
                on_show = allowed and state == "live" and (reach != "quiet" or name not in ("guest", "far"))
                assert listed == on_show, context
                written = [shown.post.id for shown in await reading.of_author(db, viewer, author.id, 1000)]
                assert (number in written) == on_show, context
                public_uris = await reading.uris_of_thread(db, GUEST, number, 10)
                assert bool(public_uris) == oracle(state, reach, "guest"), context
                was_public = reach in ("open", "quiet") and state == "deleted"
                assert await answer(db, viewer, public) == (
                    "seen" if allowed else "Gone" if was_public else "Missing"
                ), context


async def answer(db, viewer, public):
    """`seen`, or the kind of the refusal."""
    try:
        await threads.visible_post(db, viewer, public)
    except Missing as no:
        return type(no).__name__
    return "seen"


async def test_l3_what_is_not_for_you_is_answered_like_what_never_was(scene):
    home, group, author, viewers = scene
    _, public = await make(home, group, author, "live", "members")
    answers = set()
    for id in (public, new_public_id(), "0" * 32):
        async with acquire(home.pool) as db:
            with pytest.raises(Missing) as no:
                await threads.visible_post(db, viewers["outsider"], id)
        answers.add((type(no.value), no.value.message))
    assert len(answers) == 1


async def test_pages_of_a_group_show_each_thread_once(scene):
    home, group, author, viewers = scene
    numbers = [(await make(home, group, author, "live", "open"))[0] for _ in range(25)]
    await home.pool.execute("update posts set active_at = '2026-01-01'")
    found, after = [], ""
    async with acquire(home.pool) as db:
        for _ in range(10):
            page = await threads.of_group(db, viewers["guest"], group, after, limit=10)
            found += [shown.post.id for shown in page.threads]
            if page.next is None:
                break
            after = page.next
    assert found == sorted(numbers, reverse=True)


@pytest.mark.parametrize("after", ["x", "1", "1-", "-1", "1-x", "9" * 30 + "-1", "1-" + "9" * 30, "1-1-1"])
async def test_a_page_that_nobody_gave_out_is_refused(scene, after):
    home, group, _, viewers = scene
    async with acquire(home.pool) as db:
        with pytest.raises(Malformed):
            await threads.of_group(db, viewers["guest"], group, after)
