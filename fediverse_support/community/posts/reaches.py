"""How far a post goes: as far as its author wants, never further than its group and what it answers.

    open      everyone, in every timeline and list
    quiet     everyone who has the link; it is not boosted, listed or searched
    members   the members of its group, here and on servers that keep it among them
    sealed    the members of its group who are on this server; it never leaves it

Whoever asks for more than there is gets as much as there is, and is told so (`was_narrowed`).
"""

from fediverse_support.core.errors import Malformed
from fediverse_support.core.models import REACHES, Actor, Group, Post, Reach


def widest(group: Actor, rules: Group | None, parent: Post | None = None) -> Reach:
    """The widest reach of a post in `group`; `rules` are its own if it is ours, `parent` what is answered.

    A group elsewhere that approves its followers keeps what is said in it among them: Lemmy and our own kind
    mean just that by it (federation.md §5.7).
    """
    theirs: Reach = "members" if group.approves_followers else "open"
    reaches: list[Reach] = [rules.reach if rules else theirs]
    if parent is not None:
        reaches.append(parent.reach)
    return min(reaches, key=REACHES.index)


def allowed(group: Actor, rules: Group | None, parent: Post | None = None) -> tuple[Reach, ...]:
    """What an author may choose from, the narrowest first. The last one is `widest`.

    A group elsewhere passes on what it gets: nothing can be kept from its server, and a group that is for
    everyone refuses what is for members only.
    """
    ends = REACHES[: REACHES.index(widest(group, rules, parent)) + 1]
    if rules is not None:
        return ends
    return tuple(reach for reach in ends if reach in ("quiet", "open")) or ("members",)


def usual(group: Actor, rules: Group | None, parent: Post | None = None) -> Reach:
    """The reach of a post whose author does not choose: the group's usual one, as far as it is allowed."""
    end = widest(group, rules, parent)
    wanted = rules.default_reach if rules and rules.default_reach else end
    return min(wanted, end, key=REACHES.index)


def settle(asked: Reach | None, group: Actor, rules: Group | None, parent: Post | None = None) -> Reach:
    """The reach that a post gets whose author asked for `asked`, or (None) for nothing in particular.

    What is wider than allowed is narrowed. Raises `Malformed` for what is narrower than a group elsewhere
    can hold: that must not become wider behind its author's back.
    """
    if asked is None:
        return usual(group, rules, parent)
    choices = allowed(group, rules, parent)
    if REACHES.index(asked) < REACHES.index(choices[0]):
        raise Malformed(
            "This group is on another server, and nothing can be kept from it. Nothing was sent: choose a "
            "wider audience, or write in a group of this community."
        )
    return min(asked, choices[-1], key=REACHES.index)


def was_narrowed(asked: Reach | None, post: Post) -> bool:
    """Whether `post` goes less far than its author asked for."""
    return asked is not None and REACHES.index(post.reach) < REACHES.index(asked)
