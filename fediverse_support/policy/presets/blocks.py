"""What a group's moderators may want, as one rule each: answers of a form go in, an ordinary rule comes out.

Nothing here is special: what comes out can be changed like any other rule. That nothing is looked at first is
having none of these rules. Rules about posts name the kinds of posts, not of activities, so that they also
hold for what another server passes on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.conditions import STANDINGS
from fediverse_support.policy.decisions import WARN
from fediverse_support.policy.document import RuleText
from fediverse_support.policy.scopes import of_group
from fediverse_support.policy.warnings import WARNINGS, label
from fediverse_support.policy.wording import N_
from fediverse_support.protocol.vocabulary import POST_TYPES

ParamKind = Literal["number", "phrases", "names", "domains", "hours", "choice", "flag"]
"""As in `conditions.Kind`; phrases, names and domains are lists of texts."""

POSTS = tuple(sorted(POST_TYPES))
TRUSTED_FIRST = 10
"""The priority of a rule that lets in before the others are asked."""


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a block: the name of the argument, its form, and what to ask."""

    name: str
    kind: ParamKind
    label: str
    default: Any
    choices: tuple[str, ...] = ()
    is_needed: bool = False


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a group may want. `make(group_name, **params)` is the rule."""

    key: str
    title: str
    sentence: str
    make: Callable[..., RuleText]
    params: tuple[Param, ...] = ()

    def rule(self, group: str, given: Mapping[str, Any] | None = None) -> RuleText:
        """The rule for a group, with what was answered; what was not, is as usual.

        Raises `Malformed` where an answer is needed and there is none.
        """
        answers = {one.name: one.default for one in self.params} | dict(given or {})
        if any(one.is_needed and not answers[one.name] for one in self.params):
            raise Malformed("Something is missing here: without it the rule would fit nothing.")
        return self.make(group, **answers)


def _rule(group: str, name: str, when: Mapping[str, Any], reason: str, **more: Any) -> RuleText:
    return RuleText(
        **{"name": name, "scope": of_group(group), "when": when, "reason": reason, "then": "hold", **more}
    )


_NOT_MODERATORS = {"sender": "moderator"}


def first_posts(group: str, number: int = 3) -> RuleText:
    """The first posts of everybody in this group."""
    return _rule(
        group,
        "First posts",
        {"object": list(POSTS), "accepted_under": number},
        "We look at the first posts of everybody who is new in this group.",
        unless=_NOT_MODERATORS,
    )


def newcomers_from_elsewhere(group: str) -> RuleText:
    """Posts of newcomers on other servers."""
    return _rule(
        group,
        "Newcomers from elsewhere",
        {"object": list(POSTS), "sender": "newcomer", "from": "elsewhere"},
        "We look first at what people send whom we do not know yet.",
    )


def media(group: str, sender: Sequence[str] = ("newcomer",)) -> RuleText:
    """Posts with pictures, sounds or films; of everybody, if `sender` is empty."""
    return _rule(
        group,
        "Pictures and other media",
        {"object": list(POSTS), "has_media": True, **_if_any("sender", sender)},
        "A moderator looks at pictures first.",
        unless=_NOT_MODERATORS,
    )


def topics(group: str, hashtags: Sequence[str]) -> RuleText:
    """Posts with one of these hashtags."""
    return _rule(
        group,
        "Topics that need care",
        {"object": list(POSTS), "hashtag": list(hashtags)},
        "Posts on this topic are looked at first.",
        unless=_NOT_MODERATORS,
    )


def everyone(group: str) -> RuleText:
    """Every post but those of moderators."""
    return _rule(
        group,
        "Everything is looked at first",
        {"object": list(POSTS)},
        "In this group a moderator looks at every post first.",
        unless=_NOT_MODERATORS,
    )


def at_night(group: str, hours: str = "22:00-07:00", sender: Sequence[str] = ()) -> RuleText:
    """Posts at night, while no moderator is here."""
    return _rule(
        group,
        "At night",
        {"object": list(POSTS), "hours": hours, "moderator_here": False, **_if_any("sender", sender)},
        "Nobody who looks after this group is awake now. Your post waits until somebody is.",
        unless=_NOT_MODERATORS,
    )


def words_to_hold(group: str, words: Sequence[str]) -> RuleText:
    """Posts with one of these words or phrases."""
    return _rule(
        group,
        "Words that are looked at first",
        {"object": list(POSTS), "words": list(words)},
        "Something in it is looked at first in this group.",
        unless=_NOT_MODERATORS,
    )


def warning_required(group: str, code: str, words: Sequence[str]) -> RuleText:
    """Posts with one of these words get a warning, where they have not got it already."""
    return _rule(
        group,
        f"Warning: {label(code)}",
        {"object": list(POSTS), "words": list(words)},
        "In this group such posts carry a warning, so it was added.",
        unless={"warning": code},
        then="accept",
        amendments=(f"{WARN}{code}",),
    )


def max_links(group: str, number: int = 3) -> RuleText:
    """Posts with more links than this."""
    return _rule(
        group,
        "Many links",
        {"object": list(POSTS), "links_over": number},
        "Posts with many links are looked at first.",
        unless=_NOT_MODERATORS,
    )


def slow_mode(group: str, posts: int = 5) -> RuleText:
    """What somebody sends after this many posts in an hour."""
    return _rule(
        group,
        "Slow mode",
        # The condition counts what came before.
        {"object": list(POSTS), "hour_rate_over": max(posts - 1, 0)},
        "This group goes slowly, so that everybody is heard. What comes very fast waits a while.",
        unless=_NOT_MODERATORS,
    )


def reply_rights(group: str, may: Sequence[str] = ("member", "moderator")) -> RuleText:
    """Answers of everybody else are not taken; who began the thread may always answer."""
    return _rule(
        group,
        "Who may answer",
        {"object": list(POSTS), "thread_of": ["member", "moderator", "other"]},
        "In this group not everybody may answer.",
        unless={"sender": list(may)},
        then="refuse",
        answers=True,
    )


def trusted_domains(group: str, domains: Sequence[str]) -> RuleText:
    """What comes from these servers is let in before the group's other rules are asked."""
    return _rule(
        group,
        "Servers we trust",
        {"domain": list(domains)},
        "This group trusts that server.",
        then="accept",
        priority=TRUSTED_FIRST,
    )


