"""Pictures in a process of their own, with an end to its time and its memory, and without files or network.

The process gets the bytes on its standard input and gives the new files on its standard output. Before it
reads the first byte it has given away every right that it can give away: ten seconds of CPU, 512 MiB of
memory, no file descriptor beyond the three that it has (so it opens no file and no socket), no other process,
no environment. Run as a program, this module is that process.
"""

import asyncio
import contextlib
import resource
import sys
from pathlib import Path

import msgspec

from fediverse_support.core.errors import Malformed, TooLarge
from fediverse_support.core.pictures import LARGEST_REMOTE_FILE, Picture, Purpose
from fediverse_support.policy.wording import N_

SECONDS = 60.0
"""In all; what counts is the CPU, but a machine with much to do may take its time."""
CPU_SECONDS = 10
MEMORY = 512 << 20
_ROOT = Path(__file__).resolve().parents[2]
_NOT_TAKEN = 3
_REASONS = {
    b"unknown": N_("This is no picture that can be used here. JPEG, PNG, GIF, WebP and AVIF can."),
    b"too large": N_("This picture has too many pixels: at most 24 million, and 8,000 on a side."),
    b"too long": N_("This moving picture is too long to be used here."),
    b"broken": N_("This picture is damaged."),
}
_TOO_MUCH = N_("This picture takes more time or memory than we give to one.")


async def developed(data: bytes, purpose: Purpose, seconds: float = SECONDS) -> Picture:
    """The picture in `data`, made anew. Safe to run twice.

    Raises `Malformed` for what is no picture that we take, or a broken one; `TooLarge` for what has too many
    pixels or does not end in time or memory. The sentences may be shown.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-B", "-m", "fediverse_support.network.picture_process", purpose),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": str(_ROOT)},
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await child.communicate(data)
    except TimeoutError:
        raise TooLarge(_TOO_MUCH) from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode == _NOT_TAKEN:
        kind = TooLarge if output.startswith(b"too") else Malformed
        raise kind(_REASONS.get(output, _REASONS[b"broken"]))
    if child.returncode != 0:
        raise TooLarge(_TOO_MUCH)
    return msgspec.msgpack.decode(output, type=Picture)


def main() -> int:
    """Make the picture on standard input anew, for the purpose in the first argument."""
    from fediverse_support.network import picture_making

    purpose = msgspec.convert(sys.argv[1], Purpose)
    picture_making.prepare()
    _give_up_rights()
    data = sys.stdin.buffer.read(LARGEST_REMOTE_FILE + 1)
    try:
        found = picture_making.made(data, purpose)
    except picture_making.NotTaken as why:
        sys.stdout.buffer.write(str(why).encode())
        return _NOT_TAKEN
    sys.stdout.buffer.write(msgspec.msgpack.encode(found))
    return 0


def _give_up_rights() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
