"""The policy file: what is written is read again, and what cannot be read says where and why."""

import contextlib
import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_support.policy import file
from fediverse_support.policy.conditions import CONDITIONS
from fediverse_support.policy.document import DomainText, ListText, RuleText, Whole, WordList
from fediverse_support.policy.file import BadFile
from fediverse_support.policy.file.locating import places_of

TRICKY = "a\"\\\n\r\t\x00\x07\x7f\u200b\u200d\u202e\u2028\ufeff#=[]{}'äß漢😀سلام\U000e0067"
NAMES = st.text(string.ascii_lowercase + "-_.ü😀 \"'#", min_size=1, max_size=12).filter(str.strip)
TEXTS = st.text(st.one_of(st.sampled_from(TRICKY), st.characters(exclude_categories=["Cs"])), max_size=20)
DAYS = st.dates(min_value=date(1, 1, 1))
SCOPES = st.sampled_from(["instance", "group:night_owls"])
SEEN = TEXTS.filter(str.strip)


def values_of(condition):
    """Values that a condition of this name may have."""
    if condition.kind == "flag":
        return st.booleans()
    if condition.kind == "number":
        return st.integers(0, 10**9)
    if condition.kind in ("span", "hours"):
        return st.sampled_from(["90m", "7d", "22:00-07:00"])
    one = st.sampled_from(condition.choices) if condition.choices else SEEN
    return one | st.lists(one, min_size=1, max_size=3)


CASES = st.lists(st.sampled_from(list(CONDITIONS)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: values_of(CONDITIONS[name]) for name in names})
)
RULES = st.builds(
    RuleText,
    name=st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12).filter(
        str.isprintable
    ),
    scope=SCOPES,
    when=CASES,
    unless=CASES,
    then=st.sampled_from(["accept", "hold", "refuse"]),
    amendments=st.sampled_from([(), ("quiet",), ("warn:sh", "warn:any “words”", "no-media")]),
    reason=TEXTS,
    note=TEXTS,
    priority=st.integers(-1000, 1000),
    expires=st.none() | DAYS,
    review=st.none() | DAYS,
    answers=st.booleans(),
    is_off=st.booleans(),
)
WORDS = st.builds(WordList, phrases=st.lists(TEXTS, max_size=3).map(tuple), scope=SCOPES, note=TEXTS)
DOMAINS = st.builds(
    DomainText,
    level=st.sampled_from(["trusted", "allowed", "default", "limited", "held", "blocked"]),
    no_media=st.booleans(),
    no_reports=st.booleans(),
    reason=TEXTS,
    note=TEXTS,
    shown=st.sampled_from(["open", "partly", "hidden"]),
    expires=st.none() | DAYS,
    review=st.none() | DAYS,
)
LISTS = st.builds(
    ListText,
    url=st.just("https://lists.example/x?y=“z”"),
    format=st.sampled_from(["auto", "csv", "json", "text", "fires"]),
    priority=st.integers(0, 255),
    hours=st.integers(1, 720),
    drafts=st.booleans(),
    together=st.booleans(),
    lifts_retracted=st.booleans(),
    most=st.sampled_from(["limited", "held", "blocked"]),
    is_on=st.booleans(),
)
WHOLES = st.builds(
    Whole,
    mode=st.sampled_from([None, "open", "allow-list"]),
    consensus=st.none() | st.integers(1, 1000),
    rules=st.none() | st.lists(RULES, max_size=3, unique_by=lambda rule: (rule.scope, rule.name)).map(tuple),
    words=st.none() | st.dictionaries(NAMES.map(str.strip), WORDS, max_size=2),
    domains=st.none() | st.dictionaries(SEEN, DOMAINS, max_size=3),
    excludes=st.none() | st.dictionaries(SEEN, TEXTS, max_size=2),
    lists=st.none()
    | st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True), LISTS, max_size=2),
)

FILE = '''\
# a comment of a person
mode-less = 1
[community]
mode = "open"

[domains] # behind a header
"bad.example" = { level = "blocked", reason = """two
lines""" }
"a.b" = { level = "held" }
'q.example'.level = "held"

[words."some words"]
phrases = [
  "one",  # in a list
  'two',
  """three
  of it""",
]

[[rule]]
name = "first"
when = { words = ["x",
  "y"], links_over = 3 }
then = "hold"

[[rule]]
name = "second"
then = "hold"
[rule.when]
has_media = true
'''


