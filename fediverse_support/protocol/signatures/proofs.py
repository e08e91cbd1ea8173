"""Object integrity proofs: a document that says by itself who wrote it (FEP-8b32, `eddsa-jcs-2022`).

A proof lets a document be believed when somebody else hands it on, in an Announce for example. Everything
here works on plain JSON: no JSON-LD processor touches a document before it is known to be genuine (O9).
For the same reason the older `signature` (RsaSignature2017) is never looked at as a proof of anything.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import cast

import rfc8785

from fediverse_support.core.clock import wire_time
from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures.keys import PrivateKey, PublicKey
from fediverse_support.protocol.signatures.multikey import decode_base58, encode_base58
from fediverse_support.protocol.signatures.ownership import require_owner
from fediverse_support.protocol.signatures.windows import SKEW, read_timestamp
from fediverse_support.protocol.urls import OPEN_NETWORK, Gate

DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
SUITE = "eddsa-jcs-2022"
MOST_PROOFS = 4
"""A document may carry proofs of other suites beside ours, as Mastodon's with ML-DSA."""
_LONGEST_VALUE = 100
_SIGNATURE_BYTES = 64

Document = Mapping[str, object]


def make(document: Document, key: PrivateKey, created: datetime) -> dict[str, object]:
    """`document` with a proof by `key` (Ed25519), and with the context that defines proofs.

    Replaces a proof that is there already, and drops `signature`, which would come after. The document
    must go out exactly like this. Raises `Malformed` for another kind of key or what JCS cannot express.
    """
    if key.algorithm != "ed25519":
        raise Malformed("A proof needs an Ed25519 key.")
    context = _as_list(document.get("@context"))
    if DATA_INTEGRITY not in context:
        context = [*context, DATA_INTEGRITY]
    unsigned = {"@context": context, **_bare(document)} | {"@context": context}
    options: dict[str, object] = {
        "@context": context,
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": key.key_id,
        "proofPurpose": "assertionMethod",
        "created": wire_time(created),
    }
    value = encode_base58(key.sign(signed_bytes(unsigned, options)))
    return {**unsigned, "proof": {**options, "proofValue": value}}


def verification_method(document: Document) -> str:
    """The URI of the key that `document` says its proof is made with: what to look up before `verify`.

    Raises `Unauthenticated` when there is no proof of the one kind that is taken, `Malformed` when it
    cannot be read.
    """
    method = _proof(document).get("verificationMethod")
    if not isinstance(method, str):
        raise Malformed("The proof does not name its key.")
    return method


def verify(
    document: Document, keys: Mapping[str, PublicKey], now: datetime, gate: Gate = OPEN_NETWORK
) -> str:
    """The URI of the actor who wrote `document`, proved. Go on with `covered(document)`, not `document`.

    `keys` are looked up by `verificationMethod`; each must come from its owner's own `assertionMethod`.
    Key, owner and document id must share an origin, and the owner must be the document's `actor` or
    `attributedTo` (O10). Safe to run twice. Raises `Unauthenticated`, or `Malformed` for what cannot be
    read, such as integers beyond 2^53, which would be rounded by some and not by others.
    """
    proof = _proof(document)
    _require_purpose(proof, now)
    key = keys.get(verification_method(document))
    if key is None or key.key_id != proof["verificationMethod"] or key.algorithm != "ed25519":
        raise Unauthenticated("The proof's key is not known.")
    if not gate.same_origin(key.key_id, key.owner):
        raise Unauthenticated("The proof's key is on another server than its owner.")
    require_owner(document, key.owner, gate)
    signature, unsigned = _value(proof), covered(document)
    if not any(
        key.signed(signature, signed_bytes(unsigned, options)) for options in _options(proof, unsigned)
    ):
        raise Unauthenticated("The proof is not valid.")
    return key.owner


def covered(document: Document) -> dict[str, object]:
    """What the proof of `document` speaks for: all of it but `proof` and `signature`, in the signed context.

    Contexts that somebody added behind the signed ones are cut off, because they could give the signed
    terms another meaning. A document without any context gets the proof's: PieFed drops it from what it
    hands on. Raises `Unauthenticated` when the contexts contradict each other.
    """
    proof, unsigned = _proof(document), _bare(document)
    if "@context" not in proof:
        return unsigned
    proved = _as_list(proof["@context"])
    if "@context" in unsigned and _as_list(unsigned["@context"])[: len(proved)] != proved:
        raise Unauthenticated("The proof was made for another context.")
    return unsigned | {"@context": proof["@context"]}


def signed_bytes(unsigned: Document, options: Document) -> bytes:
    """The 64 bytes that are signed: SHA-256 of the options, then of the document (vc-di-eddsa §3.3).

    All of the options count, known or not, so that none can be added or changed afterwards. `Malformed`
    for what RFC 8785 cannot express.
    """
    return sha256(canonical(options)).digest() + sha256(canonical(unsigned)).digest()


def canonical(value: Document) -> bytes:
    """`value` as RFC 8785 (JCS) writes it; `Malformed` for what it cannot express exactly."""
    try:
        return rfc8785.dumps(cast("dict[str, str]", dict(value)))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise Malformed("The document cannot be put into canonical form.") from error


def _proof(document: Document) -> dict[str, object]:
    """The one proof that can be checked here, among at most `MOST_PROOFS`."""
    proofs = _as_list(document.get("proof"))
    if len(proofs) > MOST_PROOFS:
        raise Malformed("The document carries too many proofs.")
    ours = [proof for proof in proofs if isinstance(proof, dict) and _is_ours(proof)]
    if len(ours) != 1:
        raise Unauthenticated("The document carries no proof that can be checked.")
    return ours[0]


def _is_ours(proof: Document) -> bool:
    return proof.get("type") == "DataIntegrityProof" and proof.get("cryptosuite") == SUITE


def _require_purpose(proof: Document, now: datetime) -> None:
    if proof.get("proofPurpose") != "assertionMethod":
        raise Unauthenticated("The proof was made for another purpose.")
    if "previousProof" in proof:
        raise Unauthenticated("The proof rests on another proof.")
    seconds = now.timestamp()
    if "created" in proof and read_timestamp(proof["created"]) > seconds + SKEW:
        raise Unauthenticated("The proof is from the future.")
    if "expires" in proof and read_timestamp(proof["expires"]) < seconds:
        raise Unauthenticated("The proof has expired.")


def _value(proof: Document) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str):
        raise Malformed("The proof has no value.")
    signature = decode_base58(value, longest=_LONGEST_VALUE)
    if len(signature) != _SIGNATURE_BYTES:
        raise Malformed("The proof's value has the wrong length.")
    return signature


def _options(proof: Document, unsigned: Document) -> list[dict[str, object]]:
    """The proof without its value, in the spellings that its maker may have hashed.

    A proof without a context of its own was made by the older text of the specification, which put the
    document's context in before hashing (Fedify), or by one that signs what is there.
    """
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if "@context" in options or "@context" not in unsigned:
        return [options]
    return [{**options, "@context": unsigned["@context"]}, options]


def _bare(document: Document) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in ("proof", "signature")}


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
