"""The doctor: one finding for each thing that a community needs, and what to do where it is missing.

Looks only; changes nothing. Safe beside a running server.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import msgspec

from fediverse_support.core.errors import Trouble
from fediverse_support.core.settings import Settings
from fediverse_support.database import embedded, migrations, pool
from fediverse_support.network import probes
from fediverse_support.network.client import Client, Reply
from fediverse_support.network.media_files import files_of
from fediverse_support.network.picture_process import developed
from fediverse_support.network.webfinger import JRD
from fediverse_support.protocol.site import site_of

RENEW_BEFORE = timedelta(days=14)
CLOCK_TOLERANCE = timedelta(seconds=30)
"""Peers refuse signatures whose date is off; the strictest allow 30 seconds."""
ROOM = 1_000_000_000
_DOT = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x01\0\0\0\x007n\xf9$"
    b"\0\0\0\nIDATx\xdac`\0\0\0\x02\0\x01\xe5'\xde\xfc\0\0\0\0IEND\xaeB`\x82"
)
"""A PNG of one pixel."""


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, how it is (`ok` None: could not or need not be told), and what to do."""

    name: str
    ok: bool | None
    what: str
    what_to_do: str = ""


Check = Callable[[Settings, datetime], Awaitable[Finding]]


async def examine(settings: Settings, *, now: datetime) -> list[Finding]:
    """Look at everything; takes some seconds where something does not answer. Raises nothing of its own."""
    checked, site = await asyncio.gather(
        asyncio.gather(*(check(settings, now) for check in _CHECKS)), _site(settings, now)
    )
    return [*checked, *site]


async def _database(settings: Settings, now: datetime) -> Finding:
    del now
    name = "database"
    if not settings.database_url and not (settings.data_path / "database").exists():
        return Finding(name, None, "embedded; it is made at the first start")
    advice = (
        "Check DATABASE_URL and that PostgreSQL runs; without DATABASE_URL, that FS_DATA_DIR can be used."
    )
    try:
        async with _opened(settings) as connection:
            version = connection.get_server_version()
            kind = f"PostgreSQL {version.major}.{version.minor}" + (
                "" if settings.database_url else ", embedded"
            )
            left = await migrations.pending(connection, migrations.folder())
    except Trouble as trouble:
        return Finding(name, False, trouble.message, advice)
    if left:
        return Finding(
            name, False, f"{kind}: {len(left)} migrations are due", "Run: fediverse-support migrate"
        )
    return Finding(name, True, f"{kind}, all migrations applied")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[pool.Connection]:
    async with _server(settings) as dsn:
        database = await pool.connect(settings, dsn)
        try:
            async with pool.acquire(database) as connection:
                yield connection
        finally:
            database.terminate()


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[str]:
    if settings.database_url:
        yield settings.database_url
    else:
        async with embedded.running(settings.data_path, lambda _: None, join=True) as dsn:
            yield dsn


async def _settings(settings: Settings, now: datetime) -> Finding:
    del now
    key = settings.secret_key_path
    if not key.exists():
        return Finding(
            "settings", None, f"{settings.domain}; the secret key {key} is made at the first start"
        )
    if key.stat().st_mode & 0o077:
        return Finding("settings", False, f"others can read the secret key {key}", f"Run: chmod 600 {key}")
    if not os.access(key, os.R_OK):
        return Finding("settings", False, f"the secret key {key} cannot be read", "Start as its owner.")
    return Finding("settings", True, f"{settings.domain} at {settings.origin}")


async def _dns(settings: Settings, now: datetime) -> Finding:
    del now
    if settings.is_test_network:
        return Finding("dns", None, "not asked: this is a test network")
    host = _host(settings)
    advice = f"Give {host} an A (and AAAA) record with the public address of this server."
    try:
        public, private = await probes.public_addresses(host)
    except Trouble as trouble:
        return Finding("dns", False, trouble.message, advice)
    if not public:
        what = f"{host} is {', '.join(private)} here, which no other server can reach"
        return Finding(
            "dns", False, what, f"{advice} If only /etc/hosts of this machine says so, all is well."
        )
    return Finding("dns", True, f"{host} is {', '.join(public)}")