def reasons(text):
    """(line, sentence) of everything that is wrong with a file."""
    with pytest.raises(BadFile) as caught:
        file.read(text)
    assert caught.value.findings
    assert all(found.weight == "error" for found in caught.value.findings)
    return [(found.line, found.what) for found in caught.value.findings]


@given(WHOLES)
def test_what_is_written_is_read_again(whole):
    text = file.write(whole)
    assert file.read(text) == whole
    assert file.write(file.read(text)) == text
    assert not set(text) & set("\x00\x07\x7f\u200b\u202e\u2028\ufeff\r"), "nothing invisible stands in a file"


def test_what_is_not_mentioned_stays_and_what_is_empty_goes():
    assert file.read("") == Whole()
    assert file.read("rule = []\n[words]\n[domains]\n[lists]\n[excludes]\n") == Whole(
        rules=(), words={}, domains={}, lists={}, excludes={}
    )
    assert file.write(Whole(rules=())).count("rule = []") == 1


def test_a_file_is_made_for_reading():
    whole = Whole(
        rules=(
            RuleText(name="Strangers' pictures", when={"sender": "stranger", "has_media": True}, then="hold"),
            RuleText(name="lines", when={"words": "a\nb"}, then="refuse"),
        ),
        domains={
            "b.example": DomainText(level="limited", no_media=True),
            "a.example": DomainText(level="blocked"),
        },
    )
    lines = file.write(whole).splitlines()
    assert '"a.example" = { level = "blocked" }' in lines
    assert '"b.example" = { level = "limited", no_media = true }' in lines
    at = lines.index("[[rule]]")
    assert lines[at - 1] == "#: Hold what strangers send with pictures or other media."
    assert lines[at + 1 : at + 5] == [
        'name = "Strangers\' pictures"',
        'scope = "instance"',
        'when = { sender = "stranger", has_media = true }',
        'then = "hold"',
    ]
    assert "#: Do not take what comes with the words “a b”." in lines


def test_the_line_of_each_thing_is_known():
    places = places_of(FILE)
    for path, line in (
        (("mode-less",), 2),
        (("community",), 3),
        (("community", "mode"), 4),
        (("domains",), 6),
        (("domains", "bad.example"), 7),
        (("domains", "bad.example", "reason"), 7),
        (("domains", "a.b", "level"), 9),
        (("domains", "q.example", "level"), 10),
        (("words", "some words"), 12),
        (("words", "some words", "phrases", 1), 15),
        (("words", "some words", "phrases", 2), 16),
        (("rule", 0), 20),
        (("rule", 0, "when", "words", 1), 23),
        (("rule", 0, "when", "links_over"), 23),
        (("rule", 0, "then"), 24),
        (("rule", 1), 26),
        (("rule", 1, "when", "has_media"), 30),
        (("rule", 1, "when", "has_media", "deeper"), 30),
        (("rule", 7),  20),
    ):  # fmt: skip
        assert places.line(*path) == line, path
    assert places.line("nothing") is None
    assert [line for line, _ in places.comments] == [1, 6, 14]


