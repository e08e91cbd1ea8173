"""What a rule is about, as a noun phrase: `what newcomers from a.example send with more than 3 links`.

Who sends it comes first, then what it looks like, then when. Each condition of `policy/conditions.py` has a
fragment of its own that can stand after any other, so that any rule can be said, and translated.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fediverse_support.policy import warnings
from fediverse_support.policy.wording import N_, Translate

When = Mapping[str, Any]
MOST_NAMED = 5
"""So many words, names or servers are named; of more, some and how many others there are."""
NAMED_OF_MANY = 3


class _Saying:
    """How the conditions of one rule are said, in one language."""

    def __init__(self, when: When, translate: Translate, veiled: Collection[str]) -> None:
        self.when = when
        self.t = translate
        self.veiled = veiled

    def has(self, name: str) -> bool:
        return name in self.when

    def values(self, name: str) -> list[str]:
        found = self.when.get(name, [])
        return [str(one) for one in found] if isinstance(found, list | tuple) else [str(found)]

    def names(self, name: str, quoted: bool = False) -> str:
        """The values of a condition as `a, b or c`."""
        shown = [f"“{one}”" if quoted else one for one in self.values(name)]
        if len(shown) <= MOST_NAMED:
            return either(shown, self.t)
        others = self.t(N_("one of %(number)d others")) % {"number": len(shown) - NAMED_OF_MANY}
        return either([*shown[:NAMED_OF_MANY], others], self.t)

    def chosen(self, name: str, meanings: Mapping[str, str]) -> str:
        """The values of a choice in plain words, as `a or b`."""
        return either([self.t(meanings.get(one, one)) for one in self.values(name)], self.t)

    def is_set(self, name: str) -> bool:
        return bool(self.when[name])


def arrivals(when: When, translate: Translate = str, veiled: Collection[str] = ()) -> str:
    """What `when` is about; `everything` where it asks nothing. `veiled`: whose values are not told."""
    saying = _Saying(when, translate, veiled)
    sender, how = _sender(saying), _how(saying)
    things = _things(saying)
    if not things and not sender and not how:
        return translate(N_("everything"))
    named = {"things": things, "who": sender, "how": how}
    if things:
        forms = _THINGS_BY if _has_people(saying) else _THINGS_FROM
    else:
        forms = _SENT if _has_people(saying) else _COME
    form = forms[(bool(sender), bool(how))]
    return translate(form) % named


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


Forms = Mapping[tuple[bool, bool], str]
"""By whether it is said who sends it, and what it looks like."""

_SENT: Forms = {
    (True, False): N_("what %(who)s send"),
    (True, True): N_("what %(who)s send %(how)s"),
}
_COME: Forms = {
    (True, False): N_("what comes from %(who)s"),
    (True, True): N_("what comes from %(who)s %(how)s"),
    (False, True): N_("what comes %(how)s"),
}
_THINGS_FROM: Forms = {
    (False, False): N_("%(things)s"),
    (True, False): N_("%(things)s from %(who)s"),
    (False, True): N_("%(things)s %(how)s"),
    (True, True): N_("%(things)s from %(who)s %(how)s"),
}
_THINGS_BY: Forms = {
    (True, False): N_("%(things)s by %(who)s"),
    (True, True): N_("%(things)s by %(who)s %(how)s"),
}

# Who ------------------------------------------------------------------------------------------------------

_STANDINGS = {
    "stranger": N_("strangers"),
    "newcomer": N_("newcomers"),
    "known": N_("people known here"),
    "approved": N_("approved people"),
    "member": N_("members of the group"),
    "moderator": N_("moderators"),
    "warned": N_("people who were warned"),
}


def _has_people(saying: _Saying) -> bool:
    is_from_here = saying.values("from") == ["here"]
    return not saying.has("actor") and (saying.has("sender") or is_from_here)


def _sender(saying: _Saying) -> str:
    """Who sends it; empty for anybody."""
    t, people, place = saying.t, saying.chosen("sender", _STANDINGS), _place(saying)
    if saying.values("from") == ["here"]:
        people = t(N_("%(people)s of this community")) % {"people": people or t(N_("people"))}
    if saying.has("actor"):
        certain = t(N_("certain people")) if "actor" in saying.veiled else saying.names("actor")
        people = (
            t(N_("%(names)s (as %(people)s)")) % {"names": certain, "people": people} if people else certain
        )
    if people and place:
        return t(N_("%(people)s from %(place)s")) % {"people": people, "place": place}
    return people or place


def _place(saying: _Saying) -> str:
    t, place = saying.t, ""
    if saying.has("domain"):
        place = t(N_("certain servers")) if "domain" in saying.veiled else saying.names("domain")
    elif saying.values("from") == ["elsewhere"]:
        place = t(N_("other servers"))
    if not saying.has("software"):
        return place
    named = {"place": place or t(N_("servers")), "software": saying.names("software")}
    return t(N_("%(place)s that run %(software)s")) % named


# What -----------------------------------------------------------------------------------------------------

_THINGS = {
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


_OBJECTS = {
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


def _things(saying: _Saying) -> str:
    """What kind of thing it is; empty where the rule does not ask for it."""
    if saying.has("activity"):
        pairs = _plain(saying, "activity", _THINGS, {"create", "update"})
        return either(pairs, saying.t)
    if _is_any_post(saying) and _is_about_answers(saying):
        return saying.t(N_("new threads") if saying.when.get("reply") is False else N_("answers"))
    return _objects(saying)


def _is_any_post(saying: _Saying) -> bool:
    """Whether the kind of post does not matter."""
    return not saying.has("object") or {one.casefold() for one in _OBJECTS} <= {
        one.casefold() for one in saying.values("object")
    }


def _is_about_answers(saying: _Saying) -> bool:
    return saying.has("reply") or saying.has("thread_of")


def _objects(saying: _Saying) -> str:
    return either(_plain(saying, "object", _OBJECTS, {one.casefold() for one in _OBJECTS}), saying.t)


def _plain(saying: _Saying, name: str, words: Mapping[str, str], posts: set[str]) -> list[str]:
    """The values in plain words; all of `posts` together are simply posts."""
    known = {one.casefold(): meaning for one, meaning in words.items()}
    given = {one.casefold(): one for one in saying.values(name)}
    found = []
    if posts <= set(given):
        found.append(saying.t(N_("posts")))
        given = {key: one for key, one in given.items() if key not in posts}
    return found + [saying.t(known[key]) if key in known else f"“{one}”" for key, one in given.items()]


def _form_of(saying: _Saying) -> str:
    return saying.t(N_("in the form of %(things)s")) % {"things": _objects(saying)}


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
    "direct": N_("as a private message"),
}
_MEDIA = {"image": N_("pictures"), "video": N_("films"), "audio": N_("sounds")}

Fragment = Callable[[_Saying], str]


def _flag(name: str, yes: str, no: str) -> Fragment:
    return lambda saying: saying.t(yes if saying.is_set(name) else no)


def _names(name: str, form: str, veiled: str = "", quoted: bool = False) -> Fragment:
    """A fragment that names the values, or does not, where they are veiled."""

    def fragment(saying: _Saying) -> str:
        if veiled and name in saying.veiled:
            return saying.t(veiled)
        return saying.t(form) % {"names": saying.names(name, quoted)}

    return fragment


def _choice(name: str, form: str, meanings: Mapping[str, str]) -> Fragment:
    return lambda saying: saying.t(form) % {"names": saying.chosen(name, meanings)}


def _over(name: str, none: str, one: str, many: str) -> Fragment:
    """A number that is passed: there are words for more than 0, more than 1 and more than many."""

    def fragment(saying: _Saying) -> str:
        number = int(saying.when[name])
        return saying.t((none, one)[number] if number in (0, 1) else many) % {"number": number}

    return fragment


def _warnings(saying: _Saying) -> str:
    labels = [f"“{saying.t(warnings.label(code))}”" for code in saying.values("warning")]
    return saying.t(N_("with the warning %(names)s")) % {"names": either(labels, saying.t)}


def _hashtags(saying: _Saying) -> str:
    tags = [f"#{one.removeprefix('#')}" for one in saying.values("hashtag")]
    return saying.t(N_("with the hashtag %(names)s")) % {"names": either(tags, saying.t)}


def _hours(saying: _Saying) -> str:
    spans = []
    for one in saying.values("hours"):
        start, _, end = one.partition("-")
        spans.append(
            saying.t(N_("between %(start)s and %(end)s")) % {"start": start.strip(), "end": end.strip()}
        )
    return either(spans, saying.t)


_WHERE: dict[str, Fragment] = {
    "group": _names("group", N_("to the group %(names)s"), N_("to certain groups")),
    "reply": _flag("reply", N_("as an answer"), N_("to begin a thread")),
    "thread_of": _choice("thread_of", N_("in %(names)s"), _WHOSE),
    "edit": _flag("edit", N_("as a change to what was there"), N_("as something new")),
    "object": _form_of,
    "visibility": _choice("visibility", N_("%(names)s"), _REACHES),
    "language": _names("language", N_("in the language %(names)s"), quoted=True),
}
"""Where it goes, and as what."""

_WITH: dict[str, Fragment] = {
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

_WHILE: dict[str, Fragment] = {
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
    def fragment(saying: _Saying) -> str:
        given = str(saying.when[name]).strip()
        one, many = _UNITS.get(given[-1:], (given, given))
        number = int(given[:-1]) if given[:-1].isdecimal() else 0
        span = saying.t(one) if number == 1 else saying.t(many) % {"number": number}
        return saying.t(form) % {"span": span}

    return fragment


def _accepted(saying: _Saying) -> str:
    number = int(saying.when["accepted_under"])
    form = (
        N_("that have fewer than %(number)d posts here") if number > 1 else N_("that have no post here yet")
    )
    return saying.t(form) % {"number": number}


def _followers(saying: _Saying) -> str:
    number = int(saying.when["followers_under"])
    form = (
        N_("that fewer than %(number)d people here follow") if number > 1 else N_("that nobody here follows")
    )
    return saying.t(form) % {"number": number}


_ACCOUNTS: dict[str, Fragment] = {
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


def _how(saying: _Saying) -> str:
    """All that is not about who sends it, one part after the other."""
    accounts = listed(_said(saying, _ACCOUNTS), saying.t)
    if accounts:
        accounts = saying.t(N_("from accounts %(accounts)s")) % {"accounts": accounts}
    parts = [*_said(saying, _WHERE), listed(_said(saying, _WITH), saying.t), accounts, *_said(saying, _WHILE)]
    return " ".join(part for part in parts if part)


def _said(saying: _Saying, fragments: Mapping[str, Fragment]) -> list[str]:
    begun = _said_first(saying)
    return [say(saying) for name, say in fragments.items() if saying.has(name) and name not in begun]


def _said_first(saying: _Saying) -> set[str]:
    """What the phrase begins with already: without an activity, the kind of thing."""
    if saying.has("activity"):
        return set()
    return {"object", "reply"} if _is_any_post(saying) else {"object"}


SAID = frozenset(
    {"sender", "from", "actor", "domain", "software", "activity", *_WHERE, *_WITH, *_ACCOUNTS, *_WHILE}
)
"""Every condition that has words; a test holds it against `conditions.CONDITIONS`."""
