"""JSON-LD compaction in a process of its own, with an end to its time and its memory.

A JSON-LD processor on a stranger's document can take any time, any memory, and fall in any way. So it runs
apart: two seconds of CPU, 512 MiB, five seconds in all, no files, no environment, and only the contexts of
`protocol.contexts`. Run as a program, this module is that process.
"""

import asyncio
import resource
import sys
from pathlib import Path
from typing import Any

from fediverse_support.core.errors import Refused, TooLarge
from fediverse_support.protocol import json_gate
from fediverse_support.protocol.jsonld import compact
from fediverse_support.protocol.vocabulary import Document

SECONDS = 5.0
CPU_SECONDS = 2
MEMORY = 512 << 20
REFUSED = 3
ROOT = Path(__file__).resolve().parents[2]


async def compact_apart(document: Document, seconds: float = SECONDS) -> dict[str, Any]:
    """`document` compacted to the names that `protocol.parsing` reads. Safe to run twice.

    Raises `Refused` for unknown contexts, restructuring keywords, and whatever does not end in time or in
    memory; `TooLarge` for a result beyond the limits of the JSON gate.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-B", "-m", "fediverse_support.network.jsonld_process"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": str(ROOT)},
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await child.communicate(json_gate.write(document))
    except TimeoutError:
        raise Refused("Reading this JSON-LD takes too long.") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise Refused("This document uses JSON-LD that we do not take.")
    return json_gate.read(output, json_gate.FETCHED)


def main() -> int:
    """Compact the document on standard input to standard output; 3 means that it was refused."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    limit = json_gate.FETCHED.size
    try:
        written = json_gate.write(
            compact(json_gate.read(sys.stdin.buffer.read(limit + 1), json_gate.FETCHED))
        )
        if len(written) > limit:
            raise TooLarge
    except Refused:
        return REFUSED
    sys.stdout.buffer.write(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
