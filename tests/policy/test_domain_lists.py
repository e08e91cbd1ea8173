import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.policy import domain_lists
from fediverse_support.policy.ladder import Rung

HEADS = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def levels(text: str) -> dict[str, str]:
    return {rung.domain: rung.level for rung in domain_lists.read(text).rungs}


def test_more_rows_than_anybody_needs_are_refused():
    text = "\n".join(f"d{number}.example" for number in range(domain_lists.MOST_ROWS + 1))
    with pytest.raises(Malformed, match="20,000"):
        domain_lists.read(text)


def test_what_is_not_csv_is_refused():
    with pytest.raises(Malformed):
        domain_lists.read('a.example\n"' + "x" * 200_000)


@given(st.text())
def test_no_text_raises_anything_but_our_own_error(text):
    with contextlib.suppress(Malformed):
        domain_lists.read(text)


def test_rows_that_hide_their_domain_are_counted_and_not_taken():
    found = domain_lists.read(HEADS + "ba*.ex*mple,suspend,false,false,,true\nbad.example,suspend\n")
    assert (found.hidden, [rung.domain for rung in found.rungs]) == (1, ["bad.example"])


def test_severities_become_levels():
    assert levels(HEADS + "a.example,suspend\nb.example,silence\nc.example,SILENCE\nd.example\n") == {
        "a.example": "blocked",
        "b.example": "limited",
        "c.example": "limited",
        "d.example": "blocked",
    }


def test_a_row_without_effect_and_an_unknown_severity_are_counted():
    found = domain_lists.read(HEADS + "a.example,noop\nb.example,annoy\n,suspend\n")
    assert (found.rungs, found.without_effect, found.unreadable) == ((), 1, 2)


def test_a_list_of_domains_alone_is_a_list_of_blocks():
    assert levels("# from a friend\nbad.example\n\nWorse.Example.\n") == {
        "bad.example": "blocked",
        "worse.example": "blocked",
    }


def test_columns_are_found_by_their_heads():
    found = domain_lists.read("severity,public_comment,domain\nsilence,loud,meh.example\n")
    assert found.rungs == (Rung("meh.example", "limited", "loud"),)


def test_comments_of_several_lines_and_with_commas_stay_whole():
    found = domain_lists.read(HEADS + 'a.example,suspend,false,false,"spam, and\nmore",false\n')
    assert found.rungs[0].public_reason == "spam, and\nmore"


def test_a_spreadsheet_finds_no_formula():
    text = domain_lists.write([Rung("a.example", "blocked", "=1+1"), Rung("b.example", "blocked", "@x")])
    assert "'=1+1" in text
    assert "'@x" in text


def test_what_has_no_word_in_that_form_is_left_out_or_made_milder():
    assert domain_lists.write([Rung("a.example", "allowed"), Rung("b.example", "held")]) == (
        HEADS + "b.example,silence,false,false,,false\n"
    )


DOMAINS = st.from_regex(r"[a-z][a-z0-9-]{0,20}\.example", fullmatch=True)
REASONS = st.text(st.characters(exclude_categories=("Cc", "Cs"))).map(str.strip)


@given(
    st.lists(
        st.builds(Rung, DOMAINS, st.sampled_from(["blocked", "limited"]), REASONS),
        unique_by=lambda r: r.domain,
    )
)
def test_what_is_written_reads_the_same(rungs):
    assert list(domain_lists.read(domain_lists.write(rungs)).rungs) == rungs
