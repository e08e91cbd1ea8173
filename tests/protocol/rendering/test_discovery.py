"""WebFinger, NodeInfo and host-meta."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from fediverse_support.protocol.rendering import discovery

SCHEMAS = Path(__file__).parents[3] / "../shared/corpora/nodeinfo/schemas"
INFORMATION = {
    "program_version": "1.0.0",
    "open_registrations": False,
    "title": "Garden",
    "description": "People who grieve.",
    "staff": ["https://g.example/people/ana"],
}


def test_webfinger_has_exactly_one_self_link_with_the_type_of_the_actor(world):
    for actor in (world.sober, world.ana):
        answer = discovery.webfinger(world.site, actor)
        [own] = [link for link in answer["links"] if link["rel"] == "self"]
        assert own["href"] == actor.uri
        assert own["type"] == "application/activity+json"
        assert own["properties"] == {"https://www.w3.org/ns/activitystreams#type": actor.type}
        assert answer["subject"] == f"acct:{actor.name}@g.example"
        assert actor.uri in answer["aliases"]


def test_webfinger_tells_where_to_follow_from_elsewhere(world):
    links = {link["rel"]: link for link in discovery.webfinger(world.site, world.sober)["links"]}
    assert links["http://ostatus.org/schema/1.0/subscribe"]["template"] == (
        "https://g.example/authorize_interaction?uri={uri}"
    )


def test_the_handle_domain_may_be_another_than_the_origin(world):
    site = msgspec.structs.replace(world.site, domain="garden.example")
    assert discovery.webfinger(site, world.ana)["subject"] == "acct:ana@garden.example"


def test_the_server_has_an_address_of_its_own(world):
    answer = discovery.webfinger_of_instance(world.site)
    assert answer["subject"] == "acct:g.example@g.example"
    assert [link["href"] for link in answer["links"] if link["rel"] == "self"] == ["https://g.example/actor"]


def test_nodeinfo_links_to_both_versions_and_to_the_instance_actor(world):
    links = {link["rel"]: link["href"] for link in discovery.nodeinfo_links(world.site)["links"]}
    assert links == {
        "http://nodeinfo.diaspora.software/ns/schema/2.1": "https://g.example/nodeinfo/2.1",
        "http://nodeinfo.diaspora.software/ns/schema/2.0": "https://g.example/nodeinfo/2.0",
        "https://www.w3.org/ns/activitystreams#Application": "https://g.example/actor",
    }


@pytest.mark.parametrize("version", discovery.NODEINFO_VERSIONS)
def test_nodeinfo_tells_no_numbers_and_its_own_name(version):
    document = discovery.nodeinfo(version, **INFORMATION)
    assert document["software"]["name"] == "fediverse-support"
    assert document["usage"] == {"users": {}}
    assert document["version"] == version
    assert f"/{version}#" in discovery.nodeinfo_content_type(version)


@pytest.mark.parametrize("version", discovery.NODEINFO_VERSIONS)
def test_nodeinfo_is_valid_by_its_schema(version):
    schema = SCHEMAS / version / "schema.json"
    if not schema.is_file():
        pytest.skip("the NodeInfo schemas are not there")
    assert list(violations(discovery.nodeinfo(version, **INFORMATION), json.loads(schema.read_text()))) == []


def test_the_schema_check_sees_mistakes():
    schema = {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
        "properties": {
            "a": {"type": "array", "minItems": 1, "items": {"enum": ["x"]}},
            "b": {"pattern": "^[a-z]+$"},
        },
    }
    assert list(violations({"a": ["x"], "b": "ok"}, schema)) == []
    for wrong in (
        {},
        {"a": []},
        {"a": ["y"]},
        {"a": ["x"], "c": 1},
        {"a": ["x"], "b": "NO"},
        [],
        {"a": True},
    ):
        assert list(violations(wrong, schema))


KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def violations(value, schema, where="$"):
    """The JSON schema keywords that NodeInfo uses (draft 4)."""
    kind = schema.get("type")
    if kind and not isinstance(value, KINDS[kind]):
        yield f"{where} is not {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is not one of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} does not match"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{where} is too short"
        for item in value:
            yield from violations(item, schema.get("items", {}), f"{where}[]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from (f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{where}.{name} is too much" for name in value if name not in properties)
        for name, inner in properties.items():
            if name in value:
                yield from violations(value[name], inner, f"{where}.{name}")


def test_host_meta_points_to_webfinger_in_both_forms(world):
    template = "https://g.example/.well-known/webfinger?resource={uri}"
    assert discovery.host_meta(world.site) == {"links": [{"rel": "lrdd", "template": template}]}
    root = ElementTree.fromstring(discovery.host_meta_xml(world.site).encode())
    assert root.tag == "{http://docs.oasis-open.org/ns/xri/xrd-1.0}XRD"
    assert root[0].attrib == {"rel": "lrdd", "template": template}
