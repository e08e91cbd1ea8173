"""The leak suite: every address of the program, asked by everybody who must not learn what it hides.

The addresses come from the program's own table, so that a new one is probed the day it is made; one with a
parameter that is unknown here fails the test until somebody says what secret stands behind it.
"""

import itertools
import json
import logging
import re

from fediverse_support import app
from fediverse_support.community import visibility
from fediverse_support.core.identifiers import new_public_id
from fediverse_support.core.models import GUEST, Viewer
from fediverse_support.database import accounts
from fediverse_support.database.pool import acquire, spent
from tests.leaks.conftest import CANARY, masked

HTML, AP = "text/html", "application/activity+json"
NOBODY = "0" * 32
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
    "for followers",
    "letter",
)
_PARAMETER = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")


def table():
    """(path, method) of every address, the inboxes left out: they are POSTs of servers."""
    return sorted({(route.path, method) for route in app.table() for method in route.methods - {"HEAD"}})


def secrets_for(scene):
    """What may stand for each parameter, among it every secret thing."""
    posts = [scene.posts[name].public_id for name in WATCHED]
    return {
        "name": [*scene.groups, "ada"],
        "id": posts,
        "hold": scene.holds,
        "decision": scene.decisions,
        "number": ["1"],
        "before": ["newest"],
        "slug": [f"{CANARY}-page"],
        "tag": [f"{CANARY}tag"],
        "topic": [f"{CANARY}"],
        "code": [NOBODY],
        "domain": ["blocked.example"],
        "list": ["blocks"],
        "date": ["2026-01-01"],
        "public_id": scene.pictures,
        "file": ["original", "preview.jpg", "icon-0"],
    }


def id_of(path):
    """Of what `{id}` in this path is the number: a post, unless the path says something else."""
    return "hold" if "/holds/" in path else "decision" if "/decisions/" in path else "id"


def filled(path, values):
    """Every way to fill in the parameters of a path."""
    names = _PARAMETER.findall(path)
    values = values | {"id": values[id_of(path)]}
    unknown = set(names) - set(values)
    assert not unknown, f"{path}: tell the leak suite what {unknown} may be"
    for chosen in itertools.product(*(values[name] for name in names)):
        at = path
        for value in chosen:
            at = _PARAMETER.sub(value, at, count=1)
        yield at


async def asked(scene, who, path, method, accept):
    """The answer to one of the outsiders."""
    headers = {"accept": accept}
    if who in scene.cookies:
        headers["cookie"] = f"session={scene.cookies[who]}"
    if who in scene.remotes:
        headers |= scene.remotes[who].sign_get(f"{scene.home.site.origin}{path}")
    if method == "GET":
        return await scene.home.client.get(path, headers=headers)
    headers |= {"sec-fetch-site": "same-origin"}
    return await scene.home.client.request(method, path, headers=headers, data={"csrf_token": "x"})


OUTSIDERS = ("guest", "otto", "pia", "stranger", "asker", "blocked")


async def test_no_address_gives_an_outsider_one_hidden_word(scene):
    values, asks = secrets_for(scene), 0
    for path, method in table():
        for number, at in enumerate(filled(path, values)):
            for who, accept in everybody(method, number):
                answer = await asked(scene, who, at, method, accept)
                said = answer.content.decode("utf-8", "replace") + json.dumps(dict(answer.headers))
                assert may_read(who, said, at), f"{who} reads a hidden word at {method} {at} ({accept})"
                assert answer.status_code < 500, f"{method} {at} ({accept}): {answer.text[:300]}"
                asks += 1
    assert asks > 1_000


def everybody(method, number=0):
    """(who, what they accept): servers ask for documents, people for pages; both once without knowing us. The
    two people here take turns with the `number` of an address, and so do the two servers that may ask.
    """
    member, server = ("otto", "asker") if number % 2 else ("pia", "stranger")
    if method != "GET":
        return [("guest", HTML), (member, HTML)]
    return [("guest", HTML), ("guest", AP), (member, HTML), (server, AP), ("blocked", AP)]


def may_read(who, said, at):
    """People here may know of the room, whose words stay inside; and everybody knows what they asked."""
    asked_themselves = (f"{CANARY}-page", f"{CANARY}tag")
    for known in asked_themselves if any(word in at for word in asked_themselves) else ():
        said = said.replace(known, "")
    if who in ("otto", "pia"):
        said = said.replace(f"{CANARY} room", "").replace(f"{CANARY} summary", "")
    return CANARY not in said


