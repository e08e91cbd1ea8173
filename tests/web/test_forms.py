"""Reading forms within bounds, and paths that stay here."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from fediverse_support.core.errors import Malformed, Misconfigured, TooLarge, WrongType
from fediverse_support.web import forms
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, deed


def request(*chunks: bytes, length: str | None = None) -> Request:
    sent = list(chunks)

    async def receive():
        body = sent.pop(0) if sent else b""
        return {"type": "http.request", "body": body, "more_body": bool(sent)}

    headers = [(b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")]
    if length is not None:
        headers.append((b"content-length", length.encode()))
    return Request({"type": "http", "method": "POST", "headers": headers, "path": "/"}, receive)


async def test_a_body_that_says_less_than_it_sends_is_cut_off():
    with pytest.raises(TooLarge):
        await forms.read(request(*[b"a" * 100_000] * 6, length="10"))
    with pytest.raises(TooLarge):
        await forms.read(request(b"a=1", length="600000"))


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=" + b"&b=" * 110])
async def test_what_cannot_be_read_is_malformed(body):
    with pytest.raises(Malformed):
        await forms.read(request(body))


async def test_a_slow_form_is_given_up(monkeypatch):
    import asyncio

    monkeypatch.setattr(forms, "SLOWEST", 0.01)

    async def never():
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "POST", "path": "/",
             "headers": [(b"content-type", b"application/x-www-form-urlencoded")]}  # fmt: skip
    with pytest.raises(Malformed):
        await forms.read(Request(scope, never))


async def test_fields_come_out_as_they_were_written():
    form = await forms.read(request(b"a=one%0D%0Atwo&b=+x%00y+&c=&a=last&%C3%A4=%E2%82%AC%ED%A0%80"))
    assert form.text("a") == "last"
    assert form.line("b") == "x\N{REPLACEMENT CHARACTER}y"
    assert not form.ticked("c")
    assert form.text("ä").startswith("€")
    form.text("ä").encode()
    assert form.text("missing") == ""


@given(st.text())
@example("//evil.example")
@example("/\\evil.example")
@example("/%5Cevil")
@example("https://evil.example")
@example("/\n/evil.example")
def test_a_path_never_leads_away(text):
    from urllib.parse import urljoin, urlsplit

    path = Form({"next": text}).path("next")
    joined = urlsplit(urljoin("https://garden.example/sign-in", path))
    assert (joined.scheme, joined.netloc) == ("https", "garden.example")
    assert "\n" not in path
    assert "\\" not in path


def upload(body: bytes, kind: bytes = b"multipart/form-data; boundary=b") -> Request:
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind)]}
    return Request(scope, receive)


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        upload(b"a=1", b"application/x-www-form-urlencoded"),
        upload(part("a", b"1") + b"--b--", b"multipart/form-data"),
        upload(part("a", b"1"), b"multipart/form-data; boundary=" + b"x" * 500),
        upload(b"nothing of the kind"),
        upload(part("f", b"1", '; filename="a"') + part("g", b"2", '; filename="b"') + b"--b--"),
        upload(b"".join(part(f"a{number}", b"1") for number in range(120)) + b"--b--"),
        upload(part("f", b"x" * forms.LARGEST_UPLOAD, '; filename="a"') + b"--b--"),
    ],
)
async def test_an_upload_that_is_none_or_too_much_is_refused(sent):
    with pytest.raises((Malformed, TooLarge, WrongType)):
        await forms.read_upload(sent)


async def test_a_file_comes_with_the_fields_and_is_text_or_nothing():
    body = part("a", b"one\x00") + part("f", b"\xef\xbb\xbfbad.example\n", '; filename="x.csv"')
    form = await forms.read_upload(upload(body + b"--b--\r\n"))
    assert form.line("a") == "one\N{REPLACEMENT CHARACTER}"
    assert form.uploaded("f") == "bad.example\n"
    assert form.uploaded("missing") == ""
    with pytest.raises(Malformed):
        (await forms.read_upload(upload(part("f", b"\xff\xfeb", '; filename="x"') + b"--b--"))).uploaded("f")


def test_only_who_is_signed_in_may_be_asked_for_a_file():
    for access, connection in (
        (Access.ANYONE, "session"),
        (Access.MEMBER, "request"),
        (Access.STAFF, "never"),
    ):
        with pytest.raises(Misconfigured):
            deed(access, connection=connection, uploads=forms.LARGEST_UPLOAD)
