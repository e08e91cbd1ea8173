"""What plain apps can ask for in words, because they have no buttons for it.

    #justlistening   in a post: people listen, and give no advice
    @team.<group>    in a private message: those who look after a group read it, and nobody else
    #help            in a private message to a group: what can be asked for like this

Each is answered in private, and nothing of it goes further than a page of ours would let it go.
"""

from collections.abc import Collection

from fediverse_support.community.people.receipts import Say, in_english
from fediverse_support.community.posts import addressees
from fediverse_support.core.models import Actor

JUST_LISTENING = "justlistening"
HELP = "help"

LISTENING = "People will listen and not give advice."
REACHED_TEAM = "Those who look after %(group)s have your message. Nobody else can read it."
SENT_TO_TEAM = "Your message is on its way to %(group)s, on another server. Who reads it there is up to them."
COMMANDS = (
    "This is what you can write:",
    "#justlistening in a post, if you want people to listen and not to give advice.",
    "@team.%(name)s in a private message, if you need those who look after this group.",
    "#help in a private message to a group, to read this again.",
)


def of_post(tags: Collection[str], say: Say = in_english) -> list[str]:
    """What the hashtags of a post mean, in sentences for its author."""
    return [say(LISTENING)] if JUST_LISTENING in tags else []


def of_letter(group: Actor, tags: Collection[str], *, is_first: bool, say: Say = in_english) -> list[str]:
    """What somebody is told who has written to a group in private; `is_first`: this begins a conversation."""
    named = {"group": group.display_name or group.name, "name": group.name}
    lines = [say(REACHED_TEAM if group.is_local else SENT_TO_TEAM) % named] if is_first else []
    if HELP in tags:
        lines += [say(line) % named for line in COMMANDS]
    return lines


def calls_team(handles: Collection[str]) -> bool:
    """Whether somebody means those who look after a group, and not the group."""
    return any(addressees.is_team(handle) for handle in handles)
