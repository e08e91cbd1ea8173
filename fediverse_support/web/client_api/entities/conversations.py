"""Conversation, field by field (mastodon-api.md §4.12)."""

from collections.abc import Sequence

from fediverse_support.core.models import Viewer
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.conversations import Conversation
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.services import Services


async def rendered(
    services: Services, db: Connection, viewer: Viewer, found: Sequence[Conversation], page: Page
) -> list[Json]:
    """Conversations with the others in them and what was said last."""
    made = await statuses.rendered(services, db, viewer, page)
    last = {int(status["id"]): status for status in made}
    return [
        {
            "id": str(one.id),
            "unread": one.is_unread,
            "accounts": [
                accounts.account(services, row, viewer)
                for number in one.people
                if number != viewer.actor_id and (row := page.accounts.get(number)) is not None
            ],
            "last_status": last.get(one.last_id),
        }
        for one in found
    ]
