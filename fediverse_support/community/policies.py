"""The policy in force, compiled, in the memory of this process; renewed within a second of a change."""

import asyncio

from fediverse_support.core.errors import Conflict, Malformed, Unavailable
from fediverse_support.core.models import Level
from fediverse_support.database import domains, policy_versions, recalls
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.policy.engine import Policy, compile_policy
from fediverse_support.protocol.site import Site
from fediverse_support.protocol.urls import normal_host

LOOKS_EVERY = 1.0


class Policies:
    """Holds the compiled policy; `refresh` looks whether there is a newer version."""

    def __init__(self) -> None:
        self._policy = compile_policy(0, [])

    def current(self) -> Policy:
        """The policy in force. Call `refresh` once before the first use: version 0 knows no domain."""
        return self._policy

    async def refresh(self, db: Connection) -> bool:
        """Compile again if the version has changed; whether it had."""
        version = await policy_versions.latest(db)
        if version == self._policy.version:
            return False
        self._policy = compile_policy(version, await domains.rungs(db))
        return True

    async def run(self, pool: Pool, stop: asyncio.Event) -> None:
        """Look every second until `stop` is set. While the database is away the last policy holds."""
        while not stop.is_set():
            try:
                async with acquire(pool) as db:
                    await self.refresh(db)
            except Unavailable:
                pass
            try:
                await asyncio.wait_for(stop.wait(), LOOKS_EVERY)
            except TimeoutError:
                continue


async def set_level(
    db: Connection,
    site: Site,
    domain: str,
    level: Level | None,
    *,
    public_reason: str = "",
    private_note: str = "",
    by: int | None = None,
) -> int:
    """Set the level of a domain (None: no level of its own); the new version of the policy.

    What waits to be sent to a domain that is blocked is taken back. The caller opened the transaction.
    Raises `Malformed` for what is not a domain, `Conflict` for our own.
    """
    name = normal_host(domain).partition(":")[0]
    ours = site.domain.partition(":")[0]
    if ours == name or ours.endswith(f".{name}"):
        raise Conflict("This is our own domain: it would close this community to itself.")
    if len(public_reason) > 1000 or len(private_note) > 5000:
        raise Malformed("The reason may have 1,000 characters, the note 5,000.")
    if level is None:
        await domains.remove(db, name)
    else:
        await domains.put(db, name, level, public_reason=public_reason, private_note=private_note, by=by)
    if level == "blocked":
        await recalls.from_domain(db, name)
    return await policy_versions.begin(db, by=by, why=f"{name}: {level or 'no level'}")
