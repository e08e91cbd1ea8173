"""Who may answer, as GoToSocial's `interactionPolicy.canReply` says it.

`automaticApproval` names whose answers are taken, `manualApproval` whose wait for a person; who is in neither
need not write. Without `canReply` everybody may. Groups have no word of their own there, so that members are
named by the group's followers collection, and who looks after it by its moderators collection.
"""

from fediverse_support.core.models import Actor
from fediverse_support.protocol.rendering.context import Json, without_nothing
from fediverse_support.protocol.vocabulary import PUBLIC


def can_reply(group: Actor, outsiders: str, members: str) -> Json | None:
    """`canReply` of a post in `group`; None where everybody may answer.

    `outsiders` and `members` are `may`, `wait` or `may not` (`policy/reply_rights.py`).
    """
    if outsiders == "may" and members == "may":
        return None
    followers = group.followers_url or f"{group.uri}/followers"
    rights = {
        group.moderators_url or f"{group.uri}/moderators": "may",
        followers: members,
        PUBLIC: outsiders,
    }
    return without_nothing(
        {
            "automaticApproval": [who for who, right in rights.items() if right == "may"],
            "manualApproval": [who for who, right in rights.items() if right == "wait"] or None,
        }
    )
