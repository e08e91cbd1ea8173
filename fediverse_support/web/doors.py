"""The doors of a group in plain words: who can join, read and write, and how far words reach.

The one place where the four answers become sentences: the page of a group, the directory and the settings all
ask here. What is said must be true of what `community/visibility.py` and `community/joining/speaking.py`
decide.
"""

from fediverse_support.community import visibility
from fediverse_support.core.models import REACHES, Group, Reach
from fediverse_support.web.rendering import N_

_JOINING = {
    "open": N_("Anyone can join at once, here or from another server."),
    "approval": N_("You can ask to join. Somebody who looks after the group reads every request."),
    "invite": N_("One joins by invitation."),
}
_JOINING_MEMBERS = {
    "open": N_("Anyone can join at once; from other servers, only where what is said stays among members."),
    "approval": N_(
        "You can ask to join, also from another server where what is said stays among members. "
        "Somebody who looks after the group reads every request."
    ),
    "invite": N_("One joins by invitation. For who has none, there is no such group."),
}
_JOINING_SEALED = {
    "open": N_("Anyone who has an account in this community can join at once."),
    "approval": N_(
        "Anyone who has an account in this community can ask to join. "
        "Somebody who looks after the group reads every request."
    ),
    "invite": N_("People of this community join by invitation. For who has none, there is no such group."),
}
_READING_ALL = N_("Everyone can read it, with an account or without.")
_READING_MEMBERS = N_("Only its members can read it.")
_WRITING = {
    "everyone": N_(
        "Anyone with an account can write in it, here or on another server, also without joining."
    ),
    "members": N_("Everyone who has joined can write in it."),
    "moderators": N_("Only those who look after it write in it. Others read along."),
}
_REACHING: dict[Reach, str] = {
    "open": N_("What is written can be shown and passed on everywhere, here and on other servers."),
    "quiet": N_(
        "What is written can be read by everyone who has the link, here and on other servers. "
        "It is not put on show anywhere."
    ),
    "members": N_(
        "What is written goes to the members only, and to the servers where they have their accounts. "
        "Whoever runs such a server could read it."
    ),
    "sealed": N_("What is written never leaves this server. Nobody outside learns that this group exists."),
}
_USUALLY: dict[Reach, str] = {
    "quiet": N_("Usually a post is not put on show, unless its author wants it so."),
    "members": N_("Usually a post is for the members only, unless its author opens it further."),
    "sealed": N_("Usually a post stays on this server, unless its author lets it go further."),
}
_NOBODY_JOINS = N_("Nobody joins it any more.")
_NOBODY_WRITES = N_("Nobody writes in it any more. What was said stays.")

_IN_SHORT: dict[tuple[Reach, str], str] = {
    ("open", "open"): N_("Everyone reads, anyone joins"),
    ("open", "approval"): N_("Everyone reads; ask to join"),
    ("open", "invite"): N_("Everyone reads; join by invitation"),
    ("quiet", "open"): N_("By link only; anyone joins"),
    ("quiet", "approval"): N_("By link only; ask first"),
    ("quiet", "invite"): N_("By link only; by invitation"),
    ("members", "open"): N_("Members read, anyone joins"),
    ("members", "approval"): N_("Members read; ask to join"),
    ("members", "invite"): N_("Members only, by invitation"),
    ("sealed", "open"): N_("Stays here, anyone joins"),
    ("sealed", "approval"): N_("Stays here; ask to join"),
    ("sealed", "invite"): N_("Stays here; by invitation"),
}
_ARCHIVED = {False: N_("Archived: everyone can read"), True: N_("Archived: members can read")}


def is_open(group: Group) -> bool:
    """Whether a group may be put on show outside, in feeds and previews of links."""
    return group.reach == "open" and not visibility.is_closed(group)


def in_words(group: Group) -> list[str]:
    """Four sentences or more: who can join, who can read, who can write, how far words reach."""
    return [_joining(group), _reading(group), _writing(group), *reaching(group)]


def reaching(group: Group) -> list[str]:
    """How far what is written goes, and how far it usually goes where that is less."""
    reach = visibility.reach_of(group)
    usual = group.default_reach or reach
    narrower = REACHES.index(usual) < REACHES.index(reach)
    return [_REACHING[reach], *([_USUALLY[usual]] if narrower else [])]


def in_short(group: Group) -> str:
    """The doors in five words at most, for a list."""
    if group.life == "archived":
        return _ARCHIVED[visibility.is_closed(group)]
    return _IN_SHORT[visibility.reach_of(group), group.joining]


def changes(before: Group, after: Group) -> list[str]:
    """What is otherwise for whom once `before` becomes `after`: who loses sight of what comes first.

    Empty if the doors stay as they are.
    """
    said = in_words(before)
    return [*_losses(before, after), *(line for line in in_words(after) if line not in said)]


def _joining(group: Group) -> str:
    if group.life == "archived":
        return _NOBODY_JOINS
    if group.reach == "sealed":
        return _JOINING_SEALED[group.joining]
    return (_JOINING_MEMBERS if visibility.is_closed(group) else _JOINING)[group.joining]


def _reading(group: Group) -> str:
    return _READING_MEMBERS if visibility.is_closed(group) else _READING_ALL


def _writing(group: Group) -> str:
    if group.life == "archived":
        return _NOBODY_WRITES
    closed = visibility.is_closed(group) and group.speaking == "everyone"
    return _WRITING["members" if closed else group.speaking]


_SIGHT_LOST = N_(
    "People who are not members lose sight of everything that was written here, also of what they could read "
    "until now. Other servers are asked to forget it; nobody can make sure that they do."
)
_SERVERS_LOSE = N_(
    "Members on other servers lose this group: nothing new reaches them, and they cannot write in it."
)
_OFF_SHOW = N_("Guests do not find this group in the list of groups any more.")
_UNKNOWN = N_("Whoever is not a member and was not invited does not learn any more that this group exists.")
_OLD_STAYS = N_("What was written until now stays as narrow as it was. Only new posts reach further.")


def _losses(before: Group, after: Group) -> list[str]:
    was, becomes = visibility.reach_of(before), visibility.reach_of(after)
    told = (
        (visibility.is_closed(after) and not visibility.is_closed(before), _SIGHT_LOST),
        (becomes == "sealed" != was, _SERVERS_LOSE),
        (visibility.is_hidden(after) and not visibility.is_hidden(before), _UNKNOWN),
        (becomes == "quiet" and was == "open", _OFF_SHOW),
        (REACHES.index(becomes) > REACHES.index(was), _OLD_STAYS),
    )
    return [line for holds, line in told if holds]
