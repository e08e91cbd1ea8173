"""What each condition of a rule says, as a piece of a sentence that can stand after any other.

    with more than 3 links · to the group night_owls · while no moderator is here

`noun_phrases.py` puts them together.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fediverse_support.policy import warnings
from fediverse_support.policy.wording import N_, Translate

When = Mapping[str, Any]
MOST_NAMED = 5
"""So many words, names or servers are named; of more, some and how many others there are."""
NAMED_OF_MANY = 3
MOST_CHOSEN = 12
"""So many of what has plain words of its own, such as kinds of activities."""


class Saying:
    """How the conditions of one rule are said, in one language."""

    def __init__(self, when: When, translate: Translate, veiled: Collection[str]) -> None:
        self.when = when
        self.t = translate
        self.veiled = veiled

    def has(self, name: str) -> bool:
        """Whether the rule asks for this."""
        return name in self.when

    def values(self, name: str) -> list[str]:
        """The values of a condition, however many."""
        found = self.when.get(name, [])
        return [str(one) for one in found] if isinstance(found, list | tuple) else [str(found)]

    def names(self, name: str, quoted: bool = False) -> str:
        """The values of a condition as `a, b or c`."""
        return self.some([f"“{one}”" if quoted else one for one in self.values(name)])

    def some(self, shown: list[str], most: int = MOST_NAMED) -> str:
        """`a, b or c`; of more than `most` only some, and how many others there are."""
        if len(shown) <= most:
            return either(shown, self.t)
        others = self.t(N_("one of %(number)d others")) % {"number": len(shown) - NAMED_OF_MANY}
        return either([*shown[:NAMED_OF_MANY], others], self.t)

    def chosen(self, name: str, meanings: Mapping[str, str]) -> str:
        """The values of a choice in plain words, as `a or b`."""
        return self.some([self.t(meanings.get(one, one)) for one in self.values(name)], MOST_CHOSEN)

    def is_set(self, name: str) -> bool:
        """Whether a flag is asked to be true."""
        return bool(self.when[name])


def listed(parts: Iterable[str], translate: Translate = str) -> str:
    """`a, b and c`."""
    return _joined(list(parts), translate(N_("%(first)s and %(last)s")))


def either(parts: Iterable[str], translate: Translate = str) -> str:
    """`a, b or c`."""
    return _joined(list(parts), translate(N_("%(first)s or %(last)s")))


def _joined(parts: list[str], form: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return form % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


# What kind of thing --------------------------------------------------------------------------------------

THINGS = {
    "Create": N_("new posts"),
    "Update": N_("changes to posts"),
    "Follow": N_("requests to join or follow"),
    "Like": N_("likes"),
    "Dislike": N_("dislikes"),
    "EmojiReact": N_("emoji reactions"),
    "Announce": N_("boosts"),
    "Join": N_("answers to events"),
    "Flag": N_("reports"),
    "Delete": N_("deletions"),
}


OBJECTS = {
    "Article": N_("articles"),
    "Audio": N_("sounds"),
    "ChatMessage": N_("chat messages"),
    "Document": N_("documents"),
    "Event": N_("events"),
    "Image": N_("pictures"),
    "Note": N_("notes"),
    "Page": N_("pages"),
    "Question": N_("polls"),
    "Video": N_("films"),
}


def is_any_post(saying: Saying) -> bool:
    """Whether the kind of post does not matter."""
    return not saying.has("object") or {one.casefold() for one in OBJECTS} <= {
        one.casefold() for one in saying.values("object")
    }


def is_about_answers(saying: Saying) -> bool:
    """Whether the rule asks where in a thread it stands."""
    return saying.has("reply") or saying.has("thread_of")


def objects_of(saying: Saying) -> str:
    """The kinds of objects in plain words; empty where the rule does not ask for any."""
    posts = {one.casefold() for one in OBJECTS}
    return saying.some(plain_words(saying, "object", OBJECTS, posts), MOST_CHOSEN)


def plain_words(saying: Saying, name: str, words: Mapping[str, str], posts: set[str]) -> list[str]:
    """The values in plain words; all of `posts` together are simply posts."""
    known = {one.casefold(): meaning for one, meaning in words.items()}
    given = {one.casefold(): one for one in saying.values(name)}
    found = []
    if posts <= set(given):
        found.append(saying.t(N_("posts")))
        given = {key: one for key, one in given.items() if key not in posts}
    return found + [saying.t(known[key]) if key in known else f"“{one}”" for key, one in given.items()]


def _form_of(saying: Saying) -> str:
    return saying.t(N_("in the form of %(things)s")) % {"things": objects_of(saying)}


# What it looks like ---------------------------------------------------------------------------------------

_WHOSE = {
    "own": N_("their own thread"),
    "member": N_("a member's thread"),
    "moderator": N_("a moderator's thread"),
    "other": N_("somebody else's thread"),
}
_REACHES = {
    "open": N_("for everybody to see"),
    "quiet": N_("in public, but not on show"),
    "members": N_("for members only"),
    "followers": N_("for their followers only"),
    "direct": N_("as a private message"),
}
_MEDIA = {"image": N_("pictures"), "video": N_("films"), "audio": N_("sounds")}

Fragment = Callable[[Saying], str]


def _flag(name: str, yes: str, no: str) -> Fragment:
    return lambda saying: saying.t(yes if saying.is_set(name) else no)


def _names(name: str, form: str, veiled: str = "", quoted: bool = False) -> Fragment:
    """A fragment that names the values, or does not, where they are veiled."""

    def fragment(saying: Saying) -> str:
        if veiled and name in saying.veiled:
            return saying.t(veiled)
        return saying.t(form) % {"names": saying.names(name, quoted)}

    return fragment


def _choice(name: str, form: str, meanings: Mapping[str, str]) -> Fragment:
    return lambda saying: saying.t(form) % {"names": saying.chosen(name, meanings)}


def _over(name: str, none: str, one: str, many: str) -> Fragment:
    """A number that is passed: there are words for more than 0, more than 1 and more than many."""

    def fragment(saying: Saying) -> str:
        number = int(saying.when[name])
        return saying.t((none, one)[number] if number in (0, 1) else many) % {"number": number}

    return fragment


def _warnings(saying: Saying) -> str:
    labels = [f"“{saying.t(warnings.label(code))}”" for code in saying.values("warning")]
    return saying.t(N_("with the warning %(names)s")) % {"names": saying.some(labels)}


def _hashtags(saying: Saying) -> str:
    tags = [f"#{one.removeprefix('#')}" for one in saying.values("hashtag")]
    return saying.t(N_("with the hashtag %(names)s")) % {"names": saying.some(tags)}


def _hours(saying: Saying) -> str:
    spans = []
    for one in saying.values("hours"):
        start, _, end = one.partition("-")
        spans.append(
            saying.t(N_("between %(start)s and %(end)s")) % {"start": start.strip(), "end": end.strip()}
        )
    return either(spans, saying.t)


WHERE: dict[str, Fragment] = {
    "group": _names("group", N_("to the group %(names)s"), N_("to certain groups")),
    "reply": _flag("reply", N_("as an answer"), N_("to begin a thread")),
    "thread_of": _choice("thread_of", N_("in %(names)s"), _WHOSE),
    "edit": _flag("edit", N_("as a change to what was there"), N_("as something new")),
    "object": _form_of,
    "visibility": _choice("visibility", N_("%(names)s"), _REACHES),
    "language": _names("language", N_("in the language %(names)s"), quoted=True),
}
"""Where it goes, and as what."""

WITH: dict[str, Fragment] = {
    "words": _names("words", N_("with the words %(names)s"), N_("with certain words"), quoted=True),
    "list": _names(
        "list", N_("with words of the list %(names)s"), N_("with words of certain lists"), quoted=True
    ),
    "matches": _names(
        "matches", N_("with words that fit %(names)s"), N_("with words of a certain pattern"), quoted=True
    ),
    "longer_than": _over(
        "longer_than",
        N_("with any words"),
        N_("with more than one character"),
        N_("with more than %(number)d characters"),
    ),
    "links_over": _over(
        "links_over", N_("with a link"), N_("with more than one link"), N_("with more than %(number)d links")
    ),
    "link_to": _names("link_to", N_("with a link to %(names)s"), N_("with links to certain servers")),
    "mentions_over": _over(
        "mentions_over",
        N_("with a mention of somebody"),
        N_("with more than one mention"),
        N_("with more than %(number)d mentions"),
    ),
    "hashtags_over": _over(
        "hashtags_over",
        N_("with a hashtag"),
        N_("with more than one hashtag"),
        N_("with more than %(number)d hashtags"),
    ),
    "hashtag": _hashtags,
    "has_media": _flag(
        "has_media", N_("with pictures or other media"), N_("without pictures and other media")
    ),
    "attachments_over": _over(
        "attachments_over",
        N_("with an attachment"),
        N_("with more than one attachment"),
        N_("with more than %(number)d attachments"),
    ),
    "media_type": _choice("media_type", N_("with %(names)s"), _MEDIA),
    "alt_missing": _flag(
        "alt_missing",
        N_("with a picture that nobody described"),
        N_("without pictures that nobody described"),
    ),
    "has_warning": _flag("has_warning", N_("with a content warning"), N_("without a content warning")),
    "warning": _warnings,
    "sensitive": _flag("sensitive", N_("marked as sensitive"), N_("not marked as sensitive")),
    "quote": _flag("quote", N_("with a quote of another post"), N_("without a quote of another post")),
    "poll": _flag("poll", N_("with a poll"), N_("without a poll")),
}
"""What something looks like."""

WHILE: dict[str, Fragment] = {
    "hour_rate_over": _over(
        "hour_rate_over",
        N_("after anything else by the same sender within an hour"),
        N_("after more than one other by the same sender within an hour"),
        N_("after more than %(number)d others by the same sender within an hour"),
    ),
    "day_rate_over": _over(
        "day_rate_over",
        N_("after anything else by the same sender within a day"),
        N_("after more than one other by the same sender within a day"),
        N_("after more than %(number)d others by the same sender within a day"),
    ),
    "hours": _hours,
    "moderator_here": _flag(
        "moderator_here", N_("while a moderator is here"), N_("while no moderator is here")
    ),
}
"""When it comes."""


# The account ----------------------------------------------------------------------------------------------

_UNITS = {
    "m": (N_("a minute"), N_("%(number)d minutes")),
    "h": (N_("an hour"), N_("%(number)d hours")),
    "d": (N_("a day"), N_("%(number)d days")),
    "w": (N_("a week"), N_("%(number)d weeks")),
}


def _span(name: str, form: str) -> Fragment:
    def fragment(saying: Saying) -> str:
        given = str(saying.when[name]).strip()
        one, many = _UNITS.get(given[-1:], (given, given))
        number = int(given[:-1]) if given[:-1].isdecimal() else 0
        span = saying.t(one) if number == 1 else saying.t(many) % {"number": number}
        return saying.t(form) % {"span": span}

    return fragment


def _accepted(saying: Saying) -> str:
    number = int(saying.when["accepted_under"])
    form = (
        N_("that have fewer than %(number)d posts here") if number > 1 else N_("that have no post here yet")
    )
    return saying.t(form) % {"number": number}


def _followers(saying: Saying) -> str:
    number = int(saying.when["followers_under"])
    form = (
        N_("that fewer than %(number)d people here follow") if number > 1 else N_("that nobody here follows")
    )
    return saying.t(form) % {"number": number}


ACCOUNTS: dict[str, Fragment] = {
    "bot": _flag("bot", N_("that say that they are bots"), N_("that do not say that they are bots")),
    "account_younger_than": _span("account_younger_than", N_("that are younger than %(span)s")),
    "here_less_than": _span("here_less_than", N_("that we first heard of less than %(span)s ago")),
    "followers_under": _followers,
    "accepted_before": _flag(
        "accepted_before", N_("that had something shown here before"), N_("that had nothing shown here yet")
    ),
    "accepted_under": _accepted,
}
"""What the account is like, each after `accounts`."""
