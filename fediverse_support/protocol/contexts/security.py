"""Terms for keys and proofs: W3C security vocabulary, Data Integrity, Multikey and Controlled Identifiers."""

from typing import Any

SECURITY = "https://w3id.org/security#"
DATE = "http://www.w3.org/2001/XMLSchema#dateTime"
_KEYWORDS = {"id": "@id", "type": "@type"}


def _reference(name: str) -> dict[str, Any]:
    return {"@id": f"{SECURITY}{name}", "@type": "@id"}


def _relations(*names: str) -> dict[str, Any]:
    """Verification relationships, whose properties are named after them with `Method` at the end."""
    found = {}
    for name in names:
        property = name if name.endswith("Method") else f"{name}Method"
        found[name] = {"@id": f"{SECURITY}{property}", "@type": "@id", "@container": "@set"}
    return found


_RELATIONS = _relations(
    "assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement"
)
_MATERIAL = {
    "controller": _reference("controller"),
    "expires": {"@id": f"{SECURITY}expiration", "@type": DATE},
    "publicKeyMultibase": {"@id": f"{SECURITY}publicKeyMultibase", "@type": f"{SECURITY}multibase"},
    "revoked": {"@id": f"{SECURITY}revoked", "@type": DATE},
}
_PROOF = {
    **_KEYWORDS,
    "created": {"@id": "http://purl.org/dc/terms/created", "@type": DATE},
    "cryptosuite": {"@id": f"{SECURITY}cryptosuite", "@type": f"{SECURITY}cryptosuiteString"},
    "expires": {"@id": f"{SECURITY}expiration", "@type": DATE},
    "proofPurpose": {
        "@id": f"{SECURITY}proofPurpose",
        "@type": "@vocab",
        "@context": {**_KEYWORDS, **_RELATIONS},
    },
    "proofValue": {"@id": f"{SECURITY}proofValue", "@type": f"{SECURITY}multibase"},
    "verificationMethod": _reference("verificationMethod"),
    **{name: f"{SECURITY}{name}" for name in ("challenge", "domain", "nonce")},
}

KEYS: dict[str, Any] = {
    **_KEYWORDS,
    "CryptographicKey": f"{SECURITY}Key",
    "owner": _reference("owner"),
    "publicKey": _reference("publicKey"),
    "publicKeyPem": f"{SECURITY}publicKeyPem",
    "created": {"@id": "http://purl.org/dc/terms/created", "@type": DATE},
    "creator": {"@id": "http://purl.org/dc/terms/creator", "@type": "@id"},
    "expires": {"@id": f"{SECURITY}expiration", "@type": DATE},
    "revoked": {"@id": f"{SECURITY}revoked", "@type": DATE},
    **{name: f"{SECURITY}{name}" for name in ("domain", "nonce", "signature", "signatureValue")},
}

MULTIKEYS: dict[str, Any] = {
    **_KEYWORDS,
    "Multikey": {"@id": f"{SECURITY}Multikey", "@context": {**_KEYWORDS, **_MATERIAL}},
}

PROOFS: dict[str, Any] = {
    **_KEYWORDS,
    "proof": {"@id": f"{SECURITY}proof", "@type": "@id", "@container": "@graph"},
    "DataIntegrityProof": {"@id": f"{SECURITY}DataIntegrityProof", "@context": _PROOF},
}

IDENTIFIERS: dict[str, Any] = {
    **_KEYWORDS,
    **_RELATIONS,
    **MULTIKEYS,
    "alsoKnownAs": {"@id": "https://www.w3.org/ns/activitystreams#alsoKnownAs", "@type": "@id"},
    "controller": _MATERIAL["controller"],
    "verificationMethod": _reference("verificationMethod"),
}
