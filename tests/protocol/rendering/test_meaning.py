"""Every document says, to a JSON-LD processor, exactly what it says to a reader of plain JSON."""

from fediverse_support.protocol import json_gate, jsonld
from fediverse_support.protocol.signatures import proofs
from fediverse_support.protocol.signatures.keys import PrivateKey, generate_ed25519

AS = "https://www.w3.org/ns/activitystreams#"
TOOT = "http://joinmastodon.org/ns#"
LEMMY = "https://join-lemmy.org/ns#"
GTS = "https://gotosocial.org/ns#"
SEC = "https://w3id.org/security#"
MZ = "https://joinmobilizon.org/ns#"
PIEFED = "https://join.piefed.social/ns#"

PLAIN_TERMS = """
    actor alsoKnownAs anyOf attachment attributedTo audience cc closed content context deleted endTime
    endpoints first followers following formerType generator height href icon image inReplyTo items last
    location manuallyApprovesFollowers mediaType movedTo name next object oneOf outbox partOf
    preferredUsername prev published replies sensitive sharedInbox source startTime summary tag target
    to totalItems updated url width
"""
OTHER_TERMS = {
    "contentMap": f"{AS}content",
    "orderedItems": f"{AS}items",
    "inbox": "http://www.w3.org/ns/ldp#inbox",
    "featured": f"{TOOT}featured",
    "discoverable": f"{TOOT}discoverable",
    "indexable": f"{TOOT}indexable",
    "suspended": f"{TOOT}suspended",
    "blurhash": f"{TOOT}blurhash",
    "focalPoint": f"{TOOT}focalPoint",
    "moderators": f"{LEMMY}moderators",
    "postingRestrictedToMods": f"{LEMMY}postingRestrictedToMods",
    "removeData": f"{LEMMY}removeData",
    "restoreData": f"{LEMMY}restoreData",
    "expires": f"{LEMMY}expires",
    "lemmy:tagsForPosts": f"{LEMMY}tagsForPosts",
    **{name: f"{LEMMY}{name}" for name in ("display_name", "text_color", "background_color", "blur_images")},
    "language": "http://schema.org/inLanguage",
    "identifier": "http://schema.org/identifier",
    "interactionPolicy": f"{GTS}interactionPolicy",
    "canQuote": f"{GTS}canQuote",
    "automaticApproval": f"{GTS}automaticApproval",
    "votersCount": f"{TOOT}votersCount",
    "timezone": f"{MZ}timezone",
    "joinMode": f"{MZ}joinMode",
    "participantCount": f"{MZ}participantCount",
    "isOnline": f"{MZ}isOnline",
    "externalParticipationUrl": f"{MZ}externalParticipationUrl",
    "anonymousParticipation": f"{MZ}anonymousParticipationEnabled",
    "maximumAttendeeCapacity": "http://schema.org/maximumAttendeeCapacity",
    "eventStatus": "http://schema.org/eventStatus",
    "ical:status": "http://www.w3.org/2002/12/cal/ical#status",
    "onlineLink": f"{PIEFED}onlineLink",
    "buyTicketsLink": f"{PIEFED}buyTicketsLink",
    "feeCurrency": f"{PIEFED}feeCurrency",
    "feeAmount": f"{PIEFED}feeAmount",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": "https://w3id.org/fep/844e/implements",
    "value": "http://schema.org#value",
    "publicKey": f"{SEC}publicKey",
    "publicKeyPem": f"{SEC}publicKeyPem",
    "owner": f"{SEC}owner",
    "assertionMethod": f"{SEC}assertionMethod",
    "controller": f"{SEC}controller",
    "publicKeyMultibase": f"{SEC}publicKeyMultibase",
}
TERMS = {term: f"{AS}{term}" for term in PLAIN_TERMS.split()} | OTHER_TERMS
TYPES = {
    "Multikey": f"{SEC}Multikey",
    "Lock": f"{LEMMY}Lock",
    "PropertyValue": "http://schema.org#PropertyValue",
    "CommunityPostTag": f"{LEMMY}CommunityPostTag",
    "lemmy:CommunityTag": f"{LEMMY}CommunityTag",
}


