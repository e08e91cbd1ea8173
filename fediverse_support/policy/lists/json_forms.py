"""The JSON forms in which servers publish whom they block or let in.

| form | who writes it |
|---|---|
| `[{"domain", "severity", "comment", "digest"}]` | Mastodon, `/api/v1/instance/domain_blocks`; ours |
| `[{"domain", "suspended_at", "public_comment"}]` | GoToSocial, `peers?filter=suspended` and its exports |
| `{"federated_instances": {"allowed", "blocked"}}` | Lemmy |
| `{"allowed_instances", "banned_instances"}` | PieFed |
| `{"metadata": {"federation": {"mrf_simple"}}}` | the NodeInfo of Akkoma and Pleroma |
| `{"blockedHosts", "silencedHosts", "mediaSilencedHosts"}` | Misskey, `/api/meta` of an admin |
| `{"blocks": {"DOMAIN": {"isBlocked", "reason"}}}` | RapidBlock |
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import Level
from fediverse_support.policy.levels import SEVERITY
from fediverse_support.policy.lists.rows import Rows

LEVEL_OF: dict[str, Level | None] = {
    "suspend": "blocked",
    "suspended": "blocked",
    "block": "blocked",
    "blocked": "blocked",
    "reject": "blocked",
    "drop": "blocked",
    "held": "held",
    "silence": "limited",
    "silenced": "limited",
    "limit": "limited",
    "limited": "limited",
    "filter": "limited",
    "default": None,
    "noop": None,
    "none": None,
    "allow": "allowed",
    "allowed": "allowed",
    "accept": "allowed",
    "trusted": "trusted",
}
"""What the words of others and our own mean here; None has no effect of its own."""

_MRF_LEVELS: dict[str, Level] = {
    "reject": "blocked",
    "federated_timeline_removal": "limited",
    "followers_only": "limited",
    "accept": "allowed",
}
_MRF_WITHOUT_EFFECT = (
    "media_nsfw",
    "avatar_removal",
    "banner_removal",
    "background_removal",
    "reject_deletes",
)
_MISSKEY = {"blockedHosts": "blocked", "silencedHosts": "limited", "mediaSilencedHosts": None}


def read(text: str, rows: Rows, *, allow: bool = False) -> None:
    """Take in every row of a JSON list. Raises `Malformed` for what is none of the forms above.

    `allow`: only what it lets in counts, and an array without severities lets in.
    """
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Malformed("This is not JSON that can be read.") from None
    if isinstance(found, list):
        _read_array(found, rows, allow)
    elif isinstance(found, dict):
        _read_object(found, rows, allow)
    else:
        raise Malformed("This JSON is not a list of domains.")


def is_true(value: object) -> bool:
    """Whether a cell or a field says yes."""
    return str(value).strip().lower() in ("true", "1", "yes", "t")


def _read_array(found: list[Any], rows: Rows, allow: bool) -> None:
    if found and all(isinstance(one, str) for one in found):
        raise Malformed(
            "This JSON has names and does not say what of: Mastodon's `peers` has every server it knows. "
            "If they are to be blocked, save them one to a line."
        )
    for one in found:
        if isinstance(one, dict):
            _read_entry(one, rows, allow)
        else:
            rows.skip("name")


def _read_entry(entry: dict[str, Any], rows: Rows, allow: bool) -> None:
    domain = _text(entry, "domain")
    if not domain:
        # Only a digest: Mastodon hides the names of some, and nobody can tell whose they are.
        rows.skip("hidden" if "digest" in entry else "name")
        return
    word = (_text(entry, "level") or _text(entry, "severity")).lower()
    if not word and entry.get("silenced_at") and not entry.get("suspended_at"):
        word = "silence"
    word = word or ("allowed" if allow else "suspend")
    level = LEVEL_OF.get(word)
    if word not in LEVEL_OF or (allow and level not in ("allowed", "trusted")):
        rows.skip("severity")
        return
    rows.add(
        domain,
        level,
        no_media=level != "blocked" and is_true(entry.get("reject_media")),
        no_reports=level != "blocked" and is_true(entry.get("reject_reports")),
        reason=_text(entry, "public_comment") or _text(entry, "comment"),
        shown="partly" if is_true(entry.get("obfuscate")) else "open",
    )


def _read_object(found: dict[str, Any], rows: Rows, allow: bool) -> None:
    lemmy = _table(found, "federated_instances")
    simple = _table(_table(_table(found, "metadata"), "federation"), "mrf_simple") or _table(
        found, "mrf_simple"
    )
    if lemmy:
        _read_names(lemmy, {"blocked": "blocked", "allowed": "allowed"}, rows, allow)
    elif "banned_instances" in found or "allowed_instances" in found:
        _read_names(found, {"banned_instances": "blocked", "allowed_instances": "allowed"}, rows, allow)
    elif simple:
        info = _table(_table(found, "metadata"), "federation").get("mrf_simple_info")
        _read_simple(simple, info if isinstance(info, dict) else {}, rows, allow)
    elif _MISSKEY.keys() & found.keys():
        _read_misskey(found, rows, allow)
    elif _table(found, "blocks"):
        _read_rapidblock(_table(found, "blocks"), rows, allow)
    elif isinstance(found.get("domain_blocks"), list):
        _read_array(found["domain_blocks"], rows, allow)
    else:
        raise Malformed("This JSON is not a list of domains in a form that we know.")


def _read_names(found: Mapping[str, Any], levels: Mapping[str, Level], rows: Rows, allow: bool) -> None:
    """Take in arrays of names, or of objects with a `domain`: one array for each level."""
    for key, level in levels.items():
        for one in _array(found, key):
            name = one if isinstance(one, str) else _text(one, "domain") if isinstance(one, dict) else ""
            if allow and level == "blocked":
                rows.skip("severity")
            elif not name:
                rows.skip("name")
            else:
                rows.add(name, level, reason=_text(one, "reason") if isinstance(one, dict) else "")


def _read_simple(simple: dict[str, Any], info: dict[str, Any], rows: Rows, allow: bool) -> None:
    """Akkoma names a domain under each thing that it does to it: together they are one row."""
    levels: dict[str, Level | None] = {}
    reasons: dict[str, str] = {}
    for key, level in _MRF_LEVELS.items():
        for name in _names(simple, key):
            known = levels.get(name)
            levels[name] = level if known is None or SEVERITY[level] > SEVERITY[known] else known
            reasons[name] = reasons.get(name) or _text(_table(_table(info, key), name), "reason")
    no_media, no_reports = (frozenset(_names(simple, key)) for key in ("media_removal", "report_removal"))
    for key in _MRF_WITHOUT_EFFECT:
        for name in _names(simple, key):
            if name not in levels and name not in no_media and name not in no_reports:
                rows.skip("noop")
    for name in sorted(levels.keys() | no_media | no_reports):
        if allow and levels.get(name) != "allowed":
            rows.skip("severity")
            continue
        is_open = levels.get(name) != "blocked"
        rows.add(
            name,
            levels.get(name),
            no_media=is_open and name in no_media,
            no_reports=is_open and name in no_reports,
            reason=reasons.get(name, ""),
        )


def _read_misskey(found: dict[str, Any], rows: Rows, allow: bool) -> None:
    if allow:
        raise Malformed("This list says whom to block, and not whom to let in.")
    _read_names(found, {"blockedHosts": "blocked", "silencedHosts": "limited"}, rows, allow)
    for name in _names(found, "mediaSilencedHosts"):
        rows.add(name, None, no_media=True)


def _read_rapidblock(blocks: dict[str, Any], rows: Rows, allow: bool) -> None:
    for name, block in blocks.items():
        is_blocked = isinstance(block, dict) and block.get("isBlocked", True) is True
        if allow:
            rows.skip("severity")
        elif is_blocked:
            rows.add(name, "blocked", reason=_text(block, "reason"))
        else:
            rows.skip("noop")


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _array(found: Mapping[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _names(found: Mapping[str, Any], key: str) -> list[str]:
    """The names under `key`; Pleroma once wrote pairs of a name and a reason."""
    pairs = (one[0] if isinstance(one, list) and one else one for one in _array(found, key))
    return [one for one in pairs if isinstance(one, str)]


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
