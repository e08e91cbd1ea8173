"""Rules, levels and outcomes as plain sentences, made of the rule itself so that they cannot drift from it.

    Hold what newcomers from mastodon.example send with pictures or other media, until 31 January 2027.

A sentence is an outcome and one or two noun phrases (`noun_phrases.py`): what the rule is about, and what
it excepts. Each part is marked for the translators; `translate` puts it into another language.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from fediverse_support.core.models import Level
from fediverse_support.policy import warnings
from fediverse_support.policy.decisions import WARN
from fediverse_support.policy.document import INSTANCE, RuleText, Then
from fediverse_support.policy.sentences.fragments import either, listed
from fediverse_support.policy.sentences.noun_phrases import arrivals
from fediverse_support.policy.wording import N_, Translate

_LEVELS: dict[Level, str] = {
    "trusted": N_("Trusted: its people count as approved."),
    "allowed": N_("Welcome by name."),
    "default": N_("Like every other server."),
    "limited": N_("Kept quiet: not put on show, and whoever wants to follow waits for a yes."),
    "held": N_("Looked at first: everything new waits for a moderator."),
    "blocked": N_("No exchange at all: nothing is taken from there, and nothing is sent there."),
}
_NO_MEDIA = N_("Pictures and other media from there are not taken.")
_NO_REPORTS = N_("Reports from there are not taken.")

_OUTCOMES: dict[str, str] = {
    "accept": N_("Let in"),
    "hold": N_("Held for a moderator"),
    "refuse": N_("Not taken"),
    "block": N_("No exchange at all with that server"),
}
_VERBS: dict[Then, str] = {
    "accept": N_("Let in %(what)s"),
    "hold": N_("Hold %(what)s"),
    "refuse": N_("Do not take %(what)s"),
}
_WE: dict[Then, str] = {
    "accept": N_("We let in %(what)s"),
    "hold": N_("We hold %(what)s"),
    "refuse": N_("We do not take %(what)s"),
}
_WE_AMENDED: dict[Then, str] = {
    "accept": N_("We let in %(what)s, but %(how)s"),
    "hold": N_("We hold %(what)s, and let it in only %(how)s"),
    "refuse": N_("We do not take %(what)s"),
}
_AMENDED: dict[Then, str] = {
    "accept": N_("Let in %(what)s, but %(how)s"),
    "hold": N_("Hold %(what)s, and let it in only %(how)s"),
    "refuse": N_("Do not take %(what)s"),
}
_AMENDMENTS: dict[str, str] = {
    "quiet": N_("kept out of public lists"),
    "sensitive": N_("marked as sensitive"),
    "no-media": N_("without pictures and other media"),
    "no-previews": N_("without previews of links"),
}
_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"),
    N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def of_rule(
    rule: RuleText,
    translate: Translate = str,
    *,
    veiled: Collection[str] = (),
    names_group: bool = True,
    as_we: bool = False,
) -> str:
    """What a rule does, as one sentence.

    `veiled`: conditions whose values are not told ("certain words" and the like), for readers who are no
    moderators. `names_group` False leaves out the group whose rule it is, for pages of that group. `as_we`:
    told to others by the community ("We hold …"), not an order ("Hold …").

    >>> of_rule(RuleText(name="x", when={"sender": "newcomer", "links_over": 3}, then="hold"))
    'Hold what newcomers send with more than 3 links.'
    """
    group = rule.scope.removeprefix("group:") if rule.scope != INSTANCE and names_group else ""
    what = arrivals(_with_group(rule.when, group), translate, veiled)
    verbs, amended = (_WE, _WE_AMENDED) if as_we else (_VERBS, _AMENDED)
    forms = amended if rule.amendments else verbs
    said = translate(forms[rule.then]) % {"what": what, "how": of_amendments(rule.amendments, translate)}
    if rule.unless:
        excepted = arrivals(rule.unless, translate, veiled)
        said = translate(N_("%(rule)s, except %(excepted)s")) % {"rule": said, "excepted": excepted}
    if rule.answers and rule.then == "refuse":
        said = translate(N_("%(rule)s, and tell the server that sent it")) % {"rule": said}
    if rule.expires is not None:
        said = translate(N_("%(rule)s, until %(day)s")) % {
            "rule": said,
            "day": of_day(rule.expires, translate),
        }
    return translate(N_("%(sentence)s.")) % {"sentence": said}


def of_level(
    level: Level, no_media: bool = False, no_reports: bool = False, translate: Translate = str
) -> str:
    """What a level means for a server, with its flags; one to three sentences."""
    flags = [_NO_MEDIA] * no_media + [_NO_REPORTS] * no_reports
    said = flags if level == "default" and flags else [_LEVELS[level], *flags]
    return " ".join(translate(one) for one in said)


def of_outcome(outcome: str, amendments: Collection[str] = (), translate: Translate = str) -> str:
    """What became of something, in a few words: `outcome` is a word of `decisions.Outcome`."""
    said = translate(_OUTCOMES[outcome])
    if not amendments or outcome not in ("accept", "hold"):
        return said
    how = of_amendments(amendments, translate)
    return translate(N_("%(outcome)s, %(how)s")) % {"outcome": said, "how": how}


def of_amendments(amendments: Collection[str], translate: Translate = str) -> str:
    """What is changed in what is let in: `marked as sensitive and without previews of links`."""
    said = [translate(_AMENDMENTS[one]) for one in _AMENDMENTS if one in amendments]
    codes = sorted(one.removeprefix(WARN) for one in amendments if one.startswith(WARN))
    if codes:
        shown = [f"“{translate(warnings.label(code))}”" for code in codes]
        said.append(translate(N_("with the warning %(warnings)s")) % {"warnings": listed(shown, translate)})
    return listed(said, translate)


def of_day(day: date, translate: Translate = str) -> str:
    """A day: `31 January 2027`."""
    month = translate(_MONTHS[day.month - 1])
    return translate(N_("%(day)s %(month)s %(year)s")) % {"day": day.day, "month": month, "year": day.year}


def _with_group(when: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    return {**when, "group": group} if group else when


__all__ = ["either", "listed", "of_amendments", "of_day", "of_level", "of_outcome", "of_rule"]
