"""The story of the demo, as data: `communities.toml` says who is there, `threads.toml` what they said.

`policy.toml` is what one of them has decided about what comes in, as an admin would write it.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources

import msgspec

from fediverse_support.core.models import Role

PASSWORD = "demo-only-please"  # noqa: S105  (printed on the terminal; there is nothing to protect)
"""What everybody in the story signs in with."""

_WITHIN_A_PARAGRAPH = re.compile(r"(?<!\n)\n(?!\n|\d+\. )")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class Community(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a community says of itself. `name` is the first label of its host."""

    name: str
    title: str
    tagline: str
    about: str


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of one community; `joins` are groups of both."""

    name: str
    community: str
    display_name: str
    about: str
    role: Role = "member"
    joins: tuple[str, ...] = ()


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of one community, with the people there who look after it; the first of them owns it."""

    name: str
    community: str
    title: str
    summary: str
    rules: str
    moderators: tuple[str, ...]
    topic: str
    speaking: str = "everyone"


class Waiting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who has asked to join, and waits for a moderator's answer."""

    name: str
    community: str
    display_name: str
    words: str


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, `later` than the first post; `to` counts the answers from 1, 0 is the first post."""

    by: str
    later: str
    text: str
    to: int = 0


class Thread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post that began `ago`, and what was said to it, in order. `late`: after the policy was in force."""

    group: str
    by: str
    title: str
    ago: str
    text: str
    warning: str = ""
    late: bool = False
    answers: tuple[Answer, ...] = ()


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything. Names of people and of groups are used once among all communities."""

    communities: tuple[Community, ...]
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    waiting: tuple[Waiting, ...]
    threads: tuple[Thread, ...]


POLICY_OF = "garden"
"""The community that has decided something; the other takes what comes."""


class Said(msgspec.Struct, frozen=True):
    """One thing said, in the order of the whole story: answer `number` of a thread, or its start (0)."""

    before: timedelta
    thread: int
    number: int


def read() -> Story:
    """The story that comes with the program. Raises `msgspec.ValidationError` where it is not well told."""
    folder = resources.files(__name__)
    found: dict[str, object] = {}
    for name in ("communities.toml", "threads.toml"):
        found |= msgspec.toml.decode(folder.joinpath(name).read_bytes())
    return msgspec.convert(_flowing(found), Story)


def policy() -> str:
    """The policy file of `POLICY_OF`."""
    return resources.files(__name__).joinpath("policy.toml").read_text("utf-8")


def _flowing(value: object) -> object:
    """The same with the lines of each paragraph joined: in a post every line end is shown as one."""
    if isinstance(value, dict):
        return {name: _flowing(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_flowing(part) for part in value]
    return _WITHIN_A_PARAGRAPH.sub(" ", value.strip()) if isinstance(value, str) else value


def in_order(story: Story) -> list[Said]:
    """All that is said, the oldest first, late threads last; `before` is how long before the present."""
    return sorted(_said(story), key=lambda said: (story.threads[said.thread].late, -said.before))


def _said(story: Story) -> Iterator[Said]:
    for place, thread in enumerate(story.threads):
        began = span(thread.ago)
        yield Said(began, place, 0)
        for number, answer in enumerate(thread.answers, start=1):
            yield Said(began - span(answer.later), place, number)


def span(text: str) -> timedelta:
    """The time in `2d 3h` or `40m`; raises `ValueError` for anything else.

    >>> span("1h 20m")
    datetime.timedelta(seconds=4800)
    """
    total = timedelta()
    for part in text.split():
        found = re.fullmatch(r"(\d+)([dhm])", part)
        if found is None:
            raise ValueError(f"{text!r} is not a time such as '2d 3h' or '40m'.")
        total += timedelta(**{_UNITS[found[2]]: int(found[1])})
    return total
