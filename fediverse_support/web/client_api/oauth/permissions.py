"""What an app may do, in plain words, for the page that asks and the list of connected apps."""

from collections.abc import Collection

from fediverse_support.core import scopes
from fediverse_support.web.rendering import N_

_PARTS = {
    "read": N_("Read everything that you can read here, also what is for members only and messages to you."),
    "read:accounts": N_("See your profile and your settings, and look up other people and groups."),
    "read:statuses": N_(
        "Read all posts that you can read, also what is for members only and messages to you."
    ),
    "read:notifications": N_("See what is new for you."),
    "read:follows": N_("See whom you follow and which groups you are in."),
    "read:lists": N_("See your lists."),
    "read:search": N_("Search for you."),
    "read:favourites": N_("See what you liked."),
    "read:bookmarks": N_("See your bookmarks."),
    "read:filters": N_("See your filters."),
    "read:mutes": N_("See whom you have muted."),
    "read:blocks": N_("See whom you have blocked."),
    "write": N_(
        "Act in your name: write, answer, react, vote, report, join and leave groups, change your profile."
    ),
    "write:statuses": N_(
        "Write, answer, vote and pass posts on in your name; change and delete what you wrote."
    ),
    "write:media": N_("Upload pictures and other files for you."),
    "write:favourites": N_("Like posts in your name."),
    "write:bookmarks": N_("Keep bookmarks for you."),
    "write:conversations": N_("Mark messages as read, or put them away."),
    "write:notifications": N_("Mark as seen what is new for you."),
    "write:follows": N_("Follow people, and join and leave groups for you."),
    "write:lists": N_("Change your lists."),
    "write:filters": N_("Change your filters."),
    "write:mutes": N_("Mute people and conversations for you."),
    "write:blocks": N_("Block people for you."),
    "write:reports": N_("Report posts and people in your name."),
    "write:accounts": N_("Change your profile and your settings."),
    "follow": N_("Follow, mute and block people, and join and leave groups for you."),
    "profile": N_("See who you are: your name and your picture."),
    "push": N_("Tell your device when something is new for you."),
}
_ADMIN = N_("Look after the community. Apps can do nothing of that here, so this gives them nothing.")


def in_words(granted: Collection[str]) -> list[str]:
    """One sentence for each thing that an app may do; what another sentence says already is left out."""
    said = [words for scope, words in _PARTS.items() if scope in granted and not _is_said(scope, granted)]
    return [*said, _ADMIN] if any(scope.startswith("admin:") for scope in granted) else said


def _is_said(scope: str, granted: Collection[str]) -> bool:
    if scope == "follow":
        return "read" in granted and "write" in granted
    if scope == "profile":
        return "read" in granted or "read:accounts" in granted
    others = [one for one in granted if one not in (scope, "follow")]
    return scopes.covers(others, scope)
