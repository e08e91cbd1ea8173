"""People on three servers follow, write to and leave each other by their apps; real HTTP between them."""

from typing import Any

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.database import accounts
from fediverse_support.database.pool import acquire


class App:
    """Somebody's app: JSON calls with a token of theirs."""

    def __init__(self, home: Any, token: str) -> None:
        self.home, self.headers = home, {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, status: int = 200, **json: Any) -> Any:
        sent = {"params": json} if method == "GET" else {"json": json}
        answer = await self.home.client.request(method, path, headers=self.headers, **sent)
        assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
        return answer.json()

    async def home_timeline(self) -> list[str]:
        found = await self.call("GET", "/api/v1/timelines/home")
        return [(one["reblog"] or one)["content"] for one in found]


async def app_of(community: Any, name: str, role: str = "member") -> tuple[Any, App]:
    """A new member of a community, with an app."""
    actor = await community.home.member(name)
    async with acquire(community.pool) as db:
        if role != "member":
            await db.execute("update accounts set role = $2 where actor_id = $1", actor.id, role)
        account = await accounts.by_name(db, name)
        token = await grants.issue(
            db,
            account=account,
            actor_id=actor.id,
            application_id=None,
            scopes=("read", "write", "follow"),
            now=clock.now(),
        )
    return actor, App(community.home, token)


async def post(app: App, text: str, visibility: str) -> Any:
    answer = await app.home.client.post(
        "/api/v1/statuses", headers=app.headers, json={"status": text, "visibility": visibility}
    )
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


async def number_of(community: Any, uri: str) -> str | None:
    """The number under which a community knows a post."""
    found = await community.pool.fetchval("select id from posts where uri = $1", uri)
    return None if found is None else str(found)


async def test_people_follow_write_boost_and_part(make_fediverse: Any) -> None:
    fediverse = await make_fediverse("garden", "harbour", "lake")
    garden, harbour, lake = (fediverse[name] for name in ("garden", "harbour", "lake"))
    ada, a = await app_of(garden, "ada")
    _, z = await app_of(garden, "zoe", "owner")
    ben, b = await app_of(harbour, "ben")
    _, e = await app_of(lake, "eve")

    known_ben = await garden.find(ben.handle)
    found = await a.call("POST", f"/api/v1/accounts/{known_ben.id}/follow")
    assert (found["following"], found["requested"]) == (False, True)
    await fediverse.settle()
    [found] = await a.call("GET", "/api/v1/accounts/relationships", **{"id[]": str(known_ben.id)})
    assert (found["following"], found["requested"]) == (True, False)

    # What is for followers is seen by them, and by nobody who looks after their server.
    private = await post(b, "For those who follow me", "private")
    letter = await post(b, f"@{ada.handle} only for you", "direct")
    await fediverse.settle()
    for said in (private, letter):
        number = await number_of(garden, said["uri"])
        assert (await a.call("GET", f"/api/v1/statuses/{number}"))["visibility"] == said["visibility"]
        await z.call("GET", f"/api/v1/statuses/{number}", status=404)
        assert await lake.fetch(said["uri"]) is None
        assert await garden.fetch(said["uri"]) is None
        assert await number_of(lake, said["uri"]) is None
    assert [text for text in await a.home_timeline() if "follow me" in text]
    assert not [text for text in await a.home_timeline() + await z.home_timeline() if "only for you" in text]

    # An answer in private comes back, to that person alone.
    number = await number_of(garden, letter["uri"])
    answer = await garden.home.client.post(
        "/api/v1/statuses",
        headers=a.headers,
        json={"status": f"@{ben.handle} thank you", "visibility": "direct", "in_reply_to_id": number},
    )
    assert answer.status_code == 200, answer.text
    await fediverse.settle()
    there = await number_of(harbour, answer.json()["uri"])
    assert (await b.call("GET", f"/api/v1/statuses/{there}"))["in_reply_to_id"] == letter["id"]
    assert await number_of(lake, answer.json()["uri"]) is None

    # A boost brings the post of somebody whom nobody on garden knows.
    shown = await post(e, "Ducks on the lake", "public")
    found_there = await harbour.find(shown["uri"])
    await b.call("POST", f"/api/v1/statuses/{found_there.id}/reblog")
    await fediverse.settle()
    assert [text for text in await a.home_timeline() if "Ducks" in text]

    await b.call("DELETE", f"/api/v1/statuses/{private['id']}")
    await fediverse.settle()
    assert not [text for text in await a.home_timeline() if "follow me" in text]

    # Who is blocked learns that a follow has ended, and nothing else; nothing of theirs comes through.
    await a.call("POST", f"/api/v1/accounts/{known_ben.id}/block")
    await fediverse.settle()
    assert await harbour.pool.fetchval("select count(*) from follows where followed_id = $1", ben.id) == 0
    assert not [heard for heard in harbour.heard if b'"Block"' in heard.body]
    late = await post(b, f"@{ada.handle} are you there?", "direct")
    await fediverse.settle()
    assert await number_of(garden, late["uri"]) is None
    await a.call("GET", f"/api/v1/statuses/{number}", status=404)
