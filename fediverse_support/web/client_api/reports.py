"""Reports from apps: put before the moderators of the group first, and sent on as far as the member wants.

Apps name an account and some of its posts. A group is an account to them, and what they find there are posts
of its members: so a report against a group may name posts of others, as long as they are in it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from starlette.routing import Route

from fediverse_support.community.house import directories
from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import actors, house_rules, reports
from fediverse_support.database.reports import Category, Report
from fediverse_support.moderation import reports as moderation
from fediverse_support.moderation.reports import Words
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import accounts
from fediverse_support.web.client_api.entities.moments import maybe_moment, moment

MOST_POSTS = 50
MOST_RULES = 40
_CATEGORIES: dict[str, Category] = {
    "spam": "spam",
    "legal": "legal",
    "violation": "violation",
    "other": "other",
}


@call("write:reports", limit="30 per hour")
async def report(one: Call) -> Any:
    """Ask the moderators to look at somebody or at posts. Nobody else learns who asked."""
    async with one.db.transaction():
        about = await _about(one)
        posts = await _posts(one, about)
        words = await _words(one, about, posts)
        reporter = await actors.by_id(one.db, one.me)
        if reporter is None:
            raise Missing
        filed = await moderation.file_about(one.db, one.site, about, posts, reporter, words, one.now)
        kept = await reports.by_id(one.db, filed[0])
    if kept is None:
        raise Missing
    account = await accounts.one(one.services, one.db, one.viewer, about.id)
    return _entity(kept, [post.id for post in posts], account)


async def _about(one: Call) -> Actor:
    """Raises `Missing` for somebody of whom the viewer may not know."""
    number = one.params.id("account_id")
    if number is None or not await accounts.shown(one.services, one.db, one.viewer, [number]):
        raise Missing
    found = await actors.by_id(one.db, number)
    if found is None:
        raise Missing
    if found.id == one.me:
        raise Malformed("Validation failed: You cannot report yourself")
    return found


async def _posts(one: Call, about: Actor) -> list[Post]:
    """The posts named, of which the viewer may see each. Raises `Missing` for any other (L9)."""
    numbers = one.params.ids("status_ids")
    if len(numbers) > MOST_POSTS:
        raise Malformed(f"A report can name at most {MOST_POSTS} posts.")
    if len(numbers) < len(set(one.params.texts("status_ids"))):
        raise Missing
    found = await reports.reportable(one.db, one.viewer, numbers)
    is_theirs = all(about.id in (post.author_id, post.group_id) for post in found)
    if (numbers and not found) or not is_theirs:
        raise Missing
    return found


async def _words(one: Call, about: Actor, posts: Sequence[Post]) -> Words:
    titles = await _rules(one, {about.id, *(post.group_id for post in posts)})
    category = one.params.text("category") or "other"
    if category not in _CATEGORIES:
        raise Malformed("Validation failed: Category is not included in the list")
    groups = {group for _, group in titles.values() if group is not None}
    return Words(
        reason=one.params.text("comment"),
        rule="; ".join(title for title, _ in titles.values()),
        tells_other_server=_goes_out(one, about),
        category="violation" if titles else _CATEGORIES[category],
        rule_numbers=tuple(titles),
        group_id=next(iter(groups)) if len(groups) == 1 else None,
    )


async def _rules(one: Call, concerned: Collection[int | None]) -> dict[int, tuple[str, int | None]]:
    """The rules named: the community's, and of groups those that the viewer may know of."""
    numbers = one.params.ids("rule_ids")
    if len(numbers) > MOST_RULES:
        raise Malformed("Validation failed: Rule ids does not reference valid rules")
    found = await house_rules.titles(one.db, numbers)
    groups = {group for _, group in found.values() if group is not None} - set(concerned)
    unknown = groups.difference(one.viewer.member_of, one.viewer.moderates)
    if unknown:
        listed = await directories.listed(one.db, one.viewer, one.site.domain, one.now)
        unknown -= {group.actor.id for group in listed}
    if unknown or len(found) < len(set(one.params.texts("rule_ids"))):
        raise Malformed("Validation failed: Rule ids does not reference valid rules")
    return {number: found[number] for number in numbers}


def _goes_out(one: Call, about: Actor) -> bool:
    """Whether the other server is to be told; an app may say which, and we know of one only."""
    domains: Sequence[str] = one.params.texts("forward_to_domains")
    return bool(one.params.flag("forward", False)) and (not domains or about.host in domains)


def _entity(kept: Report, posts: Sequence[int], account: Any) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "action_taken": kept.state == "closed",
        "action_taken_at": maybe_moment(kept.closed_at),
        "category": kept.category,
        "comment": kept.reason,
        "forwarded": kept.forwarded_at is not None,
        "created_at": moment(kept.created_at),
        "status_ids": [str(number) for number in posts] or None,
        "rule_ids": [str(number) for number in kept.rule_numbers] or None,
        "collection_ids": [],
        "target_account": account,
    }


ROUTES = [Route("/api/v1/reports", report, methods=["POST"])]
