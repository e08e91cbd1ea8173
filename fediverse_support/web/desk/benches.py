"""One workbench for two: for the staff over what holds everywhere, for who looks after a group over theirs.

A handler of the workbench is written once, for a `Bench`. `both` declares it under `/desk/policy` and under
`/groups/{name}/policy`; who may not is told that there is nothing (L3).
"""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from fediverse_support.core.models import Group
from fediverse_support.policy.document import INSTANCE
from fediverse_support.web.forms import Form
from fediverse_support.web.pages.places import cared_for
from fediverse_support.web.rendering import address_of
from fediverse_support.web.security import Access, Handler, Visit, deed, page

PLACES = (("/desk", Access.STAFF), ("/groups/{name}", Access.MEMBER))
LIMIT = "600 per 10 minutes"


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Whose policy is worked on. `base` is where its pages begin; `frame` is the template around them."""

    scope: str
    base: str
    frame: str
    group: Group | None = None

    @property
    def name(self) -> str:
        """The name of the group, empty at the desk."""
        return self.group.actor.name if self.group else ""

    @property
    def policy(self) -> str:
        """The address of the rules."""
        return f"{self.base}/policy"

    def called(self, rule: str) -> str:
        """How a rule of a decision is called here: without this scope, which would stand before each."""
        return rule.removeprefix(f"{self.scope}: ")


BenchPage = Callable[[Visit, Bench], Awaitable[Response]]
BenchDeed = Callable[[Visit, Bench, Form], Awaitable[Response]]

DESK = Bench(scope=INSTANCE, base="/desk", frame="desk/policy/desk.html")


async def bench_of(visit: Visit) -> Bench:
    """The workbench that the path names; raises `Missing` for a group that one does not look after."""
    if "name" not in visit.request.path_params:
        return DESK
    group = await cared_for(visit)
    return Bench(
        scope=f"group:{group.actor.name}",
        base=address_of(group.actor),
        frame="desk/policy/group.html",
        group=group,
    )


def both(
    path: str,
    show: BenchPage | None = None,
    change: BenchDeed | None = None,
    keeps: Callable[[Form], Form] | None = None,
) -> list[Route]:
    """The routes of one page and of the deed at the same address, at the desk and in each group."""
    found = []
    for place, access in PLACES:
        if show is not None:
            found.append(Route(f"{place}{path}", _page(access, show)))
        if change is not None:
            found.append(Route(f"{place}{path}", _deed(access, change, keeps), methods=["POST"]))
    return found


def at_desk(path: str, change: BenchDeed) -> list[Route]:
    """The route of a deed that only the staff can do, for the whole community."""
    return both(path, change=change)[:1]


def _page(access: Access, show: BenchPage) -> Handler:
    async def at_bench(visit: Visit) -> Response:
        return await show(visit, await bench_of(visit))

    return page(access)(at_bench)


def _deed(access: Access, change: BenchDeed, keeps: Callable[[Form], Form] | None) -> Handler:
    async def at_bench(visit: Visit, form: Form) -> Response:
        return await change(visit, await bench_of(visit), form)

    at_bench.__name__ = change.__name__  # limits are counted for each deed by its name
    if keeps is None:
        return deed(access, limit=LIMIT)(at_bench)
    return deed(access, limit=LIMIT, keeps=keeps)(at_bench)
