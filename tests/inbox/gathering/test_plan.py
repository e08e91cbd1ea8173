"""The plan of a search: what comes first, and that it has an end whatever is put in."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.models import Post
from fediverse_support.inbox.gathering import plan
from fediverse_support.inbox.gathering.plan import Errand, Page

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OURS = ("garden.example",)


def post(number=1, host="peer.example", **more):
    given = {
        "id": number, "uri": f"https://{host}/notes/{number}", "public_id": str(number), "author_id": 1,
        "root_id": 1, "content_html": "", "published_at": NOW, "received_at": NOW, "active_at": NOW,
    }  # fmt: skip
    return Post(**given | more)


def begun(root=None, stored=(), **more):
    root = root or post(context_url="https://peer.example/context")
    return plan.begin(root, [root, *stored], NOW, never=OURS, **more)


def never_rests(_):
    return False


def walked(found, answer):
    """All errands in the order in which they are done; `answer` gives what each leads to."""
    done = []
    while (errand := plan.next_errand(found, never_rests)) is not None and not plan.is_enough(found, NOW):
        done.append(errand)
        found = plan.done(found, errand, posts=not errand.is_page)
        if (page := answer(errand)) is not None:
            found = plan.with_page(found, errand, page)
    return done, found


def test_the_thread_comes_first_then_what_is_above_then_posts_breadth_first_and_the_own_server_first():
    root = post(
        context_url="https://peer.example/context",
        in_reply_to="https://other.example/notes/0",
        replies_url="https://peer.example/notes/1/replies",
    )
    later = post(2, "other.example", replies_url="https://other.example/notes/2/replies")
    found = begun(root, [later])
    listed = [f"https://{host}/notes/9" for host in ("other.example", "peer.example")]
    pages = {"https://peer.example/context": Page(named=listed, unknown=listed)}
    done, _ = walked(found, lambda errand: pages.get(errand.url))
    assert [errand.url.removeprefix("https://") for errand in done] == [
        "peer.example/context",
        "other.example/notes/0",
        "peer.example/notes/9",
        "other.example/notes/9",
        "peer.example/notes/1/replies",
        "other.example/notes/2/replies",
    ]


def test_a_root_that_named_no_collection_is_asked_itself_first():
    found = begun(post())
    errand = plan.next_errand(found, never_rests)
    assert errand == Errand(url="https://peer.example/notes/1", kind="root")


def test_we_never_ask_ourselves_and_for_a_members_thread_nobody_new():
    urls = [
        "https://garden.example/posts/1",
        "https://stranger.example/notes/1",
        "https://peer.example/notes/2",
    ]
    found = begun(only=("peer.example",))
    errand = plan.next_errand(found, never_rests)
    found = plan.with_page(plan.done(found, errand), errand, Page(named=urls, unknown=urls))
    assert [errand.url for errand in found.errands] == ["https://peer.example/notes/2"]


def test_hosts_that_rest_are_passed_over():
    later = post(2, "other.example", context_url="https://other.example/context")
    found = begun(stored=[later])
    errand = plan.next_errand(found, lambda host: host == "peer.example")
    assert errand is not None
    assert errand.host == "other.example"
    assert plan.next_errand(found, lambda _: True) is None


def test_an_errand_that_waits_for_another_host_rests_with_it():
    found = begun()
    errand = plan.next_errand(found, never_rests)
    found = plan.again(found, errand, waits_for="slow.example")
    assert plan.next_errand(found, lambda host: host == "slow.example") is None
    assert plan.next_errand(found, never_rests).tries == 1


def test_an_errand_is_given_up_after_three_tries():
    found = begun()
    for tries in range(plan.MOST_TRIES):
        errand = plan.next_errand(found, never_rests)
        assert errand.tries == tries
        found = plan.again(found, errand)
    assert found.errands == ()


def test_only_a_few_lists_of_the_same_thread_are_read():
    stored = [post(n, f"h{n}.example", context_url=f"https://h{n}.example/context") for n in range(2, 30)]
    found = begun(stored=stored)
    assert sum(errand.kind == "context" for errand in found.errands) == plan.MOST_CONTEXTS
    more = plan.with_post(found, found.errands[0], "https://late.example/context", None)
    assert more == found


def test_a_plan_survives_the_database():
    found = begun(only=("peer.example",))
    errand = plan.next_errand(found, never_rests)
    page = Page(
        named=["https://peer.example/notes/2"], unknown=["https://peer.example/notes/2"], is_roll=True
    )
    found = plan.with_page(plan.done(found, errand), errand, page)
    kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(found)))
    assert msgspec.convert(kept, plan.Plan) == found


def test_what_is_not_on_the_groups_own_list_does_not_belong_once_that_is_read_to_its_end():
    found = begun()
    first = plan.next_errand(found, never_rests)
    one, two, three = (f"https://peer.example/notes/{n}" for n in range(3))
    next = "https://peer.example/context/2"
    found = plan.with_page(
        plan.done(found, first), first, Page(named=[one], unknown=[], next=next, is_roll=True)
    )
    assert plan.belongs(found, three), "there may be more on the next page"
    second = plan.next_errand(found, never_rests)
    ended = plan.with_page(plan.done(found, second), second, Page(named=[two], unknown=[], is_roll=True))
    assert [plan.belongs(ended, uri) for uri in (one, two, three)] == [True, True, False]
    cut = plan.with_page(
        plan.done(found, second), second, Page(named=[two], unknown=[], is_roll=True, is_cut=True)
    )
    assert plan.belongs(cut, three), "a list that we did not read whole says nothing of what is not on it"


def test_once_the_groups_own_list_is_read_no_other_is_asked_for():
    root = post(
        context_url="https://peer.example/context", replies_url="https://peer.example/notes/1/replies"
    )
    later = post(2, "other.example", context_url="https://other.example/context")
    found = begun(root, [later])
    first = plan.next_errand(found, never_rests)
    page = Page(
        named=["https://peer.example/notes/9"], unknown=["https://peer.example/notes/9"], is_roll=True
    )
    found = plan.with_page(plan.done(found, first), first, page)
    assert [errand.kind for errand in found.errands] == ["post"]
    found = plan.with_post(
        found, found.errands[0], "https://third.example/c", "https://peer.example/notes/9/r"
    )
    assert len(found.errands) == 1


def test_time_bytes_pages_and_posts_have_an_end():
    found = begun()
    assert not plan.is_enough(found, NOW)
    assert plan.is_enough(found, NOW + plan.LONGEST)
    for changed in ({"posts": 1_000}, {"pages": 500}, {"bytes": plan.MOST_BYTES}):
        assert plan.is_enough(msgspec.structs.replace(found, **changed), NOW)


hosts = st.sampled_from(["peer.example", "other.example", "garden.example"])
addresses = st.builds(lambda host, n: f"https://{host}/{n}", hosts, st.integers(0, 40))
pages = st.builds(
    lambda named, next: Page(named=named, unknown=named, next=next),
    st.lists(addresses, max_size=8),
    st.none() | addresses,
)


@given(st.dictionaries(addresses, pages, max_size=40), st.lists(pages, min_size=1, max_size=5))
def test_any_web_of_collections_is_walked_once_and_ends(web, others):
    def answer(errand):
        return web.get(errand.url, others[len(errand.url) % len(others)])

    done, _ = walked(begun(), answer)
    asked = [errand.url for errand in done]
    assert len(asked) == len(set(asked)), "no address is asked twice"
    assert not any("garden.example" in url for url in asked)


@pytest.mark.parametrize("posts_a_page", [0, 1, 1_000])
def test_a_collection_that_never_ends_is_left_within_the_bounds(posts_a_page):
    counter = iter(range(10**9))

    def answer(errand):
        if not errand.is_page:
            return None
        named = [f"https://peer.example/notes/{next(counter)}" for _ in range(posts_a_page)]
        return Page(named=named, unknown=named, next=f"https://peer.example/context/{next(counter)}")

    done, found = walked(begun(), answer)
    assert found.pages <= plan.MOST_PAGES
    assert found.posts <= plan.MOST_POSTS
    assert len(done) <= plan.MOST_PAGES + plan.MOST_POSTS
    if posts_a_page == 0:
        assert len(done) == plan.MOST_BARREN


def test_a_cursor_stays_small_enough_to_be_written_again_and_again():
    urls = [f"https://peer.example/notes/{n}" for n in range(5_000)]
    found = begun()
    errand = plan.next_errand(found, never_rests)
    found = plan.with_page(plan.done(found, errand), errand, Page(named=urls, unknown=urls))
    assert len(found.errands) == plan.MOST_POSTS
    assert len(msgspec.json.encode(found)) < 400_000
    assert NOW + timedelta(0) == found.began
