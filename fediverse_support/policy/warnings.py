"""The vocabulary of content warnings: 28 codes, their names, and how they are found in what others send.

On the wire a code is the hashtag `#cw_sh` (or `#cwsh`, where a server drops underscores), beside the words in
`summary` that every other software shows. What people elsewhere write (`CW: self harm, food`) is read back
through the synonyms. A code only ever says what something is about.
"""

import re
from collections.abc import Iterable

import msgspec

from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.wording import N_

PREFIX = "cw_"


class Topic(msgspec.Struct, frozen=True):
    """One topic: its code, its name in English, and other words for it (folded, as `fold` writes them)."""

    code: str
    label: str
    synonyms: tuple[str, ...] = ()

    @property
    def hashtag(self) -> str:
        """The hashtag, without its #, by which other servers of this kind know the code."""
        return f"{PREFIX}{self.code}"


def _topic(code: str, label: str, synonyms: str) -> Topic:
    return Topic(code, label, tuple(one.strip() for one in synonyms.split(",")))


WARNINGS: dict[str, Topic] = {
    topic.code: topic
    for topic in (
        _topic("si", N_("Suicide, thoughts"), "suicide, suicidal, suicidality, suicidal thoughts, si"),
        _topic(
            "sa",
            N_("Suicide, someone's attempt or death"),
            "suicide attempt, suicide loss, suicide death, attempt",
        ),
        _topic("sh", N_("Self-harm"), "self harm, selfharm, self-injury, self injury, cutting, sh"),
        _topic(
            "ed", N_("Eating, body image"), "eating disorder, eating, food, body image, anorexia, bulimia, ed"
        ),
        _topic("wt", N_("Weight, calories, numbers"), "weight, calories, weight loss, diet, dieting"),
        _topic("ab", N_("Abuse"), "abusive relationship, emotional abuse, physical abuse"),
        _topic("sx", N_("Sexual violence"), "rape, sexual assault, sexual abuse, csa, sexual harassment, sa"),
        _topic("dv", N_("Violence at home"), "domestic violence, domestic abuse, dv, ipv"),
        _topic("ca", N_("Child abuse"), "csa, childhood abuse, child sexual abuse, child neglect"),
        _topic("tr", N_("Trauma, flashbacks"), "trauma, flashback, flashbacks, ptsd, cptsd, c-ptsd"),
        _topic("gr", N_("Death and grief"), "death, grief, loss, bereavement, dying, funeral, mourning"),
        _topic(
            "pl",
            N_("Pregnancy loss, infertility"),
            "pregnancy loss, miscarriage, stillbirth, infertility, ivf",
        ),
        _topic("ch", N_("Childbirth"), "birth, labour, labor, birth trauma"),
        _topic("an", N_("Animal death"), "pet death, pet loss, animal cruelty, dead animal"),
        _topic(
            "su",
            N_("Alcohol, drugs"),
            "alcohol, drugs, drug use, substance use, substance abuse, drinking, addiction",
        ),
        _topic("rl", N_("Relapse"), "relapsed, relapsing"),
        _topic("md", N_("Medication"), "meds, medicine, medications, pills, antidepressants"),
        _topic(
            "pr",
            N_("Medical procedures"),
            "medical, surgery, needles, operation, injection, medical procedure",
        ),
        _topic("bl", N_("Blood, injury"), "blood, injury, gore, wounds, injuries"),
        _topic("dg", N_("Diagnosis, prognosis"), "diagnosis, prognosis, cancer, terminal illness"),
        _topic(
            "ho",
            N_("Hospital, detention under law"),
            "hospital, hospitalisation, hospitalization, psych ward, sectioned",
        ),
        _topic("ps", N_("Psychosis, paranoia"), "psychosis, paranoia, hallucinations, delusions, psychotic"),
        _topic(
            "do",
            N_("Dissociation"),
            "dissociating, depersonalisation, depersonalization, derealisation, dpdr",
        ),
        _topic(
            "rc",
            N_("Racism and hate"),
            "racism, racist, hate, hate speech, antisemitism, homophobia, transphobia",
        ),
        _topic(
            "bs",
            N_("Ableism, not being believed"),
            "ableism, ableist, medical gaslighting, not being believed",
        ),
        _topic("re", N_("Religion"), "religious trauma, church, faith"),
        _topic("mo", N_("Money, housing"), "money, housing, homelessness, debt, poverty, eviction"),
        _topic("cr", N_("Crisis in the news"), "news, war, uspol, politics, disaster, shooting, terrorism"),
    )
}
"""Every topic by its code, in the order in which they are offered."""


def codes_in(hashtags: Iterable[str], warning_text: str) -> tuple[str, ...]:
    """The codes that hashtags (`cw_sh`, `#CWsh`) and the words of a warning stand for, in our order.

    The words are taken apart at commas and the like; a part counts if it is a name or a synonym, with or
    without `cw`, `tw` or `mention of` before it, so that a sentence about food is not taken for a code.
    """
    found = {code for tag in hashtags if (code := _CODE_OF_HASHTAG.get(_plain_tag(tag))) is not None}
    if warning_text:
        for part in _parts(fold(warning_text)):
            found.update(_CODES_OF_WORDS.get(part, ()))
    return tuple(code for code in WARNINGS if code in found)


def label(code_or_words: str) -> str:
    """The English name of a code; words that are no code stand for themselves."""
    known = WARNINGS.get(code_or_words)
    return code_or_words if known is None else known.label


_CODE_OF_HASHTAG = {f"cw{code}": code for code in WARNINGS}
_APART = re.compile(r"[,;/|+&\n()\[\]]+|\band\b|\bor\b|:|\s-\s|\. ")
_BEFORE = re.compile(
    r"^(?:(?:cw(?!_)|tw|content warning|trigger warning|content note|cn|mentions?(?: of)?)\b[\s~-]*)+"
)
_AFTER = re.compile(r"[\s~-]*\b(?:mentions?|mentioned|discussion|talk)$")


def _plain_tag(tag: str) -> str:
    return tag.removeprefix("#").replace("_", "").replace("-", "").casefold()


def _parts(folded: str) -> Iterable[str]:
    yield " ".join(folded.split())
    for part in _APART.split(folded):
        bare = _AFTER.sub("", _BEFORE.sub("", part.strip(" \t.!?*#~\"'")))
        if bare:
            yield " ".join(bare.split())


def _codes_of_words() -> dict[str, frozenset[str]]:
    codes: dict[str, set[str]] = {}
    for topic in WARNINGS.values():
        for word in (topic.label, f"{PREFIX}{topic.code}", f"cw{topic.code}", *topic.synonyms):
            codes.setdefault(fold(word), set()).add(topic.code)
    return {word: frozenset(found) for word, found in codes.items()}


_CODES_OF_WORDS = _codes_of_words()