def newcomers_private_messages(group: str) -> RuleText:
    """Private messages of newcomers to this group and its members are not taken."""
    return _rule(
        group,
        "Private messages of newcomers",
        {"sender": "newcomer", "visibility": "direct"},
        "Please write in the group first. Private messages come later.",
        then="refuse",
    )


def _if_any(name: str, given: Sequence[str]) -> dict[str, list[str]]:
    return {name: list(given)} if given else {}


_WHO = Param(
    name="sender",
    kind="choice",
    label=N_("From whom (nobody chosen: from everybody)"),
    default=(),
    choices=STANDINGS,
)

BLOCKS: tuple[Block, ...] = (
    Block(
        key="first-posts",
        title=N_("First posts"),
        sentence=N_("Look first at the first posts of everybody who is new in this group."),
        make=first_posts,
        params=(Param(name="number", kind="number", label=N_("How many posts"), default=3),),
    ),
    Block(
        key="newcomers-from-elsewhere",
        title=N_("Newcomers from elsewhere"),
        sentence=N_("Look first at what newcomers on other servers send."),
        make=newcomers_from_elsewhere,
    ),
    Block(
        key="media",
        title=N_("Pictures and other media"),
        sentence=N_("Look first at posts with pictures, sounds or films."),
        make=media,
        params=(msgspec.structs.replace(_WHO, default=("newcomer",)),),
    ),
    Block(
        key="topics",
        title=N_("Topics that need care"),
        sentence=N_("Look first at posts with certain hashtags."),
        make=topics,
        params=(Param(name="hashtags", kind="names", label=N_("Hashtags"), default=(), is_needed=True),),
    ),
    Block(
        key="everyone",
        title=N_("Everything"),
        sentence=N_("Look first at every post."),
        make=everyone,
    ),
    Block(
        key="at-night",
        title=N_("At night"),
        sentence=N_("What comes at night, while no moderator is here, waits."),
        make=at_night,
        params=(
            Param(name="hours", kind="hours", label=N_("From when to when"), default="22:00-07:00"),
            _WHO,
        ),
    ),
    Block(
        key="words-to-hold",
        title=N_("Words"),
        sentence=N_("Look first at posts with certain words."),
        make=words_to_hold,
        params=(
            Param(
                name="words",
                kind="phrases",
                label=N_("Words or phrases, one in each line"),
                default=(),
                is_needed=True,
            ),
        ),
    ),
    Block(
        key="warning-required",
        title=N_("A warning is needed"),
        sentence=N_("Posts with certain words get a content warning, if they have not got it already."),
        make=warning_required,
        params=(
            Param(
                name="code", kind="choice", label=N_("Which warning"), default="sh", choices=tuple(WARNINGS)
            ),
            Param(
                name="words",
                kind="phrases",
                label=N_("Words or phrases, one in each line"),
                default=(),
                is_needed=True,
            ),
        ),
    ),
    Block(
        key="max-links",
        title=N_("Many links"),
        sentence=N_("Look first at posts with many links."),
        make=max_links,
        params=(Param(name="number", kind="number", label=N_("With more links than"), default=3),),
    ),
    Block(
        key="slow-mode",
        title=N_("Slow mode"),
        sentence=N_("Who sends much in a short time waits for a moderator."),
        make=slow_mode,
        params=(Param(name="posts", kind="number", label=N_("Posts in an hour"), default=5),),
    ),
    Block(
        key="reply-rights",
        title=N_("Who may answer"),
        sentence=N_("Take answers only from some people, and from who began the thread."),
        make=reply_rights,
        params=(
            Param(
                name="may",
                kind="choice",
                label=N_("Who may answer"),
                default=("member", "moderator"),
                choices=STANDINGS,
            ),
        ),
    ),
    Block(
        key="trusted-domains",
        title=N_("Servers we trust"),
        sentence=N_("What comes from these servers passes by the other rules of this group."),
        make=trusted_domains,
        params=(
            Param(
                name="domains",
                kind="domains",
                label=N_("Servers, one in each line"),
                default=(),
                is_needed=True,
            ),
        ),
    ),
    Block(
        key="newcomers-private-messages",
        title=N_("Private messages of newcomers"),
        sentence=N_("Do not take private messages of newcomers."),
        make=newcomers_private_messages,
    ),
)
