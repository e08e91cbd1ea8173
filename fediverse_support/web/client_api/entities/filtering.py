"""FilterResult, as it stands in a status (mastodon-api.md §4.9)."""

from typing import Any

from fediverse_support.community.reading.filters import FilterResult
from fediverse_support.web.client_api.entities.moments import maybe_moment


def result(found: FilterResult) -> dict[str, Any]:
    """What a filter says about a status. `blur` reads as `warn`: some apps stop working at a third word."""
    one = found.filter
    return {
        "filter": {
            "id": str(one.id),
            "title": one.title,
            "context": list(one.contexts),
            "expires_at": maybe_moment(one.ends_at),
            "filter_action": "warn" if one.action == "blur" else one.action,
        },
        "keyword_matches": list(found.keywords) or None,
        "status_matches": [str(number) for number in found.posts] or None,
    }
