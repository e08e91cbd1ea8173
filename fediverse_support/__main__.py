"""`python -m fediverse_support` and `fediverse-support`: see `cli.py`."""

import sys

from fediverse_support.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
