import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.outbox import answers


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, "delivered"), (202, "delivered"), (299, "delivered"),
        (301, "later"), (308, "later"), (408, "later"), (425, "later"), (429, "later"),
        (401, "unsigned"), (403, "blocked"), (404, "gone"), (410, "gone"),
        (400, "refused"), (405, "refused"), (406, "refused"), (413, "refused"), (415, "refused"),
        (418, "refused"), (422, "refused"), (451, "refused"), (501, "refused"),
        (500, "failed"), (502, "failed"), (503, "failed"), (504, "failed"), (522, "failed"), (599, "failed"),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(status, meaning):
    assert answers.meaning(status) == meaning


@given(st.integers(100, 599))
def test_only_a_2xx_is_a_delivery(status):
    assert (answers.meaning(status) == "delivered") == (200 <= status < 300)


def test_cavage_goes_first_unless_the_other_style_has_worked():
    assert answers.styles(None, "mastodon") == ("cavage", "rfc9421")
    assert answers.styles("rfc9421", "wordpress") == ("rfc9421", "cavage")


def test_piefed_never_sees_an_rfc9421_signature():
    assert answers.styles("rfc9421", "PieFed") == ("cavage",)
    assert answers.styles(None, "piefed") == ("cavage",)
