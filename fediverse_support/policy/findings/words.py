"""What is to be said about word lists."""

from collections.abc import Callable, Collection, Iterable, Mapping

from fediverse_support.policy.document import WordList
from fediverse_support.policy.matching.phrases import folded_phrase, stands_alone
from fediverse_support.policy.matching.predicates import LONGEST_PHRASE
from fediverse_support.policy.scopes import group_of
from fediverse_support.policy.wording import N_

Say = Callable[..., None]
"""`say(weight, path, form, **values)`."""

LOOKED_AT = 12
"""So many words of a phrase are looked at, so that a list of long ones does not take long."""

MOST_NAMED = 20
"""So many phrases of one list are spoken of one by one."""


def of_words(words: Mapping[str, WordList], groups: Collection[str], say: Say) -> None:
    """Look at every word list."""
    for name, one in words.items():
        group = group_of(one.scope)
        if group is not None and group not in groups:
            say("warning", ("words", name, "scope"), N_("There is no group “%(group)s” here."), group=group)
        if not one.phrases:
            say(
                "warning",
                ("words", name),
                N_("The word list “%(name)s” is empty, so it finds nothing."),
                name=name,
            )
        _of_phrases(name, one.phrases, say)


def _of_phrases(name: str, phrases: Iterable[str], say: Say) -> None:
    folded: dict[str, int] = {}
    told = 0
    for place, phrase in enumerate(phrases):
        plain = folded_phrase(phrase)
        if not plain or len(phrase) > LONGEST_PHRASE:
            say(
                "error",
                ("words", name, "phrases", place),
                N_(
                    "A phrase has 1 to %(most)d characters that can be seen. Change this one or take it away."
                ),
                most=LONGEST_PHRASE,
            )
        else:
            folded.setdefault(plain, place)
    for plain, place in folded.items():
        shorter = _within(plain, folded)
        if shorter and told < MOST_NAMED:
            told += 1
            say(
                "hint",
                ("words", name, "phrases", place),
                N_("“%(longer)s” is found by “%(shorter)s” in the same list anyway."),
                longer=plain,
                shorter=shorter,
            )


def _within(phrase: str, others: Mapping[str, int]) -> str:
    """A shorter phrase of `others` that is a run of words of `phrase`; of a long one only the first words."""
    parts = phrase.split(" ")[:LOOKED_AT]
    written = phrase.encode()
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            run = " ".join(parts[start:end])
            if run == phrase or run not in others:
                continue
            at = written.find(run.encode())
            if stands_alone(written, at, at + len(run.encode())):
                return run
    return ""
