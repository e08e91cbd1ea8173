"""What a rule is about, as a noun phrase: `what newcomers from a.example send with more than 3 links`.

Who sends it comes first, then what it looks like, then when. Each condition of `policy/conditions.py` has
words of its own (`fragments.py`), so that any rule can be said, and translated.
"""

from collections.abc import Collection, Mapping

from fediverse_support.policy.sentences.fragments import (
    ACCOUNTS,
    MOST_CHOSEN,
    THINGS,
    WHERE,
    WHILE,
    WITH,
    Fragment,
    Saying,
    When,
    is_about_answers,
    is_any_post,
    listed,
    objects_of,
    plain_words,
)
from fediverse_support.policy.wording import N_, Translate


def arrivals(when: When, translate: Translate = str, veiled: Collection[str] = ()) -> str:
    """What `when` is about; `everything` where it asks nothing. `veiled`: whose values are not told."""
    saying = Saying(when, translate, veiled)
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


def _has_people(saying: Saying) -> bool:
    is_from_here = saying.values("from") == ["here"]
    return not saying.has("actor") and (saying.has("sender") or is_from_here)


def _sender(saying: Saying) -> str:
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


def _place(saying: Saying) -> str:
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


def _things(saying: Saying) -> str:
    """What kind of thing it is; empty where the rule does not ask for it."""
    if saying.has("activity"):
        return saying.some(plain_words(saying, "activity", THINGS, {"create", "update"}), MOST_CHOSEN)
    if is_any_post(saying) and is_about_answers(saying):
        return saying.t(N_("new threads") if saying.when.get("reply") is False else N_("answers"))
    return objects_of(saying)


def _how(saying: Saying) -> str:
    """All that is not about who sends it, one part after the other."""
    accounts = listed(_said(saying, ACCOUNTS), saying.t)
    if accounts:
        accounts = saying.t(N_("from accounts %(accounts)s")) % {"accounts": accounts}
    parts = [*_said(saying, WHERE), listed(_said(saying, WITH), saying.t), accounts, *_said(saying, WHILE)]
    return " ".join(part for part in parts if part)


def _said(saying: Saying, fragments: Mapping[str, Fragment]) -> list[str]:
    begun = _said_first(saying)
    return [say(saying) for name, say in fragments.items() if saying.has(name) and name not in begun]


def _said_first(saying: Saying) -> set[str]:
    """What the phrase begins with already: without an activity, the kind of thing."""
    if saying.has("activity"):
        return set()
    return {"object", "reply"} if is_any_post(saying) else {"object"}


SAID = frozenset(
    {"sender", "from", "actor", "domain", "software", "activity", *WHERE, *WITH, *ACCOUNTS, *WHILE}
)
"""Every condition that has words; a test holds it against `conditions.CONDITIONS`."""
