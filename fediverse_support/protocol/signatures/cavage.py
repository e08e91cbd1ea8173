"""Draft-cavage-http-signatures-12 as the fediverse uses it: what all servers send and most only know.

Reading is tolerant about spelling and strict about meaning. The draft lets a sender sign nothing but a
date; such a signature says nothing about *this* request, so what must be covered is decided here and not
by the sender (O8). Rules: federation.md §3.1 for what is sent, §3.3 for what is accepted.
"""

import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Literal

from fediverse_support.core.errors import Malformed, Unauthenticated
from fediverse_support.protocol.signatures.claims import Claim
from fediverse_support.protocol.signatures.digests import require_digest
from fediverse_support.protocol.signatures.keys import PrivateKey
from fediverse_support.protocol.signatures.requests import HeaderIndex, SignedRequest
from fediverse_support.protocol.signatures.windows import read_http_date, require_recent, require_unexpired

LONGEST_HEADER = 4_096
"""Characters of a signature header; RSA-4096 and a long key id need about 1,200."""
MOST_COVERED = 32

# Every repetition is possessive, and no two neighbours can match the same character: the work is linear.
_PARAMETER = re.compile(
    r'[ \t]*+([A-Za-z]++)[ \t]*+=[ \t]*+(?:"([^"\\]*+)"|([^\s",]++))[ \t]*+(?:,|\Z)', re.ASCII
)
_ALGORITHMS: dict[str, Literal["", "rsa", "ed25519"]] = {
    "": "",
    "hs2019": "",
    "rsa-sha256": "rsa",
    "ed25519": "ed25519",
}
_TARGET = "(request-target)"


def read(request: SignedRequest, fields: HeaderIndex, our_hosts: frozenset[str], now: float) -> Claim:
    """Everything about a cavage signature that needs no key; `fields` are its headers, `now` Unix seconds.

    Raises `Malformed` for what cannot be read, `Unauthenticated` for what is read and not good enough.
    """
    parameters = parse(credentials(fields))
    names = covered(parameters)
    _require_coverage(request, names)
    _require_window(parameters, names, fields, now)
    _require_host(fields, our_hosts)
    if "digest" in names:
        require_digest(_value("digest", fields, parameters), request.body)
    algorithm = parameters.get("algorithm", "").lower()
    if algorithm not in _ALGORITHMS:
        raise Unauthenticated("The signature names an algorithm that is not taken here.")
    return Claim(
        style="cavage",
        key_id=_required(parameters, "keyid"),
        bases=_bases(request, names, fields, parameters),
        signature=_decode(_required(parameters, "signature")),
        algorithm=_ALGORITHMS[algorithm],
        covered=frozenset(names),
    )


def credentials(fields: HeaderIndex) -> str:
    """The signature's parameters: from `Signature`, or from `Authorization: Signature …`, never from both.

    Raises `Unauthenticated` when there are none and `Malformed` when there are two.
    """
    signature, authorization = fields.one("signature"), fields.one("authorization")
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() != "signature":
        if signature is None:
            raise Unauthenticated("The request is not signed.")
        return signature
    if signature is not None:
        raise Malformed("The request carries two signatures.")
    return rest


def parse(header: str) -> dict[str, str]:
    """The parameters by lower-case name; quotes and spaces around them may be missing or there.

    A parameter that comes twice is refused: two readers could each take another one (Mastodon #37375).
    Parameters nobody knows are kept and ignored. Raises `Malformed`.
    """
    if len(header) > LONGEST_HEADER:
        raise Malformed("The signature header is too long.")
    parameters: dict[str, str] = {}
    position, end = 0, len(header)
    while position < end:
        match = _PARAMETER.match(header, position)
        if match is None:
            raise Malformed("The signature header cannot be read.")
        name, quoted, bare = match.groups()
        name = name.lower()
        if name in parameters:
            raise Malformed("The signature header holds a parameter twice.")
        parameters[name] = bare if quoted is None else quoted
        position = match.end()
    return parameters


def covered(parameters: dict[str, str]) -> list[str]:
    """What the signature covers, in lower case and in order; without a list it is the date alone.

    Raises `Malformed` for a list that is too long or names something twice.
    """
    names = parameters.get("headers", "date").lower().split()
    if not 0 < len(names) <= MOST_COVERED or len(set(names)) != len(names):
        raise Malformed("The list of signed headers cannot be read.")
    return names


