"""Questions about our own place in the network that only `doctor` asks: our name, certificate and mail.

They go to what the operator configured, never to what another server said, so they need no guard.
"""

import asyncio
import smtplib
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509

from fediverse_support.core.errors import Misconfigured, RemoteTrouble
from fediverse_support.network.addresses import is_public

_SECONDS = 10.0


async def public_addresses(host: str) -> tuple[list[str], list[str]]:
    """The addresses that `host` has in DNS: those on the public internet, and the others.

    Raises `RemoteTrouble` when it has none.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_SECONDS):
            found = await loop.getaddrinfo(host, None)
    except OSError as error:
        raise RemoteTrouble(f"{host} has no address: {error.strerror or 'no answer in time'}.") from None
    addresses = sorted({str(entry[4][0]).partition("%")[0] for entry in found})
    return [one for one in addresses if is_public(one)], [one for one in addresses if not is_public(one)]


async def certificate_end(host: str, port: int, ca_file: str = "") -> datetime:
    """When the certificate ends that `host` shows, which must be one that every server accepts.

    Raises `RemoteTrouble` when it is not, or when there is no answer.
    """
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
    except ssl.SSLCertVerificationError as error:
        raise RemoteTrouble(f"The certificate of {host} is not accepted: {error.verify_message}.") from None
    except OSError as error:
        raise RemoteTrouble(
            f"{host} does not answer on port {port}: {error or 'no answer in time'}."
        ) from None
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


def certificate_file_end(file: str) -> datetime:
    """When the first certificate in a PEM file ends. Raises `Misconfigured` when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise Misconfigured(f"FS_TLS_CERT cannot be read: {error}.") from None


async def mail_server_answers(url: str) -> None:
    """Connect and sign in to the mail server of `smtp://name:password@host:port` or `smtps://…`.

    Raises `Misconfigured` when it says no, `RemoteTrouble` when it does not answer.
    """
    try:
        await asyncio.to_thread(_sign_in, url)
    except smtplib.SMTPAuthenticationError:
        raise Misconfigured("The mail server does not accept the name and password.") from None
    except (OSError, smtplib.SMTPException) as error:
        raise RemoteTrouble(f"The mail server does not answer as one: {error}.") from None
    except ValueError as error:
        raise Misconfigured(f"FS_SMTP_URL cannot be read: {error}.") from None


def _sign_in(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it should look like smtp://name:password@host:587")
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=_SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.noop()
