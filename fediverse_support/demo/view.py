"""What the person at the terminal sees: where to look, who to sign in as, and each crossing as a line.

With colours on a terminal; as plain lines into a file or a pipe, where scripts read it.
"""

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from fediverse_support.core import clock
from fediverse_support.demo.crossings import Crossing
from fediverse_support.demo.story import PASSWORD, Person, Story

_COLOURS = {"garden": "green", "harbour": "cyan"}
_TO_SIGN_IN_AS = ("maya", "tomasz", "ruth", "gwen", "leo", "noor")
_ROLES = {
    "member": "a member",
    "moderator": "a moderator: sees the desk",
    "admin": "an admin",
    "owner": "looks after the whole community: sees the desk",
}


class View:
    """The terminal. `say` is for progress; it goes to the same place, so that nothing is out of order."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(
            file=sys.stdout, highlight=False, soft_wrap=True, emoji=False, markup=False
        )

    def say(self, line: str) -> None:
        """One plain line."""
        self.console.print(Text(line, style="dim" if self.console.is_terminal else ""))
        self.console.file.flush()

    def show(self, crossing: Crossing) -> None:
        """One activity that crossed."""
        self.console.print(line_of(crossing, clock.now().astimezone()))
        self.console.file.flush()

    def introduce(self, story: Story, port: int, folder: str) -> None:
        """Where to look, who to sign in as, what to try, how to stop."""
        for line in introduction(story, port, folder):
            self.console.print(line)
        self.console.file.flush()


def line_of(crossing: Crossing, now: datetime) -> Text:
    """`12:04:31  garden → harbour  maya writes in night_owls (Create)  policy: accept  delivered in …`."""
    took = [
        f"{word} in {spent:.0f} ms"
        for word, spent in (("delivered", crossing.delivered), ("processed", crossing.processed))
        if spent is not None
    ]
    return Text.assemble(
        (f"{now:%H:%M:%S}  ", "dim"),
        (f"{crossing.source:>7}", _COLOURS.get(crossing.source, "")),
        " → ",
        (f"{crossing.target:<7}  ", _COLOURS.get(crossing.target, "")),
        (crossing.who, "bold"),
        f" {crossing.what}  ",
        (crossing.verdict, "green" if crossing.is_good else "yellow"),
        (f"  {', '.join(took)}", "dim"),
    )


def introduction(story: Story, port: int, folder: str) -> list[Text]:
    """The lines that tell a newcomer what to do."""
    rule = "─" * min(shutil.get_terminal_size((88, 24)).columns, 88)
    lines = [Text(rule, style="dim")]
    for community in story.communities:
        url = f"http://{community.name}.localhost:{port}"
        lines.append(Text.assemble("  ", (f"{community.title:<12}", "bold"), (url, _COLOURS[community.name])))
    lines += [Text(), Text.assemble("  Sign in with the password ", (PASSWORD, "bold"), " as")]
    lines += [_person(person, story) for person in _chosen(story.people)]
    lines += [
        Text(),
        Text("  To try"),
        Text(
            "  1. Sign in to The Garden as maya. Her groups include Night owls, which lives at The Harbour."
        ),
        Text("     Open it, write a post, and watch it cross below."),
        Text("  2. Sign in to The Harbour as gwen: the post is there. Answer it, and look again as maya."),
        Text(
            "  3. Look at the desk as ruth or noor: what arrived, what policy decided, who waits at the door."
        ),
        Text("  4. Commands work beside it, here for The Garden:"),
        Text.assemble(
            "     FS_SETTINGS=", (f"{folder}/garden/settings.toml", "dim"), " fediverse-support policy show"
        ),
        Text(),
        Text.assemble("  Ctrl-C stops everything. What is said stays in ", (folder, "dim"), ";"),
        Text("  make run ARGS=--fresh starts over."),
        Text(rule, style="dim"),
    ]
    return lines


def _chosen(people: Sequence[Person]) -> list[Person]:
    return [person for name in _TO_SIGN_IN_AS for person in people if person.name == name]


def _person(person: Person, story: Story) -> Text:
    title = next(found.title for found in story.communities if found.name == person.community)
    colour = _COLOURS[person.community]
    return Text.assemble("    ", (f"{person.name:<8}", "bold"), (f"{title:<13}", colour), _ROLES[person.role])
