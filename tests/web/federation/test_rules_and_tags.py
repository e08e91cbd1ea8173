"""Rules, tags and the wiki of a group, as other servers ask for them: refusals first."""

import pytest

from fediverse_support.community.groups import rules, tags, wiki
from fediverse_support.core import clock
from fediverse_support.core.models import OfferedTag
from fediverse_support.database.pool import acquire

ADVICE = OfferedTag(name="advice", label="Advice, please", tone="clay")


async def furnish(home, group, author):
    async with acquire(home.pool) as db, db.transaction():
        words = [rules.Words("Be kind.", "No *advice*.")]
        await rules.publish(db, home.site, group, words, by=author, why="", now=clock.now())
        await tags.offer(db, home.site, group, [ADVICE])
        page = wiki.Words(title="First steps", source="Breathe.")
        await wiki.create(db, group, author, page, clock.now())


@pytest.mark.parametrize("answers", [{"reach": "sealed"}, {"seeing": "members"}])
async def test_what_a_closed_group_keeps_is_no_document(home, answers):
    group, ada = await home.group("secret", **answers), await home.member()
    await furnish(home, group, ada)
    parts = ["/wiki", "/wiki/first-steps", "/wiki/first-steps/history"]
    parts += ["/rules", "/rules/history", "/tagged/advice"] if answers == {"reach": "sealed"} else []
    for part in parts:
        hidden = await home.get(f"/groups/secret{part}")
        nothing = await home.get(f"/groups/nobody{part}")
        assert (hidden.status_code, nothing.status_code) == (404, 404), part
        assert "Breathe" not in hidden.text
        assert "Be kind" not in hidden.text


async def test_a_group_is_served_with_its_rules_and_tags(home):
    group, ada = await home.group(), await home.member()
    await furnish(home, group, ada)
    document = (await home.get("/groups/sober")).json()
    assert "<li><strong>Be kind.</strong><p>No <em>advice</em>.</p>" in document["summary"]
    assert "1. **Be kind.**" in document["source"]["content"]
    assert document["tag"][0]["id"] == "http://garden.localhost:8000/groups/sober/tagged/advice"
    assert document["lemmy:tagsForPosts"][0]["display_name"] == "Advice, please"
    assert "Breathe" not in str(document)
