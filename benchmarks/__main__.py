"""Run the benchmarks named on the command line, or all of them, and print one table."""

import asyncio
import sys

from benchmarks import doors, fanout, inbox, memory, pages, policy, replay, stage, streaming, timelines
from benchmarks.table import Figure, show
from fediverse_support.serving import loop_factory

ALL = {
    "inbox": inbox.figures,
    "fanout": fanout.figures,
    "pages": pages.figures,
    "doors": doors.figures,
    "replay": replay.figures,
    "memory": memory.figures,
    "policy": policy.figures,
    "timelines": timelines.figures,
    "streaming": streaming.figures,
}


def main() -> None:
    """Exit with 1 if a limit was not kept, 2 for a name that there is not."""
    chosen = sys.argv[1:] or list(ALL)
    if unknown := set(chosen) - set(ALL):
        print(
            f"There is no benchmark called {', '.join(unknown)}: choose from {', '.join(ALL)}.",
            file=sys.stderr,
        )
        sys.exit(2)
    stage.keep_aside()
    figures: list[Figure] = []
    for name in chosen:
        print(f"{name} …", flush=True)
        with stage.folder() as place:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                figures += runner.run(ALL[name](place))
    sys.exit(0 if show(figures) else 1)


if __name__ == "__main__":
    main()
