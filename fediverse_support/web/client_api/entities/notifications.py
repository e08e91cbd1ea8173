"""Notification and the groups of them, field by field (mastodon-api.md §4.10).

Their numbers are small and stand as JSON numbers where apps read them as such. `account` is never empty:
what nobody in particular did is told as by oneself.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fediverse_support.community.reading import filters
from fediverse_support.core import clock
from fediverse_support.core.models import Viewer
from fediverse_support.database import report_targets
from fediverse_support.database.client_statuses import Page
from fediverse_support.database.notifications import Notification, NotificationGroup
from fediverse_support.database.pool import Connection
from fediverse_support.web.client_api.entities import accounts, statuses
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.entities.moments import maybe_moment, moment
from fediverse_support.web.client_api.entities.statuses import Written
from fediverse_support.web.services import Services

_PARTIAL = ("id", "acct", "url", "avatar", "avatar_static", "locked", "bot")
_PLAIN = frozenset(("mention", "status", "reblog", "favourite", "follow", "follow_request", "poll", "update"))
"""What every app knows. Others get a sentence if an app says what it knows, and this is not among it."""
_SENTENCES = {
    "admin.sign_up": ("Somebody new", "Somebody has signed up, or asks to."),
    "admin.report": ("A report", "Somebody has reported something to the moderators."),
    "severed_relationships": (
        "Connections that ended",
        "The exchange with a server has ended, and with it what you followed there.",
    ),
    "moderation_warning": ("From the moderators", "The moderators have taken a post of yours out of view."),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What notifications speak of, made once for a page of them, by number."""

    accounts: Mapping[int, Json]
    statuses: Mapping[int, Written]
    hidden: frozenset[int]
    reports: Mapping[int, Json]


async def speak_of(
    services: Services, db: Connection, viewer: Viewer, told: Sequence[Notification], page: Page
) -> Shown:
    """Accounts, statuses and reports of some notifications: one statement for the filters of who looks, if
    they have any, and for those who look after something two more."""
    has_any = bool(page.statuses) and page.has_filters
    found = await filters.of(db, viewer.actor_id, clock.now()) if has_any else filters.Filters(())
    by_id = statuses.written_by_id(services, viewer, page, found, hiding="notifications")
    named = {row.entry_id for row in page.statuses}
    people = {
        number: accounts.account(services, row, viewer)
        for number, row in page.accounts.items()
        if accounts.may_know(viewer, row)
    }
    return Shown(
        accounts=people,
        statuses=by_id,
        hidden=frozenset(named - by_id.keys()),
        reports=await _reports(services, db, viewer, told),
    )


def notification(shown: Shown, one: Notification, viewer: Viewer, known: Sequence[str] = ()) -> Json | None:
    """One notification; None if a filter of the reader hides it, or who did it is not there any more.

    `known`: the types that the app says it knows.
    """
    account = shown.accounts.get(one.from_id)
    if account is None or one.post_id in shown.hidden:
        return None
    entity: Json = {
        "id": str(one.id),
        "type": one.kind,
        "created_at": moment(one.made_at),
        "group_key": one.group_key,
        "account": account,
        **_about(shown, one, known),
    }
    if one.post_id is not None:
        entity["status"] = shown.statuses.get(one.post_id)
    if one.is_filtered:
        entity["filtered"] = True
    return entity


def group(shown: Shown, one: NotificationGroup, known: Sequence[str] = ()) -> Json | None:
    """One group of them; None as above."""
    senders = [number for number in dict.fromkeys(one.from_ids) if number in shown.accounts]
    if not senders or one.newest.post_id in shown.hidden:
        return None
    entity: Json = {
        "group_key": one.key,
        "notifications_count": one.count,
        "type": one.newest.kind,
        "most_recent_notification_id": one.most,
        "page_min_id": str(one.least),
        "page_max_id": str(one.most),
        "latest_page_notification_at": moment(one.newest.made_at),
        "sample_account_ids": [str(number) for number in senders],
        **_about(shown, one.newest, known),
    }
    if one.newest.post_id is not None:
        entity["status_id"] = str(one.newest.post_id)
    return entity


def results(
    shown: Shown, found: Sequence[NotificationGroup], known: Sequence[str], *, are_partial: bool
) -> Json:
    """GroupedNotificationsResults. With `are_partial` only the first account of each group comes whole."""
    kept = [(one, entity) for one in found if (entity := group(shown, one, known)) is not None]
    first, others = [], []
    for _, entity in kept:
        first += entity["sample_account_ids"][:1]
        others += entity["sample_account_ids"][1:]
    whole = dict.fromkeys(first if are_partial else [*first, *others])
    answer: Json = {
        "accounts": [shown.accounts[int(number)] for number in whole],
        "statuses": [
            shown.statuses[number]
            for number in dict.fromkeys(one.newest.post_id for one, _ in kept)
            if number is not None and number in shown.statuses
        ],
        "notification_groups": [entity for _, entity in kept],
    }
    if are_partial:
        answer["partial_accounts"] = [
            {name: shown.accounts[int(number)][name] for name in _PARTIAL}
            for number in dict.fromkeys(others)
            if number not in whole
        ]
    return answer


def _about(shown: Shown, one: Notification, known: Sequence[str]) -> Json:
    """What a notification tells besides who and which status."""
    about: Json = {}
    report = shown.reports.get(one.subject_id) if one.subject_id is not None else None
    if one.kind == "admin.report" and report is not None:
        about["report"] = report
    if one.kind == "severed_relationships":
        about["event"] = _severance(one)
    if one.kind == "moderation_warning":
        about["moderation_warning"] = _warning(shown, one)
    if known and one.kind not in known and one.kind not in _PLAIN:
        title, summary = _SENTENCES[one.kind]
        about["fallback"] = {"title": title, "summary": summary, "description": None}
    return about


def _severance(one: Notification) -> Json:
    """RelationshipSeveranceEvent."""
    return {
        "id": str(one.subject_id),
        "type": "domain_block",
        "purged": False,
        "target_name": one.details.get("host", ""),
        "followers_count": 0,
        "following_count": one.details.get("following", 0),
        "created_at": moment(one.made_at),
    }


def _warning(shown: Shown, one: Notification) -> Json:
    """AccountWarning."""
    return {
        "id": str(one.id),
        "action": one.details.get("action", "none"),
        "text": one.details.get("text", ""),
        "status_ids": [str(one.subject_id)] if one.subject_id is not None else [],
        "created_at": moment(one.made_at),
        "target_account": shown.accounts.get(one.from_id),
        "appeal": None,
    }


async def _reports(
    services: Services, db: Connection, viewer: Viewer, told: Sequence[Notification]
) -> dict[int, Json]:
    numbers = [one.subject_id for one in told if one.kind == "admin.report" and one.subject_id is not None]
    if not numbers:
        return {}
    found = await report_targets.by_ids(db, numbers)
    about = await accounts.shown(services, db, viewer, [one.about_id for one in found if one.about_id])
    targets = {int(account["id"]): account for account in about}
    return {
        one.id: {
            "id": str(one.id),
            "action_taken": one.closed_at is not None,
            "action_taken_at": maybe_moment(one.closed_at),
            "category": one.category,
            "comment": one.reason,
            "forwarded": one.forwarded_at is not None,
            "created_at": moment(one.created_at),
            "status_ids": [str(number) for number in one.post_ids] or None,
            "rule_ids": [str(number) for number in one.rule_numbers] or None,
            "collection_ids": [],
            "target_account": targets[one.about_id],
        }
        for one in found
        if one.about_id in targets
    }
