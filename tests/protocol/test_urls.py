"""The URL gate: O5 with its corpora."""

import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_support.core.errors import Malformed
from fediverse_support.protocol.urls import OPEN_NETWORK, TEST_NETWORK, Gate, normal_host

CORPORA = Path(__file__).parents[2] / "../shared/corpora"


def accepts(gate: Gate, url: object) -> bool:
    try:
        return gate.check(url) == url
    except Malformed:
        return False


def accepts_host(gate: Gate, host: str) -> bool:
    try:
        return gate.check_host(host) == host
    except Malformed:
        return False


NEVER = [
    "https://GOOD.example/",
    "https://good.example./",
    "https://good.example:443/",
    "https://ｇood.example/",
    "https://good%2eexample/",
    "https://good.example\\@evil.example/",
    "https://good.example@evil.example/",
    "https://:@evil.example/",
    "https://good.example /",
    " https://good.example/",
    "https://good.example/\n",
    "https://good.example\t/",
    "https://good.example/\x00",
    "https://good.example/a b",
    "https://good.example/é",
    "https://good.example/%zz",
    "https://good.example/%",
    "https://good.example/a/../b",
    "https://good.example/./b",
    "https://good.example/%2e%2E/b",
    "https://good.example/..",
    "https://good.example/#a#b",
    "https:good.example",
    "https:/good.example",
    "https:///good.example",
    "//good.example/x",
    "/x",
    "#main-key",
    "HTTPS://good.example/",
    "ftp://good.example/",
    "javascript:alert(1)",
    "acct:ana@good.example",
    "https://",
    "https://.example/",
    "https://good..example/",
    "https://-good.example/",
    "https://good-.example/",
    "https://good_name.example/",
    "https://[::1]/",
    "https://0x.0x.0/",
    "https://127.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://good.example.1/",
    "https://faß.example/",
    "https://xn--a.example/",
    "https://xn--.example/",
    "https://xn--good-.example/",
    "https://go--od.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 126 + "example/",
    "https://good.example/" + "x" * 2048,
    "",
]


@pytest.mark.parametrize("url", NEVER)
def test_o5_what_other_parsers_may_read_as_another_host_is_refused_on_every_network(url: str) -> None:
    assert not accepts(OPEN_NETWORK, url)
    assert not accepts(TEST_NETWORK, url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://good.example/",
            "https://good.example:8443/",
            "https://localhost/",
            "https://garden.localhost:1/",
        ),
        *("https://127.0.0.1/", "https://10.0.0.1/", "http://garden.localhost:8000/inbox"),
    ],
)
def test_o5_http_ports_and_local_names_are_for_test_networks_only(url: str) -> None:
    assert accepts(TEST_NETWORK, url)
    assert not accepts(OPEN_NETWORK, url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a.localhost:80/",
            "https://a.localhost:443/",
            "https://a.localhost:0/",
            "https://a.localhost:/",
        ),
        *("https://a.localhost:99999/", "https://a.localhost:08/", "http://127.0.0.01/", "http://256.0.0.1/"),
        *("http://127.0.0/", "http://127.0.0.1./", "http://1.2.3.4.5/"),
    ],
)
def test_o5_a_test_network_takes_no_second_spelling_either(url: str) -> None:
    assert not accepts(TEST_NETWORK, url)


@pytest.mark.parametrize(
    "value", [None, 5, 1.5, True, ["https://good.example/"], {"id": "https://good.example/"}, b""]
)
def test_o5_what_is_no_text_is_no_url(value: object) -> None:
    assert not accepts(OPEN_NETWORK, value)


@pytest.mark.parametrize(
    "url",
    [
        "https://good.example",
        "https://good.example/",
        "https://good.example#main-key",
        "https://good.example/users/ana#main-key",
        "https://nodebb.example/post/https%3A%2F%2Fnodebb.example%2Fpost%2F2#activity/announce/17",
        "https://good.example/?page=1&x[]=2",
        "https://good.example/@ana/1.json",
        "https://good.example/.well-known/x",
        "https://xn--bcher-kva.example/x",
        "https://a-1.b2.good.example/~ana/!$&'()*+,;=:@",
        "https://good.example/?next=/../x",
    ],
)
def test_ids_as_peers_write_them_pass_unchanged(url: str) -> None:
    assert OPEN_NETWORK.check(url) == url
    assert TEST_NETWORK.check(url) == url