def terms_in(value) -> set[str]:
    """The names of all members at whatever depth, without contexts and language maps."""
    if isinstance(value, list):
        return set().union(*map(terms_in, value))
    if not isinstance(value, dict):
        return set()
    inner = [terms_in(v) for k, v in value.items() if k not in ("@context", "contentMap")]
    return (set(value) - {"@context", "id", "type"}).union(*inner)


def meanings_in(value) -> set[str]:
    """The IRIs of all properties in an expanded document."""
    if isinstance(value, list):
        return set().union(*map(meanings_in, value))
    if not isinstance(value, dict):
        return set()
    return {name for name in value if not name.startswith("@")}.union(*map(meanings_in, value.values()))


def types_in(value, key) -> set[str]:
    if isinstance(value, list):
        return set().union(*(types_in(item, key) for item in value))
    if not isinstance(value, dict):
        return set()
    own = value.get(key, [])
    named = {own} if isinstance(own, str) else set(own)
    return named.union(*(types_in(v, key) for k, v in value.items() if k != "@context"))


def test_every_term_that_we_emit_means_what_it_should(documents):
    for name, document in documents.items():
        expanded = jsonld.expand(document)
        assert meanings_in(expanded) == {TERMS[term] for term in terms_in(document)}, name


def test_every_type_that_we_emit_means_what_it_should(documents):
    for name, document in documents.items():
        expected = {TYPES.get(type, f"{AS}{type}") for type in types_in(document, "type")}
        found = types_in(jsonld.expand(document), "@type") - {f"{SEC}multibase"}
        assert {
            iri for iri in found if not iri.startswith("http://www.w3.org/2001/XMLSchema#")
        } == expected, name


def test_the_table_holds_no_term_that_nobody_emits(documents):
    assert set(TERMS) == set().union(*map(terms_in, documents.values()))


def test_addresses_are_references_and_public_is_the_full_address(documents):
    [create] = jsonld.expand(documents["create"])
    assert create[f"{AS}to"] == [{"@id": "https://g.example/groups/sober"}, {"@id": f"{AS}Public"}]
    [note] = create[f"{AS}object"]
    assert note[f"{AS}to"] == create[f"{AS}to"]
    assert note[f"{AS}content"][-1]["@language"] == "en"


def test_the_context_is_a_list_that_begins_with_activitystreams(documents):
    for name, document in documents.items():
        assert next(iter(document)) == "@context", name
        assert document["@context"][0] == "https://www.w3.org/ns/activitystreams", name


def test_nothing_is_null_or_relative_and_addressees_are_lists(documents):
    for name, document in documents.items():
        check(document, name)


def check(value, where) -> None:
    assert value is not None, where
    if isinstance(value, list):
        for item in value:
            check(item, where)
    if isinstance(value, dict):
        for key, item in value.items():
            check(item, f"{where} {key}")
            if key in ("to", "cc", "tag", "attachment"):
                assert isinstance(item, list), where
            if key in ("id", "url", "href", "inbox", "outbox", "actor") and isinstance(item, str):
                assert item.startswith("https://"), where


def test_a_document_with_a_proof_still_means_the_same(world, documents):
    key = PrivateKey("https://g.example/people/ana#ed25519-key", generate_ed25519())
    for name in ("create", "group", "update group", "announce activity"):
        document = documents[name]
        proved = proofs.make(document, key, world.now)
        [before], [after] = jsonld.expand(document), jsonld.expand(proved)
        assert after.pop(f"{SEC}proof"), name
        assert after == before, name


def test_every_document_passes_our_own_gate(documents):
    for document in documents.values():
        assert json_gate.read(json_gate.write(document)) == document
