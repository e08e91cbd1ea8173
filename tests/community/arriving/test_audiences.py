"""Every way to address a post, in every kind of place: what is taken, and how far it then goes."""

from datetime import UTC, datetime
from itertools import chain, combinations, product

import msgspec
import pytest

from fediverse_support.community.arriving import audiences
from fediverse_support.core.errors import Refused
from fediverse_support.core.models import Actor, Group, Post
from fediverse_support.protocol.vocabulary import PUBLIC, PostDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def actor(number, name, host, *, type="Person", approves=False):
    uri = f"https://{host}/{name}"
    return Actor(
        id=number,
        uri=uri,
        type=type,
        is_local=host == "here.example",
        name=name,
        host=host,
        followers_url=f"{uri}/followers",
        approves_followers=approves,
        created_at=NOW,
    )


AUTHOR = actor(1, "ana", "peer.example")
OURS = actor(2, "carers", "here.example", type="Group")
RULES = {
    "open": Group(actor=OURS),
    "quiet": Group(actor=OURS, reach="quiet"),
    "seen by members": Group(actor=OURS, seeing="members", reach="members"),
    "for members": Group(actor=OURS, reach="members"),
    "sealed": Group(actor=OURS, seeing="members", reach="sealed"),
}
PLACES = [
    *((name, OURS, rules) for name, rules in RULES.items()),
    ("elsewhere", actor(3, "sober", "lemmy.example", type="Group"), None),
    ("elsewhere, closed", actor(4, "inner", "lemmy.example", type="Group", approves=True), None),
    ("nowhere", None, None),
]
REACHES = [None, "open", "quiet", "members", "sealed"]


def post(reach):
    return Post(
        id=9, uri="https://x.example/9", public_id="9", author_id=9, root_id=9, content_html="",
        reach=reach, published_at=NOW, received_at=NOW, active_at=NOW,
    )  # fmt: skip


def document(to=(), cc=(), audience=()):
    return PostDocument(
        id="https://peer.example/notes/1", type="Note", author=AUTHOR.uri, content="x", to=tuple(to),
        cc=tuple(cc), audience=tuple(audience), raw={},
    )  # fmt: skip


def every_way(group):
    """All the ways to write a few names into `to`, `cc` and `audience`."""
    about = group or OURS
    names = [PUBLIC, about.uri, about.followers_url, AUTHOR.followers_url]
    some = list(chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))
    for to, cc in product(some, repeat=2):
        for audience in ((), (about.uri,), ("https://other.example/group",)):
            yield document(to, cc, audience)


def is_taken(doc, place, parent, is_vouched):
    _, group, rules = place
    try:
        audiences.check(doc, AUTHOR, group, rules, post(parent) if parent else None, is_vouched=is_vouched)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("is_vouched", [False, True], ids=["alone", "passed on"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0])
def test_what_is_taken_was_meant_for_the_people_who_will_see_it(place, is_vouched):
    name, group, rules = place
    is_closed = name in ("seen by members", "for members", "sealed")
    taken = {True: 0, False: 0}
    for parent in REACHES:
        among_members = is_closed or parent in ("members", "sealed")
        for doc in every_way(group):
            if not is_taken(doc, place, parent, is_vouched):
                continue
            is_public = PUBLIC in (*doc.to, *doc.cc)
            taken[is_public] += 1
            assert (audiences.reach_of(doc) == "members") is not is_public
            if is_public:
                assert rules is None or not among_members, "what is public is not private here"
                continue
            assert group is not None
            assert group.uri in doc.audience
            assert AUTHOR.followers_url not in (*doc.to, *doc.cc)
            assert parent != "sealed"
            if rules is None:
                assert is_vouched
                assert group.approves_followers or parent == "members"
            else:
                assert among_members
    if name in ("open", "quiet"):
        assert taken[True]
        assert taken[False], "answers to what is for members"
    elif is_closed:
        assert not taken[True]
        assert taken[False]
    elif name == "elsewhere, closed":
        assert bool(taken[False]) is is_vouched


@pytest.mark.parametrize("known", ["open", "quiet", "members", "sealed"])
@pytest.mark.parametrize("is_public", [True, False], ids=["public", "private"])
@pytest.mark.parametrize("is_local", [True, False], ids=["ours", "elsewhere"])
def test_an_edit_is_for_the_same_people(known, is_public, is_local):
    group = msgspec.structs.replace(OURS, is_local=is_local)
    doc = document([PUBLIC] if is_public else [OURS.uri], (), (OURS.uri,))
    was_public = known in ("open", "quiet")
    if was_public == is_public or (is_public and not is_local):
        audiences.check_unchanged(doc, post(known), group)
        return
    with pytest.raises(Refused, match="who may read"):
        audiences.check_unchanged(doc, post(known), group)
