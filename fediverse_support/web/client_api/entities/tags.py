"""Tag and FeaturedTag (mastodon-api.md §4.12). How often it is used is not told."""

from typing import Any

from fediverse_support.database.tags import FeaturedTag, Mine
from fediverse_support.protocol.rendering.tags import outside
from fediverse_support.protocol.site import Site
from fediverse_support.web.client_api.entities.moments import day

Json = dict[str, Any]


def of_mine(site: Site, name: str, mine: Mine) -> Json:
    """A tag; for who is signed in with whether they follow it and show it on their profile."""
    shown: Json = {"id": name, "name": name, "url": outside(site, name), "history": []}
    if mine.followed is not None:
        shown |= {"following": name in mine.followed, "featuring": name in mine.featured}
    return shown


def featured(site: Site, one: FeaturedTag) -> Json:
    """A tag on a profile; the number is written as text."""
    return {
        "id": str(one.id),
        "name": one.tag,
        "url": outside(site, one.tag),
        "statuses_count": str(one.number),
        "last_status_at": day(one.last_at),
    }