def test_host_and_origin_of_a_url() -> None:
    assert OPEN_NETWORK.host("https://good.example?x") == "good.example"
    assert OPEN_NETWORK.origin("https://good.example#k") == "https://good.example"
    assert TEST_NETWORK.host("http://a.localhost:8000/x") == "a.localhost:8000"
    assert TEST_NETWORK.origin("http://a.localhost:8000/x") == "http://a.localhost:8000"


def test_o12_origins_are_compared_whole() -> None:
    same = TEST_NETWORK.same_origin
    assert same("https://good.example/a", "https://good.example#b")
    assert not same("https://good.example/a", "http://good.example/a")
    assert not same("https://good.example/a", "https://good.example.evil.example/a")
    assert not same("https://good.example/a", "https://evil.example/https://good.example/a")
    assert not same("http://a.localhost:1/", "http://a.localhost:2/")
    assert not same("https://GOOD.example/", "https://GOOD.example/")


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" Good.Example. ", "good.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ｇood.example", "good.example"),
    ],
)
def test_a_host_that_a_person_typed_is_put_into_its_one_form(typed: str, host: str) -> None:
    assert normal_host(typed) == host


@pytest.mark.parametrize(
    "typed", ["", ".", "..", "a b.example", "-a.example", "localhost", "https://a.example", "a.example:1"]
)
def test_what_is_no_host_name_is_refused(typed: str) -> None:
    with pytest.raises(Malformed):
        normal_host(typed)


def test_a_host_with_a_port_is_typed_on_test_networks_only() -> None:
    assert normal_host("Garden.localhost:8000", TEST_NETWORK) == "garden.localhost:8000"


url_like = st.text(alphabet="htps:/@\\.%?#[]agood.examplexn--0123456789ABéß\u3002\x00 \t", max_size=60)


@given(st.one_of(st.text(), url_like, url_like.map(lambda rest: f"https://{rest}")))
def test_whatever_passes_means_the_same_to_other_parsers(text: str) -> None:
    for gate in (OPEN_NETWORK, TEST_NETWORK):
        if accepts(gate, text):
            assert text.isascii()
            assert urlsplit(text).netloc == gate.host(text) == httpx.URL(text).netloc.decode()


@given(st.text(max_size=40))
def test_no_typed_host_raises_anything_but_our_error(text: str) -> None:
    with suppress(Malformed):
        assert accepts_host(OPEN_NETWORK, normal_host(text))


def test_o5_whatwg_and_we_agree_on_all_that_we_accept() -> None:
    file = CORPORA / "whatwg-url/url/tests/urltestdata.json"
    if not file.is_file():
        pytest.skip("the corpus whatwg-url is not here")
    seen, wrong = 0, []
    for case in json.loads(file.read_bytes()):
        if not isinstance(case, dict) or not accepts(TEST_NETWORK, case["input"]):
            continue
        seen += 1
        url = case["input"]
        if case.get("failure") or case["host"] != TEST_NETWORK.host(url) or not _same(case["href"], url):
            wrong.append(url)
    assert seen > 20
    assert wrong == []


def _same(normal: str, url: str) -> bool:
    """WHATWG writes the slash of an empty path; that is all that it may change."""
    start, _, rest = url.partition("//")
    end = min((rest.index(mark) for mark in "?#" if mark in rest), default=len(rest))
    return normal == (url if "/" in rest[:end] else f"{start}//{rest[:end]}/{rest[end:]}")


@pytest.mark.parametrize("name", ["IdnaTestV2.txt", "IdnaTestV2-Unicode16.txt"])
def test_o5_no_host_passes_that_unicode_calls_wrong_or_writes_otherwise(name: str) -> None:
    file = CORPORA / "whatwg-url/idna/tests" / name
    if not file.is_file():
        pytest.skip("the corpus whatwg-url is not here")
    seen, accepted, wrong = 0, 0, []
    for line in file.read_text("utf-8").splitlines():
        parts = [part.strip() for part in line.partition("#")[0].split(";")]
        if len(parts) < 5:
            continue
        source, unicode_form = _unescaped(parts[0]), _unescaped(parts[1] or parts[0])
        ascii_form = _unescaped(parts[3]) or unicode_form
        has_errors = (parts[4] or parts[2]).strip("[]") != ""
        seen += 1
        if accepts_host(OPEN_NETWORK, source):
            accepted += 1
            if has_errors or source != ascii_form:
                wrong.append(source)
    assert seen > 5000
    assert accepted > 50
    assert wrong == []


def _unescaped(text: str) -> str:
    return "" if text == '""' else text.encode("latin-1", "backslashreplace").decode("unicode-escape")
