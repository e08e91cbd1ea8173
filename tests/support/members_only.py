"""A members-only group with a thread, and servers of every kind that ask for it."""

from urllib.parse import quote

from fediverse_support.core.models import Actor, Group, Post
from tests.support.home import Home

ORIGIN = "http://garden.localhost:8000"
NOWHERE = f"/posts/{'0' * 32}"


class Scene:
    """A members-only group with a thread, seen from servers of every kind."""

    def __init__(self, home: Home, group: Group, ada: Actor, post: Post, answer: Post) -> None:
        self.home, self.group, self.ada, self.post, self.answer = home, group, ada, post, answer

    async def asks(self, actor, path, *, style="cavage", signed=None, **headers):
        """A GET signed by `actor`, or (None) by nobody."""
        fields = signed if signed is not None else actor.sign_get(ORIGIN + path, style=style) if actor else {}
        fields = {**fields, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.home.client.get(path, headers={"accept": "application/activity+json"} | fields)

    async def create(self):
        return (await self.home.published(self.ada))[0]["id"].removeprefix(ORIGIN)

    async def announce(self):
        return (await self.home.published(self.group.actor))[0]["id"].removeprefix(ORIGIN)

    async def paths(self):
        """What a guest is told does not exist, and servers of members may read."""
        thread = f"/posts/{self.post.public_id}"
        return [
            thread, f"/posts/{self.answer.public_id}", f"{thread}/context", f"{thread}/context/1",
            f"{thread}/replies", f"{thread}/replies/1", await self.create(), await self.announce(),
        ]  # fmt: skip


async def nothing(scene):
    answer = await scene.home.get(NOWHERE)
    assert answer.status_code == 404
    return answer


def same(one, other):
    return (one.status_code, one.content, one.headers.raw) == (
        other.status_code,
        other.content,
        other.headers.raw,
    )


async def is_told_nothing(scene, actor, **options):
    """Assert that all of it is, for this signer, as if it had never been."""
    missing = await nothing(scene)
    for path in await scene.paths():
        assert same(await scene.asks(actor, path, **options), missing), path
    for path in ("/groups/sober/outbox", "/groups/sober/outbox/newest", "/groups/sober/featured"):
        assert (await scene.asks(actor, path, **options)).json()["orderedItems"] == [], path
    assert (await scene.asks(actor, "/people/ada/outbox", **options)).json()["totalItems"] == 0
    assert "totalItems" not in (await scene.asks(actor, "/groups/sober/followers", **options)).json()
    whom = quote("https://members.example/users/lea", safe="")
    for path in (f"/groups/sober/followers?is_follower={whom}", "/groups/sober/followers_synchronization"):
        assert same(await scene.asks(actor, path, **options), missing), path
