"""WebFinger in every form, NodeInfo, host-meta."""

import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core import clock
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, community
from fediverse_support.protocol.site import site_of
from fediverse_support.web.federation.webfinger import _name

ORIGIN = "http://garden.localhost:8000"
DOMAIN = "garden.localhost:8000"


async def finger(home, resource, *rel):
    relations = "".join(f"&rel={quote(one, safe='')}" for one in rel)
    path = f"/.well-known/webfinger?resource={quote(resource, safe='')}{relations}"
    return await home.get(path, accept="application/jrd+json")


async def test_without_one_resource_it_is_400(home):
    for query in ["", "?resource=", "?resource=acct:a@b&resource=acct:c@d", "?other=acct:a@b"]:
        answer = await home.get(f"/.well-known/webfinger{query}")
        assert answer.status_code == 400, query


async def test_what_is_no_name_is_400(home):
    for resource in [
        "sober",
        "acct:sober",
        "acct:@",
        "acct:a b@c",
        "mailto:a@b@c",
        "ftp://garden.localhost/x",
        "x" * 3000,
        "\x00",
    ]:
        assert (await finger(home, resource)).status_code == 400, resource


async def test_a_stranger_is_404(home):
    await home.group()
    for resource in [
        f"acct:nobody@{DOMAIN}",
        "acct:sober@other.example",
        "acct:sober@garden.localhost",
        f"{ORIGIN}/groups/nobody",
        f"{ORIGIN}/people/sober",
        f"{ORIGIN}/groups/sober/inbox",
        f"{ORIGIN}/about",
        "https://other.example/groups/sober",
        f"acct:so%00ber@{DOMAIN}",
        f"acct:{'a' * 400}@{DOMAIN}",
    ]:
        assert (await finger(home, resource)).status_code == 404, resource


async def test_who_is_gone_is_410_and_who_waits_to_be_let_in_is_not_there(home):
    await home.member("ada")
    await home.member("eve", state="waiting")
    gone = await home.member("bob")
    await actors.mark_gone(home.pool, gone.id, clock.now())
    assert (await finger(home, f"acct:bob@{DOMAIN}")).status_code == 410
    waiting, nobody = await finger(home, f"acct:eve@{DOMAIN}"), await finger(home, f"acct:nobody@{DOMAIN}")
    assert (waiting.status_code, waiting.content) == (404, nobody.content)
    assert waiting.headers == nobody.headers


async def test_a_group_is_found_in_every_form(home):
    await home.group()
    for resource in [
        f"acct:sober@{DOMAIN}",
        f"sober@{DOMAIN}",
        f"@sober@{DOMAIN}",
        f"acct:@sober@{DOMAIN}",
        f"ACCT:Sober@{DOMAIN.upper()}",
        f"{ORIGIN}/groups/sober",
        f"{ORIGIN}/groups/sober/",
        f"{ORIGIN.upper()}/groups/Sober",
    ]:
        answer = await finger(home, resource)
        assert answer.status_code == 200, resource
        assert answer.headers["content-type"] == "application/jrd+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        found = answer.json()
        assert found["subject"] == f"acct:sober@{DOMAIN}"
        own = [link for link in found["links"] if link["rel"] == "self"]
        assert own == [
            {
                "rel": "self",
                "type": "application/activity+json",
                "href": f"{ORIGIN}/groups/sober",
                "properties": {"https://www.w3.org/ns/activitystreams#type": "Group"},
            }
        ]


async def test_a_person_is_found_in_the_same_name_space(home):
    await home.member("ada")
    found = (await finger(home, f"acct:ada@{DOMAIN}")).json()
    assert found["aliases"] == [f"{ORIGIN}/people/ada"]


async def test_the_server_itself_is_found(home):
    for resource in [
        "acct:garden.localhost@" + DOMAIN,
        f"acct:{DOMAIN}@{DOMAIN}",
        ORIGIN,
        f"{ORIGIN}/",
        f"{ORIGIN}/actor",
    ]:
        found = (await finger(home, resource)).json()
        assert {link["href"] for link in found["links"] if link["rel"] == "self"} == {f"{ORIGIN}/actor"}


async def test_only_the_relations_asked_for_are_given(home):
    await home.group()
    found = (await finger(home, f"acct:sober@{DOMAIN}", "self")).json()
    assert [link["rel"] for link in found["links"]] == ["self"]


async def test_the_way_leads_back(home):
    """Mastodon: id → preferredUsername@host → self link → the same id."""
    await home.group()
    actor = (await home.get("/groups/sober")).json()
    found = (await finger(home, f"acct:{actor['preferredUsername']}@{DOMAIN}")).json()
    assert next(link["href"] for link in found["links"] if link["rel"] == "self") == actor["id"]


SITE = site_of(Settings(domain="g.example", origin="https://g.example"))


@given(st.one_of(st.text(max_size=200), st.from_regex(r"(acct:)?@?[^@]*@g\.example|https://g\.example/.*")))
def test_any_text_is_a_name_or_refused(resource):
    try:
        name = _name(resource, SITE)
    except (Malformed, Missing):
        return
    assert name is None or name == name.lower()


async def test_nodeinfo_leads_to_both_versions_and_to_the_server_itself(home):
    answer = await home.get("/.well-known/nodeinfo", accept="application/json")
    assert answer.headers["content-type"] == "application/json"
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links["https://www.w3.org/ns/activitystreams#Application"] == f"{ORIGIN}/actor"
    for version in ("2.0", "2.1"):
        schema = f"http://nodeinfo.diaspora.software/ns/schema/{version}"
        found = await home.get(links[schema].removeprefix(ORIGIN), accept="application/json")
        assert found.headers["content-type"] == f'application/json; profile="{schema}#"'
        info = found.json()
        assert (info["version"], info["software"]["name"]) == (version, "fediverse-support")
        assert info["usage"] == {"users": {}}, "how many people are here is nobody's business"
        assert info["openRegistrations"] is True


async def test_nodeinfo_tells_what_the_community_says_of_itself(home):
    await community.describe(home.pool, title="The Garden", tagline="Quiet.", about_source="", about_html="")
    found = (await home.get("/nodeinfo/2.1")).json()
    assert found["metadata"]["nodeName"] == "The Garden"
    assert found["metadata"]["nodeDescription"] == "Quiet."
    assert found["metadata"]["federation"]["policy"].endswith("/about/policy.json")


async def test_there_is_no_other_version_of_nodeinfo(home):
    assert (await home.get("/nodeinfo/1.0")).status_code == 404


async def test_host_meta_tells_where_webfinger_is(home):
    template = f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"
    xml = await home.get("/.well-known/host-meta", accept="application/xrd+xml")
    assert xml.headers["content-type"] == "application/xrd+xml"
    assert f'template="{template}"' in xml.text
    found = await home.get("/.well-known/host-meta.json", accept="application/json")
    assert json.loads(found.text)["links"] == [{"rel": "lrdd", "template": template}]
