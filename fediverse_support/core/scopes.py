"""What an application may do for somebody: the scopes of the Mastodon API, and which of them cover which.

read ⊃ read:statuses, …      write ⊃ write:statuses, …
follow (old, still asked for by every app) ⊃ read and write of blocks, follows and mutes
profile: who somebody is     push: web push
"""

from collections.abc import Collection, Iterable

READ = tuple(
    f"read:{what}"
    for what in (
        "accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes",
        "notifications", "search", "statuses",
    )
)  # fmt: skip
WRITE = tuple(
    f"write:{what}"
    for what in (
        "accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists",
        "media", "mutes", "notifications", "reports", "statuses",
    )
)  # fmt: skip
ADMIN = (
    "admin:read",
    "admin:read:accounts",
    "admin:read:reports",
    "admin:read:domain_allows",
    "admin:read:domain_blocks",
    "admin:read:ip_blocks",
    "admin:read:email_domain_blocks",
    "admin:read:canonical_email_blocks",
    "admin:write",
    "admin:write:accounts",
    "admin:write:reports",
    "admin:write:domain_allows",
    "admin:write:domain_blocks",
    "admin:write:ip_blocks",
    "admin:write:email_domain_blocks",
    "admin:write:canonical_email_blocks",
)
"""Known, so that tools may register with them; nothing here is done with them."""

KNOWN = frozenset(("profile", "read", *READ, "write", *WRITE, "follow", "push", *ADMIN))
DEFAULT = ("read",)

_FOLLOW = frozenset(f"{deed}:{what}" for deed in ("read", "write") for what in ("blocks", "follows", "mutes"))


def parse(text: str) -> tuple[str, ...]:
    """The scopes in a request, in their order, each once; separated by blanks, `+` or commas.

    >>> parse("read write+read,push")
    ('read', 'write', 'push')
    """
    return tuple(dict.fromkeys(text.replace("+", " ").replace(",", " ").split()))


def covers(granted: Collection[str], wanted: str) -> bool:
    """Whether `granted` allow what needs the scope `wanted`.

    >>> covers(["read"], "read:statuses"), covers(["read:statuses"], "read")
    (True, False)
    >>> covers(["follow"], "write:mutes"), covers(["admin:read"], "admin:write:reports")
    (True, False)
    """
    if wanted in granted or (wanted in _FOLLOW and "follow" in granted):
        return True
    wider, _, what = wanted.rpartition(":")
    return bool(what) and wider not in ("", "admin") and wider in granted


def all_covered(granted: Collection[str], wanted: Iterable[str]) -> bool:
    """Whether `granted` cover each scope of `wanted`: an application asks for no more than it said."""
    return all(covers(granted, scope) for scope in wanted)
