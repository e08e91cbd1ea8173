"""What is to be said about domains, excludes and lists."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Literal

from fediverse_support.policy.document import DomainText, Whole
from fediverse_support.policy.domain_names import SENTENCES, UnfitName, read_name, unfit
from fediverse_support.policy.file.locating import Path
from fediverse_support.policy.findings.words import Say
from fediverse_support.policy.ladder import names_above
from fediverse_support.policy.wording import N_

MOST_NAMED = 20
"""So many domains are spoken of one by one, of each sort."""


def of_domains(
    whole: Whole, lists: Mapping[str, frozenset[str]], ours: str, today: date | None, say: Say
) -> None:
    """Look at everything that a file says about domains. `lists`: the domains of each list in force."""
    own = [ours] if ours else []
    names = _names("domains", whole.domains or {}, own, say)
    _names("excludes", whole.excludes or {}, (), say)
    domains = {name: (whole.domains or {})[key] for name, key in names.items()}
    _of_levels_below(domains, names, say)
    for name, key in names.items():
        _of_days(("domains", key), domains[name], today, say)
    if whole.domains is not None or whole.lists is not None:
        _of_overlaps(set(domains), lists, say)
    _of_addresses(whole, say)


def _names(
    table: Literal["domains", "excludes"], given: Iterable[str], ours: Collection[str], say: Say
) -> dict[str, str]:
    """The names in the form in which they are compared, with the keys under which they stand."""
    found: dict[str, str] = {}
    for key in given:
        try:
            name = read_name(key)
        except UnfitName as error:
            say("error", (table, key), N_("%(what)s"), what=error.message)
            continue
        why = unfit(name, ours) if table == "domains" else None
        if why is not None:
            say("warning" if why == "suffix" else "error", (table, key), N_("%(what)s"), what=SENTENCES[why])
        if name in found:
            form = N_("This is the same domain as “%(other)s”. Take one of them away.")
            say("error", (table, key), form, other=found[name])
        found.setdefault(name, key)
    return found


def _of_levels_below(domains: Mapping[str, DomainText], keys: Mapping[str, str], say: Say) -> None:
    """Say which entries are covered by one above them that says the same."""
    told = 0
    for name, text in domains.items():
        above = next((one for one in names_above(name)[1:] if one in domains), None)
        if above is None or told >= MOST_NAMED or text.expires or text.review:
            continue
        if _level(text) == _level(domains[above]):
            told += 1
            form = N_("“%(above)s” says the same for everything below it, so this entry is not needed.")
            say("hint", ("domains", keys[name]), form, above=above)


def _level(text: DomainText) -> tuple[str, bool, bool]:
    return text.level, text.no_media, text.no_reports


def _of_days(path: Path, text: DomainText, today: date | None, say: Say) -> None:
    if text.level in ("held", "blocked", "limited") and not text.reason.strip():
        say("hint", path, N_("No “reason” is given. It is shown on the public page."))
    if today is None:
        return
    if text.expires is not None and text.expires < today:
        form = N_("This ended on %(day)s and does nothing any more. Take it away, or give it another day.")
        say("warning", path, form, day=text.expires.isoformat())
    elif text.review is not None and text.review <= today:
        form = N_("This was to be looked at again on %(day)s. Give it a new day, or take it away.")
        say("hint", path, form, day=text.review.isoformat())


def _of_overlaps(domains: set[str], lists: Mapping[str, frozenset[str]], say: Say) -> None:
    """Say how many domains several sources speak of; one finding for each pair."""
    names = sorted(lists)
    for at, name in enumerate(names):
        shared = domains & lists[name]
        if shared:
            form = N_(
                "%(number)d of these domains are on the list “%(name)s” too, such as %(one)s. "
                "What is set by hand counts."
            )
            say("hint", ("domains",), form, number=len(shared), name=name, one=min(shared))
        for other in names[at + 1 :]:
            both = lists[name] & lists[other]
            if both:
                form = N_(
                    "The lists “%(name)s” and “%(other)s” share %(number)d domains. "
                    "Where they differ, the higher priority counts."
                )
                say("hint", ("lists", name), form, number=len(both), name=name, other=other)


def _of_addresses(whole: Whole, say: Say) -> None:
    """Say which lists are the same one twice, and which come without encryption."""
    seen: dict[str, str] = {}
    for name, one in (whole.lists or {}).items():
        if one.url in seen:
            form = N_("The list “%(other)s” has the same address. Take one of them away.")
            say("warning", ("lists", name, "url"), form, other=seen[one.url])
        seen.setdefault(one.url, name)
        if one.url.startswith("http://"):
            form = N_("This list comes without encryption: anybody on the way could change it. Use https://.")
            say("warning", ("lists", name, "url"), form)
