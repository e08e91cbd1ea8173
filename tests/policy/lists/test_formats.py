import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.policy.lists import formats as list_formats
from fediverse_support.policy.lists import rows as list_rows
from fediverse_support.policy.lists import writing as list_writing
from fediverse_support.policy.lists.diff import differences, has_shrunk
from fediverse_support.policy.lists.rows import Listed

HEADS = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
OURS = ("garden.example", "social.garden.example:8443")


def read(text, **how):
    return list_formats.read(text, ours=OURS, **how)


def levels(listing):
    return {
        one.domain: "+".join([one.level] + ["no-media"] * one.no_media + ["no-reports"] * one.no_reports)
        for one in listing.entries
    }


@pytest.mark.parametrize(
    "text",
    [
        "<!doctype html>\n<html><body>bad.example</body></html>",
        "\ufeff  <?xml version='1.0'?><list/>",
        '{"html": 1}',
        "[1",
        "[" * 100_000,
        '["good.example", "other.example"]',
        "two words\nnothing here\n",
        'a.example\n"' + "x" * 200_000,
        '{"federated_instances": []}',
        '{"type": "Dataset", "endpoints": {}}',
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text):
    with pytest.raises(Malformed) as refusal:
        read(text)
    assert refusal.value.message.endswith((".", "?"))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(list_rows, "MOST_ROWS", 50)
    assert len(read("\n".join(f"d{n}.example" for n in range(50))).entries) == 50
    for text in (
        "\n".join(f"d{n}.example" for n in range(51)),
        json.dumps([{"domain": "d.example"}] * 51),
        HEADS + "x.example,annoy\n" * 51,
    ):
        with pytest.raises(Malformed):
            read(text)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ba*.ex*mple,suspend", "hidden"),
        ("garden.example,suspend", "own"),
        ("GARDEN.example.,suspend", "own"),
        ("social.garden.example,suspend", "own"),
        ("com,suspend", "suffix"),
        ("co.uk,suspend", "suffix"),
        ("*,suspend", "suffix"),
        ("*.co.uk,suspend", "suffix"),
        ("192.0.2.7,suspend", "address"),
        ("192.0.2.7:443,suspend", "address"),
        ("[2001:db8::1],suspend", "address"),
        ("2001:db8::1,suspend", "address"),
        ("https://bad.example/,suspend", "name"),
        ("two words.example,suspend", "name"),
        ("-.example,suspend", "name"),
        (",suspend", "name"),
        ("a" * 250 + ".example,suspend", "name"),
        ("x.example,annoy", "severity"),
        ("x.example,noop", "noop"),
        ("x.example,noop,false,false", "noop"),
        ("ok.fine.org,silence", "duplicate"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_and_counted(row, why):
    found = read(f"{HEADS}ok.fine.org,suspend\n{row}\n")
    assert levels(found) == {"ok.fine.org": "blocked"}
    assert found.skipped == {why: 1}
    assert found.is_about_everyone == (why == "suffix")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Bücher.example", "xn--bcher-kva.example"),
        ("BAD.Example.", "bad.example"),
        ("bad.example..", "bad.example"),
        (" bad.example:8443 ", "bad.example"),
        ("*.bad.example", "bad.example"),
        ("pages.github.io", "pages.github.io"),
    ],
)
def test_names_are_written_as_they_are_compared(name, written):
    assert list(levels(read(f"{HEADS}{name},suspend"))) == [written]


