"""The vocabulary of content warnings, and how it is read out of what others write."""

import pytest

from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.warnings import WARNINGS, codes_in, label


def test_there_are_28_codes_of_two_letters_with_names_of_their_own() -> None:
    assert len(WARNINGS) == 28
    assert all(len(code) == 2 and code.islower() for code in WARNINGS)
    assert len({topic.label for topic in WARNINGS.values()}) == 28
    assert WARNINGS["sh"].hashtag == "cw_sh"


@pytest.mark.parametrize("code", WARNINGS)
def test_every_code_is_found_by_its_hashtag_and_by_its_name(code: str) -> None:
    for tag in (f"cw_{code}", f"CW{code.upper()}", f"#cw-{code}"):
        assert codes_in([tag], "") == (code,)
    assert code in codes_in([], WARNINGS[code].label.upper())
    assert codes_in([], f"cw_{code}") == (code,)


@pytest.mark.parametrize("code", WARNINGS)
def test_every_synonym_leads_back_to_its_code(code: str) -> None:
    for synonym in WARNINGS[code].synonyms:
        assert synonym == fold(synonym)
        assert code in codes_in([], f"CW: {synonym}")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("CW: self harm", ("sh",)),
        ("tw // Self‑Harm, food", ("sh", "ed")),
        ("mentions of suicide", ("si",)),
        ("alcohol and drugs mention", ("su",)),
        ("death (pet loss)", ("gr", "an")),
        ("uspol", ("cr",)),
        ("content warning - s.u.i.c.i.d.e", ("si",)),
        ("csa", ("sx", "ca")),
        ("I could not eat my food today because of the news", ()),
        ("long", ()),
        ("", ()),
        ("re: your question", ()),
        ("do not an answer", ()),
    ],
)
def test_what_people_write_is_read_part_by_part(words: str, codes: tuple[str, ...]) -> None:
    assert codes_in([], words) == codes


def test_other_hashtags_say_nothing() -> None:
    assert codes_in(["sh", "cw", "cw_xx", "cw_shy", "selfharm"], "") == ()


def test_a_name_stands_for_a_code_and_words_for_themselves() -> None:
    assert label("bl") == "Blood, injury"
    assert label("spiders") == "spiders"
