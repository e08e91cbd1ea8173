"""The outline that the door reads of documents in unusual words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol import jsonld

AS = "https://www.w3.org/ns/activitystreams#"
PLAIN = {
    "id": "https://a.example/1",
    "type": "Follow",
    "actor": "https://a.example/u",
    "object": "https://b.example/g",
}


@pytest.mark.parametrize("prefix", ["as:", AS, AS.replace("https", "http")])
@pytest.mark.parametrize("wrapped", [True, False])
def test_prefixes_keywords_and_wrapped_ids_read_like_plain_words(prefix, wrapped):
    def value(text):
        return {"@id": text} if wrapped else text

    document = {
        "@id": PLAIN["id"],
        "@type": prefix + "Follow",
        prefix + "actor": value(PLAIN["actor"]),
        prefix + "object": value(PLAIN["object"]),
    }
    assert jsonld.outline(document) == PLAIN


@pytest.mark.parametrize("twice", [{"as:actor": "x"}, {"@id": "x"}, {AS + "type": "x"}])
def test_what_is_said_twice_is_refused(twice):
    with pytest.raises(Malformed):
        jsonld.outline(PLAIN | twice)


@given(st.dictionaries(st.sampled_from([*PLAIN, "x", "y"]), st.text() | st.integers() | st.lists(st.text())))
def test_plain_words_stay_as_they_are(document):
    assert jsonld.outline(document) == {
        name: value.removeprefix("as:").removeprefix(AS).removeprefix(AS.replace("https", "http"))
        if name == "type" and isinstance(value, str)
        else value
        for name, value in document.items()
    }