async def test_a_hidden_post_is_answered_like_one_that_never_was(scene):
    values = secrets_for(scene)
    for path, method in table():
        if "id" not in _PARAMETER.findall(path) or path.startswith(("/activities", "/desk")):
            continue
        for public_id in values[id_of(path)]:
            for number, at in enumerate(filled(path, values | {id_of(path): [public_id]})):
                never = at.replace(public_id, new_public_id())
                for who, accept in everybody(method, number + len(path)):
                    one = await asked(scene, who, at, method, accept)
                    other = await asked(scene, who, never, method, accept)
                    assert likeness(one) == likeness(other), f"{method} {at} ({who}, {accept})"


async def test_a_hidden_group_is_answered_like_a_name_never_given(scene):
    for name, (path, method) in itertools.product(("room", "cellar"), table()):
        if not path.startswith(("/groups/{name}", "/feeds/groups/{name}")):
            continue
        for number, at in enumerate(filled(path, secrets_for(scene) | {"name": [name]})):
            never = at.replace(f"/{name}", f"/{'x' * len(name)}", 1)
            for who, accept in everybody(method, number + len(path)):
                if await knows(scene, who, name, accept):
                    continue
                one = await asked(scene, who, at, method, accept)
                other = await asked(scene, who, never, method, accept)
                same = likeness(one, name) == likeness(other, "x" * len(name))
                assert same, f"{method} {at} ({who}, {accept})"


async def knows(scene, who, name, accept):
    """Whether somebody may know of a group; a closed one that federates has a document (Lemmy's way)."""
    if accept == AP:
        return visibility.federates(scene.groups[name])
    viewer = await viewer_of(scene, who) if who in scene.cookies else GUEST
    return visibility.may_know(viewer, scene.groups[name])


async def viewer_of(scene, who):
    """A person here, as somebody who is signed in and in no group."""
    async with acquire(scene.home.pool) as db:
        return Viewer(actor_id=scene.people[who].id, account=await accounts.by_name(db, who))


def likeness(answer, name=None):
    """What two answers must share: all of it, but for tokens, random ids and the name that was asked."""
    body = masked(answer.content)
    if name:
        body = re.sub(rb"(?<![a-z])%s(?![a-z])" % name.encode(), b"?", body)
    headers = {
        key: value
        for key, value in answer.headers.items()
        if key not in ("set-cookie", "content-length", "etag", "location")
    }
    location = masked(answer.headers.get("location", "").encode())
    if name:
        location = location.replace(name.encode(), b"?")
    return answer.status_code, body, headers, location


async def test_asking_for_what_is_hidden_costs_the_same_work_as_for_what_never_was(scene):
    """No clock is needed to compare: the statements that the database sees are counted."""
    for path in ("/posts/{}", "/posts/{}/replies", "/posts/{}/context"):
        for who, accept in everybody("GET"):
            hidden = [scene.posts[name].public_id for name in WATCHED]
            counts = {await statements(scene, who, path.format(it), accept) for it in hidden}
            never = await statements(scene, who, path.format(new_public_id()), accept)
            assert counts == {never}, f"{path} ({accept}, {who})"


async def statements(scene, who, at, accept):
    """How many statements one answer takes; the less of two, since now and then the house is read anew."""
    counts = []
    for _ in range(2):
        before = spent.queries
        await asked(scene, who, at, "GET", accept)
        counts.append(spent.queries - before)
    return min(counts)


async def test_webfinger_and_nodeinfo_give_no_hint(scene):
    get = scene.home.get
    finger = "/.well-known/webfinger?resource=acct:{}@garden.localhost:8000"
    never = await get(finger.format("xxxx"))
    for name in ("room", "cellar"):
        found = await get(finger.format(name))
        assert (found.status_code, found.content) == (404, never.content)
    for version in ("2.0", "2.1"):
        usage = (await get(f"/nodeinfo/{version}")).json()["usage"]
        assert "localPosts" not in usage
        assert "activeMonth" not in usage.get("users", {})


async def test_nothing_sealed_was_ever_rendered_for_the_wire(scene):
    bodies = [row["body"] for row in await scene.home.pool.fetch("select body from activities")]
    hidden = [scene.posts[name] for name in ("room", "answer in room", "sealed in plain")]
    assert not [post.uri for post in hidden for body in bodies if post.uri in body or post.public_id in body]
    delivered = await scene.home.pool.fetch("select object_uri from deliveries")
    assert not {row["object_uri"] for row in delivered} & {post.uri for post in hidden}


async def test_the_logs_know_no_hidden_word(scene, caplog, capsys):
    with caplog.at_level(logging.DEBUG):
        for post in scene.posts.values():
            for who in OUTSIDERS:
                await asked(scene, who, f"/posts/{post.public_id}", "GET", HTML)
    out, err = capsys.readouterr()
    assert CANARY not in caplog.text + out + err