async def _tls(settings: Settings, now: datetime) -> Finding:
    if not settings.is_secure:
        return Finding("tls", None, "plain http: for test networks only")
    try:
        if settings.tls_cert:
            end = probes.certificate_file_end(settings.tls_cert)
        else:
            port = urlsplit(settings.origin).port or 443
            end = await probes.certificate_end(_host(settings), port, settings.outbound_ca_file)
    except Trouble as trouble:
        return Finding(
            "tls", False, trouble.message, "See to the certificate in the reverse proxy or FS_TLS_CERT."
        )
    if end - now < RENEW_BEFORE:
        return Finding(
            "tls", False, f"the certificate ends on {end:%Y-%m-%d}", "Renew it, and see why nothing did."
        )
    return Finding("tls", True, f"the certificate is good until {end:%Y-%m-%d}")


async def _mail(settings: Settings, now: datetime) -> Finding:
    del now
    if not settings.smtp_url:
        return Finding("mail", None, "no mail server is set; this version writes no letters yet")
    try:
        await probes.mail_server_answers(settings.smtp_url)
    except Trouble as trouble:
        return Finding("mail", False, trouble.message, "Check FS_SMTP_URL.")
    return Finding("mail", True, f"{urlsplit(settings.smtp_url).hostname} takes our mail")


async def _storage(settings: Settings, now: datetime) -> Finding:
    del now
    folder = next(place for place in (settings.data_path, *settings.data_path.parents) if place.exists())
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        return Finding(
            "storage", False, f"{folder} cannot be written", "Give it to the account of the program."
        )
    if free < ROOM:
        return Finding("storage", False, f"{free / 1e6:,.0f} MB left in {folder}", "Free some space.")
    return Finding("storage", True, f"{free / 1e9:,.0f} GB left in {folder}")


async def _pictures(settings: Settings, now: datetime) -> Finding:
    """Whether a dot of a picture comes out of the process with limits (`network/picture_process.py`)."""
    del now
    try:
        files_of(settings)
    except Trouble as trouble:
        return Finding("pictures", False, trouble.message, "Take FS_MEDIA_URL out of the settings.")
    try:
        await developed(_DOT, "post")
    except Trouble:
        advice = "Install the program again with all that it needs (pillow among it), and look at its memory."
        return Finding("pictures", False, "a picture could not be made anew", advice)
    return Finding("pictures", True, "can be taken in")


async def _site(settings: Settings, now: datetime) -> list[Finding]:
    """Our own WebFinger as others ask it, and our clock by the `Date` of the answer."""
    advice = (
        "Is `serve` running, and does the proxy pass /.well-known/ on to it? Try it from another machine too."
    )
    unknown = Finding("clock", None, "nothing to compare it with")
    try:
        reply = await _own_webfinger(settings)
    except Trouble as trouble:
        return [unknown, Finding("reachability", False, f"our own WebFinger: {trouble.message}", advice)]
    clock = _clock(reply, now) or unknown
    if reply.status != 200 or not reply.content_type.startswith(JRD):
        said = f"our own WebFinger answers {reply.status} {reply.content_type}"
        return [clock, Finding("reachability", False, said, advice)]
    return [clock, Finding("reachability", True, "our own WebFinger answers")]


async def _own_webfinger(settings: Settings) -> Reply:
    scheme = settings.origin.partition(":")[0]
    resource = quote(site_of(settings).instance_actor, safe="")
    async with Client(settings) as client:
        return await client.get(
            f"{scheme}://{settings.domain}/.well-known/webfinger?resource={resource}",
            accept=JRD,
            same_origin=False,
        )


def _clock(reply: Reply, now: datetime) -> Finding | None:
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    off = abs(theirs - now)
    if off <= CLOCK_TOLERANCE:
        return Finding("clock", True, "agrees with that of our own site")
    what = f"{off.total_seconds():.0f} seconds off that of our own site"
    return Finding(
        "clock", False, what, "Let the machine keep its time by NTP: peers refuse what is dated wrongly."
    )


def _host(settings: Settings) -> str:
    return urlsplit(settings.origin).hostname or settings.domain


_CHECKS: tuple[Check, ...] = (_settings, _database, _dns, _tls, _mail, _storage, _pictures)
