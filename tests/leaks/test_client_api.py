"""The leak suite for apps: every address of the client API, asked with tokens of people here whom the hidden
things do not concern, and without one."""

import itertools
import json
import re

import httpx
import pytest

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.core.identifiers import new_id
from fediverse_support.database import accounts
from fediverse_support.database.pool import acquire
from fediverse_support.web.client_api.routes import ROUTES
from tests.leaks.conftest import CANARY

WATCHED = (
    "circle",
    "answer in circle",
    "room",
    "cellar",
    "plain",
    "sealed in plain",
    "held",
    "poll",
    "event",
)
OUTSIDERS = ("guest", "otto", "pia")
EVERYTHING = ("read", "write", "follow", "push", "profile")
OPEN_END = ("/streaming",)
"""Answers that do not end are held in tests/web/client_api/."""
NEVER = "117000000000000001"
_PARAMETER = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")
WORDS = {
    "tag": [f"{CANARY}tag"],
    "acct": ["ada"],
    "name": ["tada"],
    "group_key": ["ungrouped-1"],
    "date": ["2026-01-01"],
    "rest": ["x"],
}
"""What stands in braces and is no number of a post, a group or a person."""


@pytest.fixture
async def hidden(scene) -> dict[str, list[str]]:
    """The numbers of everything that nobody of the outsiders may learn of, and the outsiders' tokens."""
    async with acquire(scene.home.pool) as db:
        ada, ben = scene.people["ada"], scene.people["ben"]
        await db.execute("update actors set approves_followers = true where id = $1", ada.id)
        for reach, named in (("followers", []), ("direct", [ben.id])):
            await db.execute(
                """
                insert into posts (id, uri, author_id, root_id, content_html, source, reach, named,
                                   published_at, active_at, tags)
                values ($1, $2, $3, $1, $4, $4, $5, $6, now(), now(), array[$7])
                """,
                new_id(),
                f"{scene.home.site.origin}/posts/{reach}",
                ada.id,
                f"{CANARY} for {reach}",
                reach,
                named,
                f"{CANARY}tag",
            )
        own = await db.fetch(
            "select id from posts where content_html like $1 and group_id is null", f"%{CANARY}%"
        )
        boosts = await db.fetch(
            "select b.id from boosts b join posts p on p.id = b.post_id where p.id = any($1::bigint[])",
            [scene.posts[name].id for name in WATCHED],
        )
        for name in ("otto", "pia"):
            account = await accounts.by_name(db, name)
            scene.cookies[f"token of {name}"] = await grants.issue(
                db,
                account=account,
                actor_id=account.actor_id,
                application_id=None,
                scopes=EVERYTHING,
                now=clock.now(),
            )
    posts = [str(scene.posts[name].id) for name in WATCHED] + [str(row["id"]) for row in [*own, *boosts]]
    # Whoever is here may know of the room, and come in; of the circle everybody knows that there is one.
    groups = [str(scene.groups[name].actor.id) for name in ("circle", "cellar")]
    return {"posts": posts, "groups": groups, "people": [str(scene.people["ada"].id)]}


def addresses(hidden, *, reading):
    """(method, path with its braces, path) of every address, each way to fill it in."""
    every = [*hidden["posts"], *hidden["groups"], *(hidden["people"] if reading else ())]
    for route in ROUTES:
        if any(part in route.path for part in OPEN_END):
            continue
        for method in route.methods - {"HEAD"}:
            if (method == "GET") != reading:
                continue
            names = _PARAMETER.findall(route.path)
            for chosen in itertools.product(*(WORDS.get(name, every) for name in names)):
                at = route.path
                for value in chosen:
                    at = _PARAMETER.sub(value, at, count=1)
                yield method, route.path, at


def parameters(hidden):
    """What a curious app may add to any call: all that is hidden, named in every way that the API knows."""
    posts, groups = hidden["posts"], hidden["groups"]
    return {
        "id[]": [*posts, *groups],
        "q": CANARY,
        "status_ids[]": posts[:20],
        "account_ids[]": groups,
        "in_reply_to_id": posts[0],
        "account_id": hidden["people"][0],
        "type": "",
        "limit": "40",
    }


async def asked(scene, who, method, at, sent=None):
    """One call as one of the outsiders."""
    token = scene.cookies.get(f"token of {who}")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    given = {"params": sent} if method == "GET" else {"data": sent}
    answer = await scene.home.client.request(method, at, headers=headers, **given)
    assert answer.status_code < 500, f"{method} {at} ({who}): {answer.status_code} {answer.text[:300]}"
    return answer


def gives_away(who: str, answer: httpx.Response, at: str) -> bool:
    """Whether a hidden word stands in an answer. People here may know of the room, all what they ask."""
    said = answer.text + json.dumps(dict(answer.headers))
    if who != "guest":
        said = said.replace(f"{CANARY} room", "").replace(f"{CANARY} summary", "")
    if f"{CANARY}tag" in at or f"q={CANARY}" in str(answer.request.url):
        said = said.replace(f"{CANARY}tag", "").replace(f"q={CANARY}", "")
    return CANARY in said


async def test_no_app_of_an_outsider_reads_one_hidden_word(scene, hidden):
    asks, sent = 0, parameters(hidden)
    for method, path, at in addresses(hidden, reading=True):
        for who in OUTSIDERS:
            for more in (None, sent) if "{" not in path else (None,):
                answer = await asked(scene, who, method, at, more)
                assert not gives_away(who, answer, at), f"{who} reads a hidden word at {method} {at}"
                asks += 1
    assert asks > 1_000


async def test_a_hidden_status_is_answered_like_one_that_never_was(scene, hidden):
    for method, path, at in addresses(hidden, reading=True):
        if not path.startswith(("/api/v1/statuses/{", "/api/v1/polls/{", "/api/v1/media/{")):
            continue
        number = next((number for number in hidden["posts"] if number in at), None)
        if number is None:
            continue
        for who in OUTSIDERS:
            one = await asked(scene, who, method, at)
            other = await asked(scene, who, method, at.replace(number, NEVER))
            assert (one.status_code, one.text) == (other.status_code, other.text), f"{method} {at} ({who})"


async def test_what_an_outsider_does_to_hidden_things_says_nothing_and_opens_nothing(scene, hidden):
    sent = parameters(hidden)
    for method, _, at in addresses(hidden, reading=False):
        for who in ("guest", "otto"):
            answer = await asked(scene, who, method, at, sent)
            assert not gives_away(who, answer, at), f"{who} reads a hidden word at {method} {at}"
    for method, path, at in addresses(hidden, reading=True):
        if "{" in path and not any(number in at for number in hidden["posts"][:2]):
            continue
        answer = await asked(scene, "otto", method, at)
        assert not gives_away("otto", answer, at), f"otto reads a hidden word at {method} {at} afterwards"
