"""Who may speak in a group: in ours by its rules, in others as far as their moderators have told us."""

from fediverse_support.community import visibility
from fediverse_support.core.errors import Forbidden
from fediverse_support.core.models import Actor, Group, Standing

LOCKED = "The moderators have closed this conversation. It can be read, but not answered."
CUT_OFF = (
    "The moderators of this community have ended the exchange with the server of this group. "
    "Nobody there would get what you write."
)
ASKED_AWAY = "The moderators of this group have asked you to stay away for now."
"""What was said before is not changed any more either; it can be deleted."""


def check(group: Group, author: Actor, standing: Standing) -> None:
    """Raise `Forbidden` unless `author`, who stands in `group` as told, may post and answer in it."""
    check_running(group)
    if not author.is_local and not visibility.federates(group):
        raise Forbidden("This group is for members of its own community.")
    _check_standing(group, standing)


def check_at_home(group: Group, standing: Standing) -> None:
    """The same of somebody who has an account here, for pages that say beforehand what would be refused."""
    check_running(group)
    _check_standing(group, standing)


def _check_standing(group: Group, standing: Standing) -> None:
    if standing.is_blocked:
        raise Forbidden("The moderators of this group have asked this account not to post in it.")
    if standing.is_moderator:
        return
    if standing.is_locked:
        raise Forbidden(LOCKED)
    if group.speaking == "moderators":
        raise Forbidden("Only the moderators of this group post in it.")
    needs_membership = group.speaking == "members" or visibility.is_closed(group)
    if needs_membership and not standing.is_member:
        raise Forbidden("Only members of this group post in it. Join it first.")


def check_running(group: Group) -> None:
    """Raise `Forbidden` if nothing in `group` changes any more: it is archived, or gone."""
    if group.actor.state != "active":
        raise Forbidden("This group is closed.")
    if group.life == "archived":
        raise Forbidden("This group is archived: it can be read, and stays as it is.")


def check_elsewhere(standing: Standing, *, is_cut_off: bool) -> None:
    """Raise `Forbidden` where the moderators of a group elsewhere have asked for silence.

    `is_cut_off`: there is no exchange with its server, so nobody there would ever read a word.
    """
    if is_cut_off:
        raise Forbidden(CUT_OFF)
    if standing.is_blocked:
        raise Forbidden("The moderators of this group have asked you to stay away. Nothing was sent.")
    if standing.is_locked and not standing.is_moderator:
        raise Forbidden(LOCKED)
