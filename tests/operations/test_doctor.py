"""The doctor: says what is wrong and what to do, against real servers on loopback."""

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fediverse_support.core import clock, sealing
from fediverse_support.core.errors import Misconfigured, RemoteTrouble
from fediverse_support.core.settings import Settings
from fediverse_support.network import probes
from fediverse_support.operations import doctor


def http_date(moment):
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.fixture
async def site():
    """A web server on loopback whose one answer can be set; gives it."""
    found = Site()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


class Site:
    """What the community's own address answers."""

    def __init__(self):
        self.status, self.kind, self.date, self.asked = 200, "application/jrd+json", clock.now(), []

    async def answer(self, reader, writer):
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split()[1])
        head = f"HTTP/1.1 {self.status} X\r\ncontent-type: {self.kind}\r\ndate: {http_date(self.date)}\r\n"
        writer.write(f"{head}content-length: 2\r\nconnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
def here(site, database_url, tmp_path):
    """Settings of a test network in which everything is in order."""
    settings = Settings(
        domain=f"garden.localhost:{site.port}",
        origin=f"http://garden.localhost:{site.port}",
        data_dir=str(tmp_path / "data"),
        database_url=database_url,
        outbound_allow_private="127.0.0.0/8",
        outbound_allow_http=True,
    )
    sealing.load_or_make(settings.secret_key_path)
    return settings


async def examined(settings, **changes):
    found = await doctor.examine(msgspec.structs.replace(settings, **changes), now=clock.now())
    return {finding.name: finding for finding in found}


async def test_a_sound_community_has_no_bad_finding(here, site):
    found = await examined(here)

    assert [one for one in found.values() if one.ok is False] == []
    assert set(found) == {
        "settings", "database", "dns", "tls", "mail", "storage", "pictures", "clock", "reachability",
    }  # fmt: skip
    assert [
        found[name].ok for name in ("settings", "database", "storage", "pictures", "clock", "reachability")
    ] == [True] * 6
    assert site.asked == [
        f"/.well-known/webfinger?resource=http%3A%2F%2Fgarden.localhost%3A{site.port}%2Factor"
    ]


async def test_every_bad_finding_says_what_to_do(here, site):
    site.status, site.date = 502, clock.now() - timedelta(minutes=5)
    here.secret_key_path.chmod(0o644)
    found = await examined(
        here,
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        smtp_url="smtp://127.0.0.1:1",
        media_url="s3://pictures",
        tls_cert="/no/such/file",
        origin=f"https://garden.localhost:{site.port}",
    )

    bad = [finding for finding in found.values() if finding.ok is False]
    assert {"settings", "database", "mail", "pictures", "tls", "reachability"} <= {
        finding.name for finding in bad
    }
    assert all(finding.what and finding.what_to_do for finding in bad)


async def test_a_clock_that_is_off_is_found(here, site):
    site.date = clock.now() - timedelta(minutes=5)
    found = await examined(here)

    assert found["clock"].ok is False
    assert "NTP" in found["clock"].what_to_do
    assert found["reachability"].ok


@pytest.mark.parametrize(("status", "kind"), [(404, "application/jrd+json"), (200, "text/html")])
async def test_a_webfinger_that_is_not_ours_is_found(here, site, status, kind):
    site.status, site.kind = status, kind

    assert (await examined(here))["reachability"].ok is False


async def test_a_database_behind_the_program_is_found(here, empty_database_url):
    found = await examined(here, database_url=empty_database_url)

    assert found["database"].ok is False
    assert "migrate" in found["database"].what_to_do


async def test_nothing_is_made_before_the_first_start(here):
    found = await examined(here, database_url="", data_dir=here.data_dir + "/not/yet")

    assert found["database"].ok is None
    assert found["settings"].ok is None
    assert not (here.data_path / "not").exists()


@pytest.fixture
def certificate(tmp_path):
    """A certificate for garden.localhost that ends in ten days, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "garden.localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=10))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


async def test_a_certificate_that_ends_soon_is_found(here, certificate):
    found = await examined(
        here, origin="https://garden.localhost", tls_cert=str(certificate), tls_key=str(certificate)
    )

    assert found["tls"].ok is False
    assert "ends on" in found["tls"].what


async def test_the_certificate_that_the_site_shows_is_read_and_must_be_accepted(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    servers = [
        await asyncio.start_server(lambda reader, writer: writer.close(), address, 0, ssl=context)
        for address in ("127.0.0.1", "127.0.0.2")
    ]
    right, wrong = (server.sockets[0].getsockname()[1] for server in servers)

    end = await probes.certificate_end("127.0.0.1", right, str(certificate))
    assert timedelta(days=9) < end - clock.now() < timedelta(days=10)
    with pytest.raises(RemoteTrouble, match="not accepted"):
        await probes.certificate_end("127.0.0.1", right)
    with pytest.raises(RemoteTrouble, match="not accepted"):
        await probes.certificate_end("127.0.0.2", wrong, str(certificate))
    for server in servers:
        server.close()
        await server.wait_closed()
    with pytest.raises(RemoteTrouble, match="does not answer"):
        await probes.certificate_end("127.0.0.1", right)


async def test_a_name_without_an_address_is_found():
    with pytest.raises(RemoteTrouble, match="no address"):
        await probes.public_addresses("no-such-name.invalid")
    assert await probes.public_addresses("127.0.0.1") == ([], ["127.0.0.1"])


async def test_mail_servers_are_asked_and_bad_urls_named():
    async def answer(reader, writer):
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            writer.write(b"250 fine\r\n" if line.split()[0].upper() in (b"EHLO", b"NOOP") else b"221 bye\r\n")

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    await probes.mail_server_answers(f"smtp://127.0.0.1:{port}")
    server.close()
    with pytest.raises(Misconfigured, match="smtp://"):
        await probes.mail_server_answers("mail.example")
    with pytest.raises(RemoteTrouble):
        await probes.mail_server_answers("smtp://127.0.0.1:1")
