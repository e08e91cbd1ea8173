"""The form in which moderators write the rules of a group, and the draft that it becomes.

The form has two fields for each rule, counted from 1, and buttons whose value says what shall happen:
`add`, `keep`, `up-3`, `down-3`, `remove-3`, `publish`, `discard`.
"""

import msgspec

from fediverse_support.community.groups.rules import MOST, Rules, Words
from fediverse_support.core.errors import Malformed
from fediverse_support.web.forms import Form

LONGEST_DRAFT = 50_000


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Rules as somebody is writing them. `based_on` is the version in force that they have seen."""

    based_on: int = 0
    why: str = ""
    rules: tuple[Words, ...] = ()


_READER = msgspec.json.Decoder(Draft)


def read(form: Form) -> Draft:
    """What the form says; rules without a word in them are left out."""
    based_on = form.line("based_on")
    written = (
        Words(form.line(f"rule_{number}"), form.text(f"details_{number}").strip())
        for number in range(1, MOST + 2)
    )
    return Draft(
        based_on=int(based_on) if based_on.isdecimal() and len(based_on) < 9 else 0,
        why=form.line("why"),
        rules=tuple(words for words in written if words.title or words.details),
    )


def of_rules(rules: Rules) -> Draft:
    """The rules in force, to begin with."""
    words = tuple(Words(rule.title, rule.details_source) for rule in rules.items)
    return Draft(based_on=rules.version, rules=words or (Words(""),))


def after(draft: Draft, wanted: str) -> tuple[Draft, str]:
    """The draft after one press of a button, and the id of the place on the page to go on at."""
    verb, _, given = wanted.partition("-")
    words = list(draft.rules)
    at = int(given) - 1 if given.isdecimal() and len(given) < 4 else -1
    if verb == "add" and len(words) < MOST:
        words.append(Words(""))
        at = len(words) - 1
    elif 0 <= at < len(words) and verb == "remove":
        words.pop(at)
    elif 0 <= at < len(words) and verb in ("up", "down"):
        to = max(0, at - 1) if verb == "up" else min(len(words) - 1, at + 1)
        words.insert(to, words.pop(at))
        at = to
    changed = msgspec.structs.replace(draft, rules=tuple(words))
    return changed, f"rule-{min(at, len(words) - 1) + 1}" if words and at >= 0 else "rules"


def write_draft(draft: Draft) -> str:
    """The draft as text. Raises `Malformed` if it is too long to be kept."""
    text = msgspec.json.encode(draft).decode()
    if len(text) > LONGEST_DRAFT:
        raise Malformed("These rules are too long altogether. Nothing was lost: please shorten them.")
    return text


def read_draft(text: str) -> Draft | None:
    """The draft that was kept as `text`, or None if it is none."""
    try:
        return _READER.decode(text)
    except msgspec.DecodeError:
        return None


def kept(form: Form) -> Form:
    """What an ended session was about to send, as the draft that it will be after signing in."""
    try:
        source = write_draft(read(form))
    except Malformed:
        source = ""
    return Form({"place": form.path("place"), "title": form.line("title"), "source": source})