def _required(parameters: dict[str, str], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise Malformed("The signature header lacks keyId or signature.")
    return value


def _require_coverage(request: SignedRequest, names: list[str]) -> None:
    if _TARGET not in names or "host" not in names:
        raise Unauthenticated("The signature must cover (request-target) and host.")
    if "date" not in names and "(created)" not in names:
        raise Unauthenticated("The signature must cover date or (created).")
    bodiless = request.method in ("GET", "HEAD") and not request.body
    if not bodiless and "digest" not in names:
        raise Unauthenticated("The signature must cover the digest.")


def _require_window(parameters: dict[str, str], names: list[str], fields: HeaderIndex, now: float) -> None:
    if "date" in names:
        require_recent(read_http_date(_value("date", fields, parameters)), now)
    created, expires = _seconds(parameters, "created"), _seconds(parameters, "expires")
    # §2.3 of the draft: with the older algorithms these two mean nothing, so nothing may rest on them.
    old = parameters.get("algorithm", "hs2019").lower() != "hs2019"
    if old and ("(created)" in names or "(expires)" in names):
        raise Unauthenticated("(created) and (expires) need the algorithm hs2019.")
    if "(created)" in names and created is not None:
        require_recent(created, now)
    require_unexpired(created, expires, now)


def _seconds(parameters: dict[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Malformed("A time in the signature header cannot be read.")
    return int(text)


def _require_host(fields: HeaderIndex, our_hosts: frozenset[str]) -> None:
    host = (fields.one("host") or "").lower()
    if host not in our_hosts and host.removesuffix(":443") not in our_hosts:
        raise Unauthenticated("The request was signed for another host.")


def _value(name: str, fields: HeaderIndex, parameters: dict[str, str]) -> str:
    """The value of one covered header, or of `(created)` and `(expires)`."""
    value = parameters.get(name[1:-1]) if name in ("(created)", "(expires)") else fields.one(name)
    if value is None:
        raise Unauthenticated("The signature covers a header that is not there.")
    return value.strip(" \t")


def _bases(
    request: SignedRequest, names: list[str], fields: HeaderIndex, parameters: dict[str, str]
) -> tuple[bytes, ...]:
    """The strings that may have been signed: Misskey, PieFed and Friendica leave out the query."""
    lines = ["" if name == _TARGET else f"{name}: {_value(name, fields, parameters)}" for name in names]
    place = names.index(_TARGET)
    targets = [request.target]
    if "?" in request.target:
        targets.append(request.target.partition("?")[0])
    return tuple(_base(lines, place, request.method, target) for target in targets)


def _base(lines: list[str], place: int, method: str, target: str) -> bytes:
    """The signed string, with `(request-target)` as the line at `place`."""
    lines[place] = f"{_TARGET}: {method.lower()} {target}"
    text = "\n".join(lines)
    # A line break in a value would let one signed text stand for another.
    if text.count("\n") != len(lines) - 1 or "\r" in text:
        raise Malformed("A signed header holds a line break.")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Malformed("A signed header holds characters that HTTP cannot carry.") from error


def _decode(text: str) -> bytes:
    """The signature's bytes; only the one canonical spelling in base64 is taken."""
    try:
        signature = a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise Malformed("The signature is not base64.") from error
    if b2a_base64(signature, newline=False).decode("ascii") != text:
        raise Malformed("The signature is not base64.")
    return signature


def sign(method: str, target: str, headers: dict[str, str], key: PrivateKey) -> str:
    """The `Signature` header over `(request-target)` and all of `headers` (lower-case names), in order.

    Quoted, in this order and without spaces: PieFed and NodeBB split at commas without trimming, and
    Misskey's parser stops at a space.
    """
    lines = ["", *(f"{name}: {value}" for name, value in headers.items())]
    base = _base(lines, 0, method, target)
    names = " ".join([_TARGET, *headers])
    algorithm = "rsa-sha256" if key.algorithm == "rsa" else "hs2019"
    signature = b64encode(key.sign(base)).decode("ascii")
    return f'keyId="{key.key_id}",algorithm="{algorithm}",headers="{names}",signature="{signature}"'
