"""WordPress with the ActivityPub plugin: blogs that announce themselves, comments as Notes."""

from tests.compatibility.checks import TEXT, Checks
from tests.compatibility.peers import Peer


class WordPress(Peer):
    """Authors have addresses with a query; articles with a summary that is a teaser."""

    software, version, takes = "wordpress", "6.7", "object"
    person_path, post_path = "/author/", "/"

    def note(self, street, text, sender=None):
        note = super().note(street, text, sender)
        return note | {
            "type": "Article",
            "name": text,
            "summary": f"<p>{text} [&hellip;]</p>",
            "content": f"<p>{text} In full.</p>",
            "contentMap": {"en": f"<p>{text} In full.</p>"},
            "mediaType": "text/html",
            "sensitive": False,
            "url": f"{note['id']}-slug/",
        }

    def reply(self, street, parent, text):
        create = super().reply(street, parent, text)
        note = create["object"] | {"type": "Note", "content": f"<p>{text}</p>"}
        for name in ("name", "summary", "contentMap"):
            del note[name]
        return create | {"object": note}

    def edit(self, street, create, text):
        update = super().edit(street, create, text)
        update["object"]["contentMap"] = {"en": update["object"]["content"]}
        return update


class TestWordPress(Checks):
    """All of the common checks, and what is special."""

    peer = WordPress()

    async def test_the_teaser_of_an_article_is_no_warning(self, street):
        await self.joined(street)
        create = self.peer.post(street, TEXT)
        await street.send(create)
        post = await street.post_of(create["object"]["id"])
        assert post["content_warning"] == ""
        assert "In full." in post["content_html"]

    async def test_the_group_is_fetched_by_the_address_that_is_its_id(self, street):
        found = await street.home.get("/.well-known/webfinger?resource=acct:sober@garden.localhost:8000")
        (link,) = [link for link in found.json()["links"] if link["rel"] == "self"]
        assert link["href"] == street.group.actor.uri
        assert link["type"] == "application/activity+json"
