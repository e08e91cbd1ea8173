"""Two communities on one machine, exchanging over real HTTP with real signatures: `fediverse-support demo`.

Nothing about the program is different here: each community has its own settings, keys, database, workers
and outbound client, and hears of the other only what arrives at its inbox.

    running.py      starts everything in order, and stops it
    communities.py  the settings and the parts of one community, in a database of its own
    doors.py        one port for both: who is asked is in the `Host` header
    story/          who is there and what they said, as data
    telling.py      performs the story through the community's functions, as members would
    crossings.py    joins what the sender and the receiver report of one activity
    view.py         shows it on the terminal
"""

from fediverse_support.demo.running import run

DEFAULT_PORT = 8600

__all__ = ["DEFAULT_PORT", "run"]
