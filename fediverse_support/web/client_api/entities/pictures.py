"""The pictures of an account. Apps crash without one, so whoever has none gets one of ours."""

from fediverse_support.database.client_accounts import AccountRow
from fediverse_support.web.rendering import static_url
from fediverse_support.web.services import Services


def avatar(services: Services, row: AccountRow) -> str:
    """The address of a face, always absolute and on this server."""
    if row.icon_url and services.site.is_ours(row.icon_url) and row.state == "active":
        return row.icon_url
    return f"{services.site.origin}{static_url('group-avatar.png' if row.is_group else 'avatar.png')}"


def header(services: Services, row: AccountRow) -> str:
    """The address of the wide picture, always absolute and on this server."""
    if row.header_url and services.site.is_ours(row.header_url) and row.state == "active":
        return row.header_url
    return f"{services.site.origin}{static_url('header.png')}"
