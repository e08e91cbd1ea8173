"""One form for all spellings: the tricks, what is left alone, and that folding twice changes nothing."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.policy.matching.folding import fold
from fediverse_support.policy.matching.lookalikes import LOOKALIKES

TRICKS = {
    "capitals": "SuIcIdE",
    "accents": "süìçïdé",
    "heaps of marks": "s̷̡u̶͒i̸c̵̛i̴d̷e̵͠",
    "a mark as a letter of its own": "s\u0301uicide",
    "zero width space": "sui\u200bcide",
    "zero width joiner": "su\u200dici\u200cde",
    "word joiner": "sui\u2060cide",
    "soft hyphen": "sui\u00adcide",
    "right to left mark": "s\u200fuici\u202ede\u202c",
    "byte order mark": "\ufeffsuicide",
    "variation selector": "s\ufe0fuic\U000e0101ide",
    "tag characters": "sui\U000e0063cide",
    "grapheme joiner": "su\u034ficide",
    "control characters": "sui\x00ci\x7fde",
    "half of a character": "sui\ud800cide",
    "fillers": "sui\u3164cide",
    "an empty Braille cell": "sui\u2800cide",
    "marks of another script": "su\u0941ici\u0e34de",
    "Cyrillic": "ѕuісіdе",
    "Cyrillic capitals": "SUIСIDЕ",
    "Greek": "sυιcιdε",
    "Armenian": "ѕսicide",
    "Cherokee": "ᏚuᎥcᎥᎠᎬ",
    "small capitals": "ꜱᴜɪᴄɪᴅᴇ",
    "phonetic alphabet": "sʊɪcɪɖɘ",
    "strokes": "suɨȼɨđɇ",
    "letters upside down": "snıɔıdǝ".replace("n", "u").replace("ɔ", "c"),
    "dotless i": "suıcıde",
    "fullwidth": "ｓｕｉｃｉｄｅ",
    "mathematical bold": "𝐬𝐮𝐢𝐜𝐢𝐝𝐞",
    "mathematical script": "𝓈𝓊𝒾𝒸𝒾𝒹ℯ",
    "fraktur": "𝔰𝔲𝔦𝔠𝔦𝔡𝔢",
    "monospace": "𝚜𝚞𝚒𝚌𝚒𝚍𝚎",
    "circled": "ⓢⓤⓘⓒⓘⓓⓔ",
    "black circles": "🅢🅤🅘🅒🅘🅓🅔",
    "boxes": "🅂🅄🄸🄲🄸🄳🄴",
    "flags": "🇸\u200b🇺\u200b🇮\u200b🇨\u200b🇮\u200b🇩\u200b🇪",
    "superscript": "ˢᵘⁱᶜⁱᵈᵉ",
    "dots between": "s.u.i.c.i.d.e",
    "blanks between": "s u i c i d e",
    "hyphens between": "s-u-i-c-i-d-e",
    "stars between": "s*u*i*c*i*d*e",
    "underscores between": "S_U_I_C_I_D_E",
    "middle dots between": "s·u·i·c·i·d·e",
    "bullets between": "s•u•i•c•i•d•e",
    "lines between": "s\nu\ni\nc\ni\nd\ne",
    "no-break spaces between": "s\u00a0u\u00a0i\u00a0c\u00a0i\u00a0d\u00a0e",
    "several at once": "Ｓ.υ.і.с.í.Ԁ.\u200bE",
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_a_trick_is_seen_through(trick: str) -> None:
    assert fold(trick) == "suicide"


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_a_trick_in_the_middle_of_a_sentence_is_seen_through(trick: str) -> None:
    assert "suicide" in fold(f"About (1): «{trick}» — that’s all.")


def test_words_that_are_no_trick_stay_apart() -> None:
    assert fold("I am a b of it") == "i am a b of it"
    assert fold("e.g. i.e. a.b.c") == "e.g. i.e. a.b.c"
    assert fold("the u.s. and x-y-z axes") == "the u.s. and x-y-z axes"
    assert fold("a b.c d") == "a b.c d"


def test_digits_are_left_as_they_are() -> None:
    assert fold("su1cide 13 ½") == "su1cide 13 1⁄2"


def test_curly_quotes_and_dashes_are_plain() -> None:
    assert fold("I don’t “self‑harm” – no") == 'i don\'t "self-harm" - no'


@pytest.mark.parametrize("word", ["がぎ", "ดีน", "한국어", "कुल", "ကို", "中文", "தமிழ்"])
def test_what_makes_another_letter_is_kept(word: str) -> None:
    assert fold(word) == unicodedata.normalize("NFC", unicodedata.normalize("NFKD", word))


def test_vowel_signs_tell_words_apart_but_points_do_not() -> None:
    assert fold("ดิน") != fold("ดีน")
    assert fold("שָׁלוֹם") == fold("שלום")
    assert fold("مَرْحَبًا") == fold("مرحبا")


def test_words_of_other_alphabets_find_themselves_whatever_their_case() -> None:
    for word in ("самоубийство", "αυτοκτονία", "ինքնասպանություն", "ჩემი"):
        assert fold(word) == fold(word.upper()) == fold(word.title())


def test_only_blanks_and_line_feeds_are_left_of_spaces() -> None:
    assert fold("aa\tbb\r\ncc\u3000dd\u2003ee\x85ff\u2028gg\u1680hh") == "aa bb \ncc dd ee ff gg hh"


anything = st.text(max_size=60)
nasty = st.text(
    alphabet=st.sampled_from("sue SU.-_*·\n\tсоΣςßİıǅﬁ\u0301\u0345\u200b\u093f\u0e34\u3099がÅ①한ᎠꭰⅣ·•\ud800"),
    max_size=40,
)


@given(anything | nasty)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(anything | nasty)
def test_case_never_matters_to_a_text_without_special_capitals(text: str) -> None:
    if text.upper().casefold() == text.casefold():
        assert fold(text) == fold(text.upper())


@given(anything)
def test_nothing_invisible_is_left(text: str) -> None:
    assert not [c for c in fold(text) if unicodedata.category(c) in ("Cf", "Cs", "Cc") and c != "\n"]


@given(
    st.text(alphabet="abcdefgh ,", max_size=30),
    st.sampled_from(["\u200b", "\u00ad", "\u0301", "\ufe0f", "\u2060"]),
)
def test_what_is_put_between_all_letters_makes_no_difference(text: str, between: str) -> None:
    assert fold(between.join(text)) == fold(text)


def test_a_long_run_of_letters_set_apart_takes_no_longer_for_each() -> None:
    assert fold("a." * 50_000 + "b9") == "a" * 50_000 + ".b9"
    assert len(fold("a b.c " * 20_000)) == 120_000


def test_the_table_has_plain_letters_only_and_none_for_a_plain_character() -> None:
    assert len(LOOKALIKES) >= 200
    for character, plain in LOOKALIKES.items():
        assert character > 0x7F
        assert re.fullmatch(r"[a-z]{1,2}|['\"·-]", plain), chr(character)
        assert fold(chr(character)) == plain
