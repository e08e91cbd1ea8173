"""The one gate for URLs and host names (decision 13 of the architecture).

URL parsers disagree about the host of 20 of 116 test cases, and each disagreement is a way to look like
another server. So a URL from outside must match one strict form *before* anything parses it. What does not
match is refused, never repaired: `GOOD.example`, `good.example.` and `good.example:443` are not good.example.
"""

import re
import unicodedata
from functools import lru_cache

import idna
import msgspec

from fediverse_support.core.errors import Malformed

LONGEST_URL = 2048
LONGEST_HOST = 253

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=:@/\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_PATH = rf"(?P<path>(?:/[{_PLAIN}]*(?:{_ESCAPED}[{_PLAIN}]*)*)?)"
_IN_QUERY = _PLAIN.replace("'", "") + r"?\[\]"
_QUERY = rf"(?:\?[{_IN_QUERY}]*(?:{_ESCAPED}[{_IN_QUERY}]*)*)?"
_FRAGMENT = rf"(?:\#[{_PLAIN}?]*(?:{_ESCAPED}[{_PLAIN}?]*)*)?"
_REST = rf"{_PATH}{_QUERY}{_FRAGMENT}"

_OPEN_HOST = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_TEST_NAME = re.compile(rf"(?:{_LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_TEST_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_OPEN_URL = re.compile(rf"https://(?P<authority>[a-z0-9.-]+){_REST}")
_TEST_URL = re.compile(rf"https?://(?P<authority>[a-z0-9.-]+(?::[0-9]+)?){_REST}")
_DOTS = re.compile(r"/(?:\.|%2[eE]){1,2}(?:/|$)")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Gate(msgspec.Struct, frozen=True):
    """The form that URLs must have; `test_network` lets http, ports, single labels and addresses in."""

    test_network: bool

    def check(self, value: object) -> str:
        """`value` itself if it is a URL of the strict form; raises `Malformed` otherwise.

        Absolute, ASCII, at most 2,048 characters; host in lower case, letters, digits and hyphens, valid
        Punycode if any; no user name, port, trailing dot, backslash, space, stray percent sign or `..` in the
        path. A fragment is allowed: key ids and NodeBB's activity ids have one.
        """
        if not isinstance(value, str) or len(value) > LONGEST_URL:
            raise Malformed("This is not a URL that we take.")
        _authority(value, self.test_network)
        return value

    def host(self, url: str) -> str:
        """The host of `url`, with its port on a test network. Raises `Malformed` as `check` does."""
        return _authority(self.check(url), self.test_network)

    def origin(self, url: str) -> str:
        """Scheme and host of `url`, as `https://peer.example`. Raises `Malformed` as `check` does."""
        host = self.host(url)
        return f"{url[: url.index(':')]}://{host}"

    def same_origin(self, a: str, b: str) -> bool:
        """Whether both are acceptable URLs of one scheme and host. Says no rather than raising."""
        try:
            return self.origin(a) == self.origin(b)
        except Malformed:
            return False

    def check_host(self, host: str) -> str:
        """`host` itself if it is a host name of the strict form; raises `Malformed` otherwise."""
        if not isinstance(host, str) or not _is_host(host, self.test_network):
            raise Malformed("This is not a host name that we take.")
        return host


OPEN_NETWORK = Gate(False)
"""The gate of the public internet: https, default port, full host names."""

TEST_NETWORK = Gate(True)
"""The gate of a test network (`FS_OUTBOUND_ALLOW_PRIVATE`): also http, ports, `a.localhost`, 127.0.0.1."""


def normal_host(text: str, gate: Gate = OPEN_NETWORK) -> str:
    """The host name that a person typed, as it stands in URLs: lower case, Punycode, no trailing dot.

    For names that our own moderators and members type. Raises `Malformed` if there is no such host name.
    """
    name, colon, port = text.strip().partition(":")
    try:
        ascii_name = idna.encode(name.removesuffix("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise Malformed("This is not a host name.") from error
    return gate.check_host(f"{ascii_name}{colon}{port}")


@lru_cache(maxsize=4096)
def _authority(url: str, test_network: bool) -> str:
    """The host of `url`, with its port. Cached, since most activities name the same few actors and groups."""
    found = (_TEST_URL if test_network else _OPEN_URL).fullmatch(url)
    if found is None:
        raise Malformed("This is not a URL that we take.")
    authority = found["authority"]
    if not _is_host(authority, test_network):
        raise Malformed("This URL has a host that we do not take.")
    if _DOTS.search(found["path"]) or (test_network and _has_default_port(url, authority)):
        raise Malformed("This URL can be written in a simpler way, so it is no id.")
    return authority


@lru_cache(maxsize=8192)
def _is_host(authority: str, test_network: bool) -> bool:
    name, _, port = authority.partition(":")
    if ":" in authority and not (test_network and _PORT.fullmatch(port) and int(port) < 65536):
        return False
    if test_network and _TEST_ADDRESS.fullmatch(name):
        return True
    form = _TEST_NAME if test_network else _OPEN_HOST
    return len(name) <= LONGEST_HOST and form.fullmatch(name) is not None and _is_meant(name.split("."))


def _is_meant(labels: list[str]) -> bool:
    """Whether all labels are plain, or Punycode that means something and can be written in only this way."""
    if not any(label[2:4] == "--" for label in labels):
        return True
    try:
        return _is_one_spelling(labels)
    except (idna.IDNAError, UnicodeError):
        return False


def _is_one_spelling(labels: list[str]) -> bool:
    meant = [idna.ulabel(label) if label.startswith("xn--") else label for label in labels]
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for label in meant for letter in label):
        for label in meant:  # One label from right to left puts all of them under the rule of RFC 5893.
            idna.check_bidi(label, check_ltr=True)
    return all(
        idna.alabel(shown) == label.encode("ascii") for shown, label in zip(meant, labels, strict=True)
    )


def _has_default_port(url: str, authority: str) -> bool:
    _, colon, port = authority.partition(":")
    return colon != "" and _DEFAULT_PORTS[url[: url.index(":")]] == port
