"""People and groups, what they said, who follows them, and who is asking (mastodon-api.md §2.0, §2.1)."""

from starlette.routing import Route

from fediverse_support.core import scopes
from fediverse_support.core.errors import Forbidden, Missing
from fediverse_support.core.models import Account
from fediverse_support.database import client_accounts, responses, timelines
from fediverse_support.database.client_accounts import AccountRow
from fediverse_support.database.timelines import OfAccount
from fediverse_support.web.client_api.calls import OUT_OF_SCOPE, Answer, Call, Who, call
from fediverse_support.web.client_api.entities import accounts, relationships
from fediverse_support.web.client_api.entities.accounts import VISIBILITY, Json
from fediverse_support.web.client_api.paging import window
from fediverse_support.web.client_api.statuses_reading import people
from fediverse_support.web.client_api.timelines import answered, part_of

MOST_AT_ONCE = 40
MOST_RELATIONSHIPS = 300


@call("")
async def verify_credentials(one: Call) -> Json:
    """Who is asking, with how they write; `profile` is enough of a scope for that."""
    member = member_of(one)
    granted = one.grant.scopes if one.grant is not None else frozenset()
    if "profile" not in granted and not scopes.covers(granted, "read:accounts"):
        raise Forbidden(OUT_OF_SCOPE)
    return await accounts.credentials(one.services, one.db, one.viewer, member)


@call("read:accounts")
async def preferences(one: Call) -> Json:
    """How apps shall write and show, as far as that is kept here."""
    defaults = await client_accounts.defaults(one.db, one.me)
    return {
        "posting:default:visibility": VISIBILITY[defaults.reach],
        "posting:default:sensitive": defaults.sensitive,
        "posting:default:language": defaults.language,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


@call("read:accounts", who=Who.ANYONE)
async def show(one: Call) -> Json:
    """One person or group."""
    return await accounts.one(one.services, one.db, one.viewer, one.path_id())


@call("read:accounts", who=Who.ANYONE)
async def several(one: Call) -> list[Json]:
    """Some of them by their numbers; whom there is not is left out."""
    ids = one.params.ids("id")[:MOST_AT_ONCE]
    return await accounts.shown(one.services, one.db, one.viewer, ids)


@call("read:accounts", who=Who.ANYONE)
async def lookup(one: Call) -> Json:
    """Somebody whom we know, by their handle. No other server is asked."""
    name, _, host = one.params.text("acct").strip().removeprefix("@").partition("@")
    host = host.lower()
    is_ours = host in ("", one.site.domain, one.site.host)
    number = await client_accounts.id_of(one.db, name, None if is_ours else host)
    if number is None:
        raise Missing
    return await accounts.one(one.services, one.db, one.viewer, number)


@call("read:follows")
async def related(one: Call) -> list[Json]:
    """How the viewer stands to some others."""
    return await relationships.shown(one.db, one.viewer, one.params.ids("id")[:MOST_RELATIONSHIPS])


@call("read:statuses", who=Who.ANYONE)
async def statuses_of(one: Call) -> Answer:
    """What somebody said and boosted, or the threads of a group.

    What a group says is boosts of its members' posts; who wants no boosts gets the posts themselves.
    """
    asked, params, number = window(one), one.params, one.path_id()
    if params.flag("pinned"):
        page = await timelines.pinned(one.db, one.viewer, number)
    else:
        wanted = OfAccount(
            actor_id=number,
            only_media=bool(params.flag("only_media")),
            without_replies=bool(params.flag("exclude_replies")),
            without_boosts=bool(params.flag("exclude_reblogs")),
            tags=[name.removeprefix("#").lower() for name in params.texts("tagged")[:10] if name],
        )
        page = await timelines.of_account(one.db, one.viewer, wanted, part_of(asked))
    if not page.statuses:
        await _known(one, number)
        return Answer([])
    answer = await answered(one, page, asked)
    return Answer(answer.body) if params.flag("pinned") else answer


@call("read:accounts", who=Who.ANYONE)
async def followers(one: Call) -> Answer:
    """Who follows somebody, where they show it. Who is in a group is known to the group only."""
    row, asked = await _known(one, one.path_id()), window(one, 40, 80)
    if not _shows_network(one, row):
        return Answer([])
    return await people(one, await responses.followers(one.db, row.id, part_of(asked)), asked)


@call("read:accounts", who=Who.ANYONE)
async def following(one: Call) -> Answer:
    """Whom somebody follows, where they show it; their groups only to themselves."""
    row, asked = await _known(one, one.path_id()), window(one, 40, 80)
    if not _shows_network(one, row):
        return Answer([])
    is_self = row.id == one.viewer.actor_id
    found = await responses.followed(one.db, row.id, part_of(asked), with_groups=is_self)
    return await people(one, found, asked)


def member_of(one: Call) -> Account:
    """Whoever has signed in with the app. Raises `Missing` without."""
    if one.grant is None or one.grant.account is None:
        raise Missing
    return one.grant.account


def _shows_network(one: Call, row: AccountRow) -> bool:
    if row.id == one.viewer.actor_id:
        return True
    return not row.is_group and not row.hides_network and row.state == "active"


async def _known(one: Call, number: int) -> AccountRow:
    row = (await client_accounts.by_ids(one.db, [number])).get(number)
    if row is None or not accounts.may_know(one.viewer, row):
        raise Missing
    return row


ROUTES: list[Route] = [
    Route("/api/v1/accounts/verify_credentials", verify_credentials),
    Route("/api/v1/preferences", preferences),
    Route("/api/v1/accounts", several),
    Route("/api/v1/accounts/lookup", lookup),
    Route("/api/v1/accounts/relationships", related),
    Route("/api/v1/accounts/{id}", show),
    Route("/api/v1/accounts/{id}/statuses", statuses_of),
    Route("/api/v1/accounts/{id}/followers", followers),
    Route("/api/v1/accounts/{id}/following", following),
]
