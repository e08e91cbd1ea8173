"""What a token must cover for each address: written down once more, so that no address asks for less."""

from fediverse_support.web.client_api.calls import Who
from fediverse_support.web.client_api.routes import ROUTES

OPEN_TO_ANY_TOKEN = frozenset(
    {
        "GET /api/v1/accounts/verify_credentials",  # `profile` or `read:accounts`: it looks itself
        "GET /api/v1/apps/verify_credentials",
        "GET /api/v1/emails/check_confirmation",
    }
)
READ_BY_PLACE = (
    ("/api/v1/accounts/relationships", "read:follows"),
    ("/api/v1/accounts/familiar_followers", "read:follows"),
    ("/api/v1/accounts/{id}/lists", "read:lists"),
    ("/api/v1/accounts/{id}/statuses", "read:statuses"),
    ("/api/v1/announcements", "read"),
    ("/api/v1/bookmarks", "read:bookmarks"),
    ("/api/v1/blocks", "read:blocks"),
    ("/api/v1/conversations", "read:statuses"),
    ("/api/v1/domain_blocks", "read:blocks"),
    ("/api/v1/favourites", "read:favourites"),
    ("/api/v1/filters", "read:filters"),
    ("/api/v2/filters", "read:filters"),
    ("/api/v1/follow_requests", "read:follows"),
    ("/api/v1/followed_tags", "read:follows"),
    ("/api/v1/lists", "read:lists"),
    ("/api/v1/markers", "read:statuses"),
    ("/api/v1/media", "write:media"),
    ("/api/v1/mutes", "read:mutes"),
    ("/api/v1/notifications", "read:notifications"),
    ("/api/v2/notifications", "read:notifications"),
    ("/api/v1/polls", "read:statuses"),
    ("/api/v1/push", "push"),
    ("/api/v1/scheduled_statuses", "read:statuses"),
    ("/api/v1/streaming/user/notification", "read:notifications"),
    ("/api/v1/streaming", "read:statuses"),
    ("/api/v1/statuses", "read:statuses"),
    ("/api/v1/timelines/list", "read:lists"),
    ("/api/v1/timelines", "read:statuses"),
    ("/api/v2/search", "read:search"),
    ("/oauth/userinfo", "profile"),
)
"""What one reads where; everything else of a member's own is `read:accounts`."""
WRITTEN_BY_PLACE = (
    ("/api/v1/accounts/{id}/block", "write:blocks"),
    ("/api/v1/accounts/{id}/unblock", "write:blocks"),
    ("/api/v1/accounts/{id}/follow", "write:follows"),
    ("/api/v1/accounts/{id}/unfollow", "write:follows"),
    ("/api/v1/accounts/{id}/remove_from_followers", "write:follows"),
    ("/api/v1/accounts/{id}/mute", "write:mutes"),
    ("/api/v1/accounts/{id}/unmute", "write:mutes"),
    ("/api/v1/announcements/{id}/reactions", "write:favourites"),
    ("/api/v1/conversations", "write:conversations"),
    ("/api/v1/domain_blocks", "write:blocks"),
    ("/api/v1/filters", "write:filters"),
    ("/api/v2/filters", "write:filters"),
    ("/api/v1/follow_requests", "write:follows"),
    ("/api/v1/lists", "write:lists"),
    ("/api/v1/markers", "write:statuses"),
    ("/api/v1/media", "write:media"),
    ("/api/v2/media", "write:media"),
    ("/api/v1/notifications", "write:notifications"),
    ("/api/v2/notifications", "write:notifications"),
    ("/api/v1/polls", "write:statuses"),
    ("/api/v1/push", "push"),
    ("/api/v1/reports", "write:reports"),
    ("/api/v1/statuses/{id}/bookmark", "write:bookmarks"),
    ("/api/v1/statuses/{id}/unbookmark", "write:bookmarks"),
    ("/api/v1/statuses/{id}/favourite", "write:favourites"),
    ("/api/v1/statuses/{id}/unfavourite", "write:favourites"),
    ("/api/v1/statuses/{id}/mute", "write:mutes"),
    ("/api/v1/statuses/{id}/unmute", "write:mutes"),
    ("/api/v1/statuses/{id}/pin", "write:accounts"),
    ("/api/v1/statuses/{id}/unpin", "write:accounts"),
    ("/api/v1/statuses/{id}/translate", "read:statuses"),
    ("/api/v1/statuses", "write:statuses"),
    ("/api/v1/scheduled_statuses", "write:statuses"),
    ("/api/v1/tags/{name}/follow", "write:follows"),
    ("/api/v1/tags/{name}/unfollow", "write:follows"),
    ("/oauth/userinfo", "profile"),
)
"""The same of what one changes; everything else is `write:accounts`."""


def wanted(method: str, path: str) -> str:
    """The scope that mastodon-api.md has for an address of a member's own."""
    places = READ_BY_PLACE if method == "GET" else WRITTEN_BY_PLACE
    usual = "read:accounts" if method == "GET" else "write:accounts"
    return next((scope for place, scope in places if path == place or path.startswith(f"{place}/")), usual)


def test_every_address_asks_for_its_scope() -> None:
    """Who looks at what is public needs none; but whoever brings a token is held to it there too."""
    wrong = []
    for route in ROUTES:
        if route.path.startswith(("/api/v1/admin/", "/api/v2/admin/")):
            continue
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            name = f"{method} {route.path}"
            scope, who = route.endpoint.scope, route.endpoint.who
            if name in OPEN_TO_ANY_TOKEN or (who is Who.ANYONE and not scope):
                continue
            if scope != wanted(method, route.path):
                wrong.append(f"{name}: {scope or 'none'}, not {wanted(method, route.path)}")
    assert wrong == []


def test_nobody_changes_anything_without_a_token() -> None:
    """Apart from the ways to a token themselves."""
    open_ways = {"/api/v1/apps", "/oauth/token", "/oauth/revoke", "/api/v1/statuses/{id}/translate"}
    for route in ROUTES:
        if (route.methods or set()) - {"GET", "HEAD"} and route.path not in open_ways:
            assert route.endpoint.who is not Who.ANYONE, route.path
