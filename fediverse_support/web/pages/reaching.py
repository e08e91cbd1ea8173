"""How far a post shall go: a question in the forms in which people write, and what became of the wish."""

import msgspec

from fediverse_support.community import visibility
from fediverse_support.community.posts import announcing, reaches
from fediverse_support.community.reading.threads import Thread
from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import REACHES, Actor, Group, Post, Reach
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Visit

WHO: dict[Reach, str] = {
    "open": N_("Everyone"),
    "quiet": N_("Everyone who has the link"),
    "members": N_("Members of this group"),
    "sealed": N_("Members of this group who are on this server"),
}
MEANS: dict[Reach, str] = {
    "open": N_("It can be found and passed on, here and on other servers."),
    "quiet": N_("It is not put on show: no lists of other servers, no boosts."),
    "members": N_("Nobody else can read it."),
    "sealed": N_("It never leaves this server. Members elsewhere do not see it."),
}
ELSEWHERE: dict[Reach, str] = {
    "open": N_("It goes to the server of the group, which passes it on."),
    "quiet": N_("It goes to the server of the group, and is not put on show."),
    "members": N_("It goes to the server of the group, which passes it on to the servers of members."),
    "sealed": "",
}
NARROWED: dict[Reach, str] = {
    "open": "",
    "quiet": N_("This is not put on show: the group, or what you answer, does not reach further."),
    "members": N_(
        "Only members of this group will see this: the group, or what you answer, does not reach further."
    ),
    "sealed": N_(
        "Only members on this server will see this: the group, or what you answer, does not reach further."
    ),
}


class Choice(msgspec.Struct, frozen=True):
    """One answer to who may read it: its value in the form, in a few words, and what it means."""

    reach: Reach
    who: str
    means: str


class Choices(msgspec.Struct, frozen=True):
    """What somebody may choose from, the widest first, and what is chosen already.

    `servers` are the other servers that get what is for members; None where they are not ours to know, or
    nobody tells them to who may not see the group.
    """

    offered: list[Choice]
    chosen: Reach
    servers: int | None

    @property
    def settled(self) -> Choice:
        """The choice that stands as long as nobody makes another."""
        return next(choice for choice in self.offered if choice.reach == self.chosen)


async def choices(
    visit: Visit, actor: Actor, rules: Group | None, parent: Post | None = None, form: Form | None = None
) -> Choices:
    """What the author of a thread in a group, or of an answer to `parent` in it, may choose from."""
    allowed = reaches.allowed(actor, rules, parent)
    wanted = _known(form.line("reach")) if form is not None else None
    usual = reaches.usual(actor, rules, parent)
    counts = rules is not None and "members" in allowed and visibility.may_see_group(visit.viewer, rules)
    reached = await announcing.hosts_of_members(visit.db, actor) if counts else None
    meanings = MEANS if rules else ELSEWHERE
    return Choices(
        offered=[
            Choice(reach, visit.text(WHO[reach]), visit.text(meanings[reach])) for reach in reversed(allowed)
        ],
        chosen=wanted if wanted in allowed else usual,
        servers=None if reached is None else len(reached),
    )


async def choices_of_answer(visit: Visit, thread: Thread, answered: Post) -> Choices | None:
    """What the author of an answer may choose from; None where nobody answers."""
    if thread.group is None or visit.viewer.account is None:
        return None
    return await choices(visit, thread.group, thread.ours, answered)


def reach_in(form: Form) -> Reach | None:
    """What was chosen in one of our forms, None for nothing. Raises `Malformed` for what is no choice."""
    text = form.line("reach")
    if text and _known(text) is None:
        raise Malformed("Please choose who may read this.")
    return _known(text)


def mark(form: Form, post: Post) -> str:
    """What is put behind the address of the page that comes after sending, if the post was narrowed."""
    return f"?narrowed={post.public_id}" if reaches.was_narrowed(_known(form.line("reach")), post) else ""


def was_narrowed(visit: Visit, thread: Thread) -> str:
    """What to tell somebody whose post has just been narrowed, for nobody else to see; else nothing."""
    marked = visit.request.query_params.get("narrowed", "")
    own = (shown.post for shown in thread.posts if shown.post.public_id == marked)
    post = next((post for post in own if post.author_id == visit.viewer.actor_id), None)
    return visit.text(NARROWED[post.reach]) if post is not None and NARROWED[post.reach] else ""


def _known(text: str) -> Reach | None:
    return next((reach for reach in REACHES if reach == text), None)
