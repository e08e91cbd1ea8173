"""The policy in force, compiled, in the memory of this process; renewed within a second of a change."""

import asyncio
from collections.abc import Collection

import structlog

from fediverse_support.core.errors import Malformed, Misconfigured, Unavailable
from fediverse_support.database import domains, policy_versions
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.policy.document import Document
from fediverse_support.policy.engine import Policy, compile_policy
from fediverse_support.policy.ladder import Rung

log = structlog.get_logger()

LOOKS_EVERY = 1.0
SMALL = 500
"""Up to how many rungs, phrases and (ten times) rules a policy is compiled at once, in some milliseconds."""


class Policies:
    """Holds the compiled policy; `refresh` looks whether there is a newer version.

    A version that cannot be compiled changes nothing: the last one holds. At the start there is none, so then
    nothing is let in from other servers, and `trouble` says what to do.
    """

    def __init__(self) -> None:
        self._policy = compile_policy(0, (), Document(mode="allow-list"))
        self._seen = 0
        self._trouble: Misconfigured | None = None

    def current(self) -> Policy:
        """The policy in force. Call `refresh` once before the first use: version 0 lets nobody in."""
        return self._policy

    @property
    def trouble(self) -> Misconfigured | None:
        """Why the version in force in the database is not the one that decides here; None if it is."""
        return self._trouble

    async def refresh(self, db: Connection) -> bool:
        """Compile again if the version has changed; whether another policy holds now."""
        version = await policy_versions.latest(db)
        if version == self._seen:
            return False
        try:
            self._policy = await in_force(db)
        except Malformed as error:
            self._seen = version
            self._trouble = _trouble(version, self._policy.version, error)
            # What is wrong may quote a rule: that is for who looks after it, not for the log.
            log.error("policy.not_compiled", number=version)
            return False
        self._seen, self._trouble = self._policy.version, None
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


async def in_force(db: Connection) -> Policy:
    """The policy in force, compiled. Raises `Malformed` (`BadRule`) for one that cannot be."""
    while True:
        version = await policy_versions.latest(db)
        document, rungs = await policy_versions.document(db, version), await domains.rungs(db)
        if version == await policy_versions.latest(db):
            # Else somebody changed it between the two, which must not be a policy that never was.
            return await compiled(version, rungs, document)


async def compiled(version: int, rungs: Collection[Rung], document: Document) -> Policy:
    """A policy, compiled beside the event loop where that takes more than a moment. Raises `BadRule`."""
    size = len(rungs) + 10 * len(document.rules) + sum(len(one.phrases) for one in document.words.values())
    if size < SMALL:
        return compile_policy(version, rungs, document)
    return await asyncio.to_thread(compile_policy, version, rungs, document)


def _trouble(version: int, holds: int, error: Malformed) -> Misconfigured:
    then = f"Version {holds} holds." if holds else "Nothing is let in from other servers."
    return Misconfigured(
        f"Version {version} of the policy cannot be put in force. {error.message} {then} "
        "Take it back with `fediverse-support policy undo`."
    )
