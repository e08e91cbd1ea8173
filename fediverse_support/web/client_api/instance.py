"""What this community is: `/api/v1/instance`, `/api/v2/instance` and what belongs to them."""

from datetime import date
from typing import Any

from starlette.routing import Route

from fediverse_support.accounts import members, vapid
from fediverse_support.community.house import description, directories, house_rules, house_texts, transparency
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import GUEST
from fediverse_support.database import house_rules as stored_rules
from fediverse_support.database.house_texts import Kind
from fediverse_support.web.client_api.calls import Call, Who, call
from fediverse_support.web.client_api.entities import accounts, house
from fediverse_support.web.client_api.entities.moments import moment

MOST_RULES_OF_GROUPS = 100
"""Nobody reads more, and all apps show them in one list."""
LANGUAGE_NAMES = (("de", "Deutsch"), ("en", "English"))


@call(who=Who.ANYONE)
async def version_1(one: Call) -> Any:
    """What this community is, in the older form."""
    return house.instance_v1(one.site, one.services.settings, await _facts(one))


@call(who=Who.ANYONE)
async def version_2(one: Call) -> Any:
    """What this community is, what it takes and what it asks."""
    return house.instance_v2(one.site, one.services.settings, await _facts(one))


async def _facts(one: Call) -> house.Facts:
    staff = await members.staff(one.db)
    named = await accounts.shown(one.services, one.db, GUEST, [actor.id for actor in staff[:1]])
    return house.Facts(
        house=await description.of(one.db),
        rules=await _rules(one),
        contact=named[0] if named else None,
        push_key=await vapid.public_key(one.db, one.services.seal, one.now),
        has_privacy=await house_texts.current(one.db, "privacy", one.now) is not None,
        has_terms=await house_texts.current(one.db, "terms", one.now) is not None,
        is_closed=one.services.policy().ladder.mode != "open",
    )


async def _rules(one: Call) -> list[dict[str, Any]]:
    """The community's rules, and those of the viewer's groups; for guests those of groups that they find."""
    told = [house.rule(rule) for rule in await house_rules.in_force(one.db)]
    if one.viewer.actor_id is None:
        listed = await directories.listed(one.db, GUEST, one.site.domain, one.now)
        groups = [group.actor.id for group in listed]
    else:
        groups = [*one.viewer.member_of, *one.viewer.moderates]
    of_groups = await stored_rules.of_groups(one.db, groups)
    return told + [house.group_rule(rule) for rule in of_groups[:MOST_RULES_OF_GROUPS]]


@call(who=Who.ANYONE)
async def rules(one: Call) -> Any:
    """The rules that a report may name."""
    return await _rules(one)


@call(who=Who.ANYONE)
async def extended_description(one: Call) -> Any:
    """Who this community is for, as its page says."""
    found = await description.of(one.db)
    return {"updated_at": moment(found.described_at), "content": found.about_html.strip()}


@call(who=Who.ANYONE)
async def privacy_policy(one: Call) -> Any:
    """How data is treated. 404 where nothing is written."""
    return house.text(await _text(one, "privacy"))


@call(who=Who.ANYONE)
async def terms_of_service(one: Call) -> Any:
    """The terms that hold now. 404 where there are none."""
    found = await _text(one, "terms")
    return await _terms_of(one, found.effective_on)


@call(who=Who.ANYONE)
async def terms_of_day(one: Call) -> Any:
    """The terms that began to hold on a day. 404 for any other."""
    try:
        day = date.fromisoformat(one.path_text("date"))
    except ValueError:
        raise Missing from None
    return await _terms_of(one, day)


async def _terms_of(one: Call, day: date) -> dict[str, Any]:
    found, later = await house_texts.on_day(one.db, "terms", day)
    return house.terms(found, later.isoformat() if later else None, one.now)


async def _text(one: Call, kind: Kind) -> Any:
    found = await house_texts.current(one.db, kind, one.now)
    if found is None:
        raise Missing
    return found


@call(who=Who.ANYONE)
async def domain_blocks(one: Call) -> Any:
    """The servers that are not treated like others, as far as the community tells; never a hidden one."""
    return [
        {
            "domain": domain.name,
            "digest": domain.digest,
            "severity": transparency.SEVERITIES[domain.level],
            "comment": domain.reason,
        }
        for domain in await transparency.turned_away(one.db)
    ]


@call(who=Who.ANYONE, connection="never")
async def peers(one: Call) -> Any:
    """With whom this server exchanges anything is nobody's business: that would tell whom members follow."""
    return []


@call(who=Who.ANYONE, connection="never")
async def activity(one: Call) -> Any:
    """No numbers are told of a support community."""
    return []


@call(who=Who.ANYONE, connection="never")
async def languages(one: Call) -> Any:
    """The languages of the program itself."""
    return [{"code": code, "name": name} for code, name in LANGUAGE_NAMES]


@call(who=Who.ANYONE, connection="never")
async def translation_languages(one: Call) -> Any:
    """Nothing is translated here: it would be sent to somebody else."""
    return {}


@call(who=Who.ANYONE, connection="never")
async def custom_emojis(one: Call) -> Any:
    """There are none."""
    return []


ROUTES = [
    Route("/api/v1/instance", version_1),
    Route("/api/v2/instance", version_2),
    Route("/api/v1/instance/rules", rules),
    Route("/api/v1/instance/extended_description", extended_description),
    Route("/api/v1/instance/privacy_policy", privacy_policy),
    Route("/api/v1/instance/terms_of_service", terms_of_service),
    Route("/api/v1/instance/terms_of_service/{date}", terms_of_day),
    Route("/api/v1/instance/domain_blocks", domain_blocks),
    Route("/api/v1/instance/peers", peers),
    Route("/api/v1/instance/activity", activity),
    Route("/api/v1/instance/languages", languages),
    Route("/api/v1/instance/translation_languages", translation_languages),
    Route("/api/v1/custom_emojis", custom_emojis),
]
