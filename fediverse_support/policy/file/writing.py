"""Writes a policy as a file: each rule below its sentence, one domain to a line.

What is invisible or turns the direction of writing is escaped, so that nobody is shown another file than the
one that counts.
"""

import functools
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from fediverse_support.policy import sentences
from fediverse_support.policy.document import INSTANCE, DomainText, ListText, RuleText, Whole, WordList

MARK = "#: "
"""How the lines begin that are made from the rules. What else is written after a # is lost."""

_HEAD = """\
#: What this community lets in, holds and does not take.
#: Lines that begin with #: are made from what stands below them. Other comments are not kept:
#: what you want to remember belongs into a note.
"""
_WIDE = 100
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_JOINERS = "\u200c\u200d"
"""Of what is invisible only these stay: Persian words and many emoji are made with them."""


def write(whole: Whole) -> str:
    """The file that says this. `file.read` of it gives the same again."""
    parts = [_HEAD]
    if whole.rules is not None and not whole.rules:
        # Has to stand before the first table: after it, it would belong to that.
        parts.append("rule = []\n")
    parts += _community(whole)
    if whole.domains is not None:
        parts.append(_table("domains", whole.domains.items(), _domain))
    if whole.excludes is not None:
        parts.append(_table("excludes", whole.excludes.items(), text))
    parts += _named("lists", whole.lists, _list)
    parts += _named("words", whole.words, _word_list)
    parts += [_rule(rule) for rule in whole.rules or ()]
    return "\n".join(parts)


def text(value: str) -> str:
    """A text in quotes."""
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return '"' + "".join(_shown(letter) for letter in value) + '"'


def _shown(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    if letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp"):
        return letter
    return f"\\u{ord(letter):04X}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08X}"


def _key(name: str) -> str:
    return name if name and set(name) <= _BARE else text(name)


def value(given: object) -> str:
    """Any value that stands in a rule."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        return str(given)
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, str):
        return text(given)
    if isinstance(given, Mapping):
        return _in_braces((name, value(one)) for name, one in given.items())
    return _list_of([text(str(one)) for one in given] if isinstance(given, Iterable) else [])


def _list_of(shown: list[str]) -> str:
    if sum(map(len, shown)) <= _WIDE:
        return f"[{', '.join(shown)}]"
    return "[\n" + "".join(f"  {one},\n" for one in shown) + "]"


def _in_braces(pairs: Iterable[tuple[str, str]]) -> str:
    shown = ", ".join(f"{_key(name)} = {one}" for name, one in pairs)
    return f"{{ {shown} }}" if shown else "{}"


@functools.cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _fields(given: msgspec.Struct) -> Iterator[tuple[str, str]]:
    """The fields that are not as they are anyway, under the names that they have in the file."""
    for field in _fields_of(type(given)):
        found: Any = getattr(given, field.name)
        if field.required or (found != field.default and found != {}):
            yield field.encode_name, value(found)


def _community(whole: Whole) -> list[str]:
    lines = []
    if whole.mode is not None:
        lines.append(f"mode = {text(whole.mode)}\n")
    if whole.consensus is not None:
        lines.append(f"consensus = {whole.consensus}\n")
    return ["[community]\n" + "".join(lines)] if lines else []


def _table(name: str, entries: Iterable[tuple[str, Any]], shown: Any) -> str:
    lines = [f"{text(key)} = {shown(one)}\n" for key, one in sorted(entries)]
    return f"[{name}]\n" + "".join(lines)


def _domain(given: DomainText) -> str:
    fields = dict(_fields(given))
    return _in_braces({"level": text(given.level), **fields}.items())


def _named(name: str, entries: Mapping[str, Any] | None, shown: Any) -> list[str]:
    if entries is None:
        return []
    if not entries:
        return [f"[{name}]\n"]
    return [f"[{name}.{_key(key)}]\n" + shown(one) for key, one in entries.items()]


def _list(given: ListText) -> str:
    return "".join(f"{name} = {one}\n" for name, one in _fields(given))


def _word_list(given: WordList) -> str:
    fields = dict(_fields(given)) | {"phrases": _phrases(given.phrases)}
    return "".join(f"{name} = {one}\n" for name, one in fields.items())


def _phrases(given: Iterable[str]) -> str:
    return "[\n" + "".join(f"  {text(one)},\n" for one in given) + "]"


def _rule(given: RuleText) -> str:
    fields = dict(_fields(given))
    # Both are always said: they are the rule.
    order = {"name": fields.pop("name"), "scope": fields.pop("scope", text(INSTANCE))}
    order["when"] = fields.pop("when", "{}")
    if "unless" in fields:
        order["unless"] = fields.pop("unless")
    order["then"] = fields.pop("then", text(given.then))
    lines = "".join(f"{name} = {one}\n" for name, one in (order | fields).items())
    return f"{_comment(sentences.of_rule(given))}[[rule]]\n{lines}"


def _comment(sentence: str) -> str:
    shown = "".join(" " if letter in "\n\r\t" else _shown(letter) for letter in sentence)
    plain = shown.replace('\\"', '"').replace("\\\\", "\\")
    return "".join(f"{MARK}{one}\n" for one in textwrap.wrap(plain, _WIDE, break_long_words=False))
