"""What an idle server holds in memory, without its database."""

import asyncio
from pathlib import Path

import httpx

from benchmarks import stage
from benchmarks.table import Figure

LIMIT = 130.0


async def figures(folder: Path) -> list[Figure]:
    """Resident megabytes of `serve` after it has answered a few pages and sat still."""
    async with stage.built(folder) as place:
        with stage.program(["-m", "fediverse_support", "serve"], place.environment, place.port) as pid:
            async with httpx.AsyncClient() as client:
                for path in ("/", "/sign-in", "/about", "/nodeinfo/2.1"):
                    await client.get(
                        f"http://127.0.0.1:{place.port}{path}", headers={"host": place.settings.domain}
                    )
            await asyncio.sleep(2)
            held = stage.resident_megabytes(pid)
    return [Figure("serve, idle", held, "MB resident", f"{LIMIT:g} MB", held / LIMIT, 1.0)]
