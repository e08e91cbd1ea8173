"""Two people change the policy at once: rule by rule, nobody's work is lost."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.policy.document import Document, RuleText, WordList
from fediverse_support.policy.merging import merged

DOCUMENTS = st.builds(
    Document,
    mode=st.sampled_from(("open", "allow-list")),
    consensus=st.integers(1, 3),
    rules=st.lists(
        st.builds(
            RuleText,
            name=st.sampled_from("abc"),
            scope=st.sampled_from(("instance", "group:owls")),
            priority=st.integers(0, 2),
        ),
        max_size=4,
        unique_by=lambda rule: (rule.scope, rule.name),
    ).map(tuple),
    words=st.dictionaries(
        st.sampled_from("xy"), st.builds(WordList, phrases=st.just(("one",)) | st.just(("two",)))
    ),
)


def rule(name, **more):
    return RuleText(name=name, **more)


def test_what_only_one_has_changed_is_as_they_have_it():
    base = Document(rules=(rule("a"), rule("b"), rule("c")))
    mine = Document(
        rules=(rule("a", priority=5), rule("b"), rule("new")), words={"x": WordList(phrases=("y",))}
    )
    theirs = Document(mode="allow-list", rules=(rule("b", then="hold"), rule("a"), rule("c"), rule("theirs")))
    found, crossed = merged(base, mine, theirs)
    assert crossed == ()
    assert found == Document(
        mode="allow-list",
        rules=(rule("b", then="hold"), rule("a", priority=5), rule("theirs"), rule("new")),
        words={"x": WordList(phrases=("y",))},
    )


def test_what_both_have_changed_is_as_mine_and_is_named():
    base = Document(rules=(rule("a"), rule("gone")), words={"x": WordList(phrases=("1",))})
    mine = msgspec.structs.replace(
        base,
        mode="allow-list",
        consensus=5,
        rules=(rule("a", priority=1),),
        words={"x": WordList(phrases=("2",))},
    )
    theirs = Document(
        consensus=4,
        rules=(rule("a", priority=2), rule("gone", priority=2)),
        words={"x": WordList(phrases=("3",))},
    )
    found, crossed = merged(base, mine, theirs)
    assert crossed == ("instance: a", "instance: gone", "x", "consensus")
    assert found == mine


@given(DOCUMENTS, DOCUMENTS)
def test_nothing_is_crossed_where_one_has_done_nothing(base, other):
    assert merged(base, base, other) == (other, ())
    mine, crossed = merged(base, other, base)
    assert crossed == ()
    assert sorted(map(repr, mine.rules)) == sorted(map(repr, other.rules))
    assert (mine.mode, mine.consensus, dict(mine.words)) == (other.mode, other.consensus, dict(other.words))
