"""What everybody may read about the policy of this community, as a page and for programs."""

import re

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.accounts import members
from fediverse_support.community.house import transparency
from fediverse_support.core import clock
from fediverse_support.core.errors import Missing
from fediverse_support.core.models import Level
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, page

LEVELS: dict[Level, tuple[str, str]] = {
    "blocked": (
        N_("No exchange at all"),
        N_("Nothing from these servers is taken, and nothing of ours is sent to them."),
    ),
    "held": (
        N_("Looked at first"),
        N_("What comes from these servers is seen by a moderator before anybody else sees it."),
    ),
    "limited": (
        N_("Kept quiet"),
        N_("These servers can take part, but what they send is not put on show."),
    ),
    "default": (
        N_("With an exception"),
        N_("These servers take part like all others, but for what is said here."),
    ),
    "allowed": (N_("Welcome by name"), N_("These servers are known to us.")),
    "trusted": (N_("Trusted"), N_("People of these servers are not treated as strangers.")),
}

OUTCOMES = (
    ("hold", N_("What a moderator looks at first")),
    ("refuse", N_("What we do not take")),
    ("accept", N_("What we let in, and how")),
)

LIMIT = "120 per minute"
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


@page(Access.ANYONE, limit=LIMIT)
async def show(visit: Visit) -> Response:
    """Who we listen to, what waits and what is not taken: made of the policy that is in force."""
    told = await transparency.statement(visit.db, visit.services.site.domain, clock.now(), visit.text)
    outcomes = [(outcome, visit.text(heading)) for outcome, heading in OUTCOMES]
    levels = {
        level: (visit.text(heading), visit.text(meaning)) for level, (heading, meaning) in LEVELS.items()
    }
    return visit.render(
        "policy.html",
        told=told,
        outcomes=[(heading, told.of_community(outcome)) for outcome, heading in outcomes],
        groups=told.of_groups(),
        levels=levels,
        staff=await members.staff(visit.db),
    )


@page(Access.ANYONE, limit=LIMIT)
async def machine_form(visit: Visit) -> Response:
    """The same as JSON, `?page=` by page. Raises `Missing` for a page that there is not."""
    asked = visit.request.query_params.get("page", "1")
    if not _NUMBER.fullmatch(asked):
        raise Missing
    site = visit.services.site
    body = await transparency.machine_form(visit.db, site.domain, site.origin, clock.now(), int(asked))
    if int(asked) > body["pages"]:
        raise Missing
    return _json(visit, body)


def _json(visit: Visit, body: dict[str, object]) -> Response:
    tag = f'"{body["digest"]}"'
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*", "ETag": tag}
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


ROUTES = [Route("/about/policy", show), Route("/about/policy.json", machine_form)]