MASTODON = (
    HEADS
    + 'bad.example,suspend,true,true,"spam, and\nmore",false\n'
    + "meh.example,silence,TRUE,0,,1\nm.example,noop,false,1,,\n"
)
GTS = [
    {"domain": "bad.example", "suspended_at": "2026-01-01T00:00:00Z", "public_comment": "spam"},
    {"domain": "quiet.example", "silenced_at": "2026-01-01T00:00:00Z"},
]
LEMMY = {
    "federated_instances": {
        "linked": [{"domain": "everyone.example"}],
        "allowed": [{"domain": "good.example", "software": "lemmy"}],
        "blocked": [{"domain": "bad.example"}, "old.example", {}],
    }
}
PIEFED = {"allowed_instances": ["good.example"], "banned_instances": ["bad.example"], "banned_tags": ["x"]}
AKKOMA = {
    "metadata": {
        "federation": {
            "mrf_simple": {
                "reject": ["bad.example"],
                "accept": ["good.example"],
                "media_removal": ["bad.example", "*.pics.example"],
                "report_removal": ["meh.example"],
                "federated_timeline_removal": ["meh.example"],
                "avatar_removal": ["face.example"],
                "handle_threads": True,
            },
            "mrf_simple_info": {"reject": {"bad.example": {"reason": "spam"}}},
        }
    }
}
MISSKEY = {
    "blockedHosts": ["bad.example"],
    "silencedHosts": ["meh.example"],
    "mediaSilencedHosts": ["p.example"],
}
RAPID = {
    "@spec": "https://rapidblock.org/spec/v1/",
    "blocks": {
        "bad.example": {"isBlocked": True, "reason": "spam"},
        "was.example": {"isBlocked": False, "reason": "better now"},
    },
}
FORMS = {
    "Mastodon": (
        MASTODON,
        {"bad.example": "blocked", "meh.example": "limited+no-media", "m.example": "default+no-reports"},
        {},
    ),
    "FediBlockHole": (
        "severity,public_comment,domain\nsilence,loud,meh.example\n",
        {"meh.example": "limited"},
        {},
    ),
    "semicolons": ("domain;severity\nbad.example;suspend\n", {"bad.example": "blocked"}, {}),
    "comments first": ("# a list\n#domain,#severity\nmeh.example,silence\n", {"meh.example": "limited"}, {}),
    "plain": (
        "# a list\nbad.example\n\nother.example # for reasons\r\n",
        {"bad.example": "blocked", "other.example": "blocked"},
        {},
    ),
    "only heads": (HEADS, {}, {}),
    "nothing": ("", {}, {}),
    "Mastodon API": (
        json.dumps(
            [
                {"domain": "bad.example", "digest": "ab", "severity": "suspend", "comment": "spam"},
                {"domain": "m*h.example", "digest": "cd", "severity": "silence"},
                {"digest": "ef", "severity": "suspend"},
            ]
        ),
        {"bad.example": "blocked"},
        {"hidden": 2},
    ),
    "GoToSocial": (json.dumps(GTS), {"bad.example": "blocked", "quiet.example": "limited"}, {}),
    "Lemmy": (
        json.dumps(LEMMY),
        {"bad.example": "blocked", "old.example": "blocked", "good.example": "allowed"},
        {"name": 1},
    ),
    "PieFed": (json.dumps(PIEFED), {"bad.example": "blocked", "good.example": "allowed"}, {}),
    "Akkoma": (
        json.dumps(AKKOMA),
        {
            "bad.example": "blocked",
            "good.example": "allowed",
            "meh.example": "limited+no-reports",
            "pics.example": "default+no-media",
        },
        {"noop": 1},
    ),
    "Misskey": (
        json.dumps(MISSKEY),
        {"bad.example": "blocked", "meh.example": "limited", "p.example": "default+no-media"},
        {},
    ),
    "RapidBlock": (json.dumps(RAPID), {"bad.example": "blocked"}, {"noop": 1}),
    "empty JSON": ("[]", {}, {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised(form):
    text, expected, skipped = FORMS[form]
    found = read(text)
    assert (levels(found), dict(found.skipped)) == (expected, skipped)


def test_reasons_and_how_a_name_is_shown_are_read():
    found = {one.domain: one for one in read(MASTODON).entries}
    assert found["bad.example"].public_reason == "spam, and\nmore"
    assert found["meh.example"].shown == "partly"
    for form in ("GoToSocial", "Akkoma", "RapidBlock", "Mastodon API"):
        assert [one.public_reason for one in read(FORMS[form][0]).entries if one.domain == "bad.example"] == [
            "spam"
        ]
    assert len(read(f'{HEADS}a.example,suspend,,,"{"x" * 3000}",').entries[0].public_reason) == 1000


def test_a_form_that_is_named_is_not_guessed_at():
    with pytest.raises(Malformed):
        read("bad.example", format="json")
    with pytest.raises(Malformed):
        read("https://lists.example/dataset", format="fires")
    assert levels(read("bad.example,silence", format="csv")) == {"bad.example": "blocked"}
    assert levels(read("bad.example\nodd,one.example", format="text")) == {"bad.example": "blocked"}


def test_a_list_of_whom_to_let_in_never_takes_a_block_for_one():
    assert levels(read("#domain\ngood.example\n", allow=True)) == {"good.example": "allowed"}
    assert levels(read("good.example\n", allow=True)) == {"good.example": "allowed"}
    assert levels(read(MASTODON, allow=True)) == {}
    for form in ("Mastodon API", "RapidBlock"):
        assert levels(read(FORMS[form][0], allow=True)) == {}
    for form in ("Lemmy", "PieFed", "Akkoma"):
        assert levels(read(FORMS[form][0], allow=True)) == {"good.example": "allowed"}
    with pytest.raises(Malformed):
        read(json.dumps(MISSKEY), allow=True)


def test_of_two_rows_about_one_domain_the_more_severe_stays_whatever_their_order():
    rows = ["x.example,silence,true,,mild,", "X.example.,suspend,,,severe,"]
    for text in ("\n".join(rows), "\n".join(rows[::-1])):
        (one,) = read(HEADS + text).entries
        assert (one.level, one.no_media, one.public_reason) == ("blocked", True, "severe")


def test_nothing_that_a_spreadsheet_would_run_leaves():
    entries = [
        Listed(domain=f"d{n}.example", level="blocked", public_reason=reason)
        for n, reason in enumerate(["=1+1", "@x", "-2", "+3", "\tx", "fine"])
    ]
    rows = list(csv.reader(io.StringIO(list_writing.write(entries))))
    assert rows[0] == HEADS.strip().split(",")
    assert [row[4][0] for row in rows[1:]] == ["'", "'", "'", "'", "'", "f"]
    assert [one.public_reason for one in read(list_writing.write(entries)).entries][:3] == [
        "=1+1",
        "@x",
        "-2",
    ]


def test_what_is_shown_to_nobody_is_in_no_list():
    entries = [
        Listed(domain="a.example", level="blocked", shown="hidden"),
        Listed(domain="b.example", level="held", shown="partly"),
    ]
    for form in ("csv", "json", "text"):
        assert "a.example" not in list_writing.write(entries, form)
    assert "b.example,silence,false,false,,true" in list_writing.write(entries)


def test_whom_we_let_in_is_a_list_of_its_own():
    entries = [Listed(domain="a.example", level="blocked"), Listed(domain="b.example", level="trusted")]
    assert list_writing.write(entries, allow=True) == "#domain\nb.example\n"
    assert "b.example" not in list_writing.write(entries)
    assert list_writing.write(entries, "text") == "a.example\n"


names = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}\.example", fullmatch=True)
entries = st.lists(
    st.builds(
        Listed,
        domain=names,
        level=st.sampled_from(["limited", "held", "blocked"]),
        no_media=st.booleans(),
        no_reports=st.booleans(),
        public_reason=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip),
        shown=st.sampled_from(["open", "partly"]),
    ),
    unique_by=lambda one: one.domain,
    max_size=5,
)


@given(entries)
def test_what_is_written_as_json_is_read_as_it_was(found):
    found = [
        one
        if one.level != "blocked"
        else Listed(domain=one.domain, level="blocked", public_reason=one.public_reason, shown=one.shown)
        for one in found
    ]
    assert set(read(list_writing.write(found, "json")).entries) == set(found)


@given(st.text(max_size=300))
def test_whatever_comes_is_a_list_or_malformed(text):
    for format in ("auto", "csv", "text", "json"):
        try:
            found = read(text, format=format)
        except Malformed:
            continue
        assert all(one.domain not in OURS for one in found.entries)


def listed(**levels):
    return {name: Listed(domain=name, level=level) for name, level in levels.items()}


def test_a_difference_leads_from_one_state_to_the_next():
    before, after = listed(a="blocked", b="limited", c="held"), listed(a="blocked", b="held", d="blocked")
    found = differences(before, after)
    assert [(one.domain, one.kind) for one in found] == [("b", "change"), ("c", "retract"), ("d", "add")]
    assert differences(after, after) == []


@pytest.mark.parametrize(
    ("before", "after", "is_shrunk"),
    [("", "", False), ("", "abc", False), ("abc", "ab", False), ("abc", "a", True), ("abcdef", "abcd", False),
     ("abcdef", "abc", True), ("abc", "xyz", True), ("a", "", True), ("abc", "abxyz", False)],
)  # fmt: skip
def test_a_list_has_shrunk_when_more_than_a_third_is_gone(before, after, is_shrunk):
    assert has_shrunk(before, after) is is_shrunk