@settings(max_examples=300)
@given(st.text(st.sampled_from("[]{}=\"'\\#.,\n ab1"), max_size=60))
def test_the_walk_through_a_file_ends_whatever_stands_in_it(text):
    with contextlib.suppress(BadFile):
        places_of(text)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[domain]\n", 1, "“domain” is not known here. Did you mean “domains”?"),
        ("\n[comunity]\n", 2, "Did you mean “community”?"),
        ("[community]\nmode = 'closed'", 2, "It can be: open, allow-list."),
        ("[community]\nconsensus = 0", 2, "a whole number from 1"),
        ("[community]\nconsensus = true", 2, "a whole number from 1"),
        ('[domains]\n"a.example" = { level = "blockd" }', 2, "Did you mean “blocked”?"),
        ('[domains]\n"a.example" = "blocked"', 2, "a table is needed"),
        ('[domains]\n"" = { }', 2, "1 to 253"),
        ("[domains]\n\n'a' = { expires = 2027-01-31T00:00:00 }", 3, "Write a day here, like 2027-01-31"),
        ("[domains]\n'a' = { expires = '2027-01-31' }", 2, "without quotes"),
        ("[excludes]\n'a' = 1", 1, "words in quotes"),
        ("[lists.X]\nurl = 'https://a'", 1, "small letters"),
        ("[lists.x]\nurl = 'ftp://a'", 2, "whole address"),
        ("[lists.x]\non = true", 1, "“url” is missing"),
        ("[words.x]\nphrases = ['a', 1]", 2, "words in quotes"),
        ("[words.x]\nphrases = [\n'a',\n1]", 4, "words in quotes"),
        ("[words.x]\nnote = ''", 1, "“phrases” is missing"),
        ("[rule]\nname = 'x'", 1, "Begin each rule with [[rule]]"),
        ("rule = 1", 1, "Begin each rule with [[rule]]"),
        ("[[rule]]\nthen = 'hold'", 1, "“name” is missing"),
        ('[[rule]]\nname = "a\\nb"\nthen = "hold"', 2, "one line"),
        ("[[rule]]\nname = ''\nthen = 'hold'", 2, "has to be written"),
        ("[[rule]]\nname = 'x'\nthen = 'block'", 3, "It can be: accept, hold, refuse."),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nthn = 1", 4, "Did you mean “then”?"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwhen = { sendr = 'x' }", 4, "Did you mean “sender”?"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwhen = { sender = 'strange' }", 4, "Did you mean “stranger”?"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\n[rule.unless]\n\nbot = 'yes'", 6, "true or false"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwhen = { words = [] }", 4, "This list is empty"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwhen = { links_over = 1.5 }", 4, "a whole number"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwhen = { hours = 2027-01-31 }", 4, "words in quotes"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nscope = 'group:'", 4, "“group:” and the name"),
        ("[[rule]]\nname = 'x'\nthen = 'hold'\nwith = ['quite']", 4, "Did you mean “quiet”?"),
        ("[[rule]]\nname='x'\nthen='hold'\n[[rule]]\nname='x'\nthen='hold'", 5, "line 1 has this name"),
        ("a = 1\na = 2", 2, "Cannot overwrite a value"),
        ("[domains]\n[domains]\n", 2, "TOML"),
        ("x = [\n1,\n", 2, "TOML"),
        ("x = 'a\n", 1, "TOML"),
        ("x = 1\x00", 1, "TOML"),
        ("\r\n\r\nx = \r\n", 3, "TOML"),
        ("x = \ud800", 1, "UTF-8"),
        ("x = 2027-02-30", 1, "TOML"),
        (f"x = {'9' * 5000}", None, "a number or a date"),
        ("x = " + "[" * 100_000, 1, "in each other"),
        ("x = " + "{a=" * 100_000, 1, "in each other"),
        (".".join(["a"] * 100_000) + " = 1", 1, "in each other"),
        ("[" + ".".join(["a"] * 100_000) + "]", 1, "in each other"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_the_line_and_what_to_do(text, line, words):
    found = reasons(text)
    assert any(words in what for _, what in found), found
    assert line in [at for at, _ in found]


def test_everything_that_is_wrong_is_told_at_once_and_never_without_end():
    found = reasons("[community]\nmode = 1\nconsensus = 'x'\n[[rule]]\nname = 1\n")
    assert [line for line, _ in found] == [2, 3, 4, 5]
    assert (
        len(reasons("[domains]\n" + "\n".join(f"'{n}.example' = 1" for n in range(5_000))))
        == file.MOST_FINDINGS
    )


def test_a_file_that_is_too_large_is_not_looked_at():
    assert reasons("#" * (file.LARGEST + 1)) == [(None, "This file is larger than 8192 KiB.")]
    assert reasons("# é" + "é" * (file.LARGEST // 2)) == [(None, "This file is larger than 8192 KiB.")]
    with pytest.raises(BadFile, match="512 KiB"):
        file.read("#" * 600_000, file.LARGEST_IN_BROWSER)
    with pytest.raises(BadFile, match="8192 KiB"):
        file.text_of(b"#" * 10_000_000)
    with pytest.raises(BadFile, match=r"Line 2: .* UTF-8"):
        file.text_of(b"x = 1\ny = '\xff'")
    assert file.text_of("\ufeffx = 'é'".encode()) == "x = 'é'"


def test_a_file_as_large_as_may_be_is_read():
    phrases = "".join(f'  "a phrase {n}",\n' for n in range(3_000))
    whole = file.read(f"[words.many]\nphrases = [\n{phrases}]\n")
    assert whole.words is not None
    assert len(whole.words["many"].phrases) == 3_000
    found = reasons("[words.many]\nphrases = [" + "'a'," * 200_001 + "]")
    assert "more than 200000 entries" in found[0][1]
