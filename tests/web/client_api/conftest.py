"""An app's view of a community: JSON over ASGI with a real token and a real database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from fediverse_support.accounts import grants
from fediverse_support.core import clock
from fediverse_support.core.models import Account
from fediverse_support.database.pool import acquire

EVERYTHING = ("read", "write", "follow", "push", "profile")


class App:
    """An app with a token, or without one."""

    def __init__(self, world: Any, token: str | None, address: str = "192.0.2.9") -> None:
        self.token = token
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(world.app, raise_app_exceptions=False, client=(address, 1)),
            base_url=world.site.origin,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def call(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """One call. Whatever comes back is JSON and readable for any origin."""
        answer = await self.http.request(method, path, **sent)
        assert answer.headers["content-type"] == "application/json", answer.text[:300]
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer

    async def get(self, path: str, **params: Any) -> Any:
        """The body of a GET that succeeds."""
        answer = await self.call("GET", path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, json: Any = None) -> Any:
        """The body of a POST that succeeds."""
        answer = await self.call("POST", path, json=json or {})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, status: int, method: str, path: str, **sent: Any) -> str:
        """What is said to a call that fails with `status`."""
        answer = await self.call(method, path, **sent)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        said: str = answer.json()["error"]
        return said


Opened = Callable[..., Awaitable[App]]


@pytest.fixture
def api(world) -> Opened:
    """An app of an account: `await api(ada)`; with fewer scopes, or acting as a group."""

    async def opened(
        account: Account | None = None,
        scopes: Sequence[str] = EVERYTHING,
        *,
        acts_as: int | None = None,
        address: str = "192.0.2.9",
    ) -> App:
        if account is None:
            return App(world, None, address)
        async with acquire(world.pool) as db:
            token = await grants.issue(
                db,
                account=account,
                actor_id=acts_as or account.actor_id,
                application_id=None,
                scopes=scopes,
                now=clock.now(),
            )
        return App(world, token, address)

    return opened
