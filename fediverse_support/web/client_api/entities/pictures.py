"""The pictures of an account. Apps crash without one, so whoever has none gets one of ours."""

from functools import lru_cache
from typing import Literal

from fediverse_support.database.client_accounts import AccountRow
from fediverse_support.protocol import media_addresses
from fediverse_support.web.rendering import static_url
from fediverse_support.web.services import Services


def avatar(services: Services, row: AccountRow) -> str:
    """The address of a face, always absolute and on this server."""
    if (shown := _shown(services, row, "icon", row.icon_url)) is not None:
        return shown
    return _of_ours(services.site.origin, "group-avatar.png" if row.is_group else "avatar.png")


def header(services: Services, row: AccountRow) -> str:
    """The address of the wide picture, always absolute and on this server."""
    if (shown := _shown(services, row, "header", row.header_url)) is not None:
        return shown
    return _of_ours(services.site.origin, "header.png")


@lru_cache(maxsize=16)
def _of_ours(origin: str, name: str) -> str:
    return f"{origin}{static_url(name)}"


def _shown(
    services: Services, row: AccountRow, purpose: Literal["icon", "header"], url: str | None
) -> str | None:
    """Where the picture on a profile is had from us; None for none, and for what policy does not take."""
    if not url or row.state != "active":
        return None
    if services.site.is_ours(url):
        return url
    if row.is_local or not services.policy().ladder.takes_media(row.host):
        return None
    return media_addresses.of_profile(services.site, row.id, purpose, url)
