"""How we deal with each of the other servers, and whether they answer."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Missing, Refused
from fediverse_support.database import domains, hosts
from fediverse_support.moderation import deeds, domain_levels
from fediverse_support.web.forms import Form
from fediverse_support.web.security import Access, Visit, deed, page

AT_ONCE = 100


@page(Access.STAFF)
async def show_domains(visit: Visit) -> Response:
    """The domain ladder with a form to change it."""
    return await _domains_page(visit, Form({"domain": visit.request.query_params.get("domain", "")[:253]}))


async def _domains_page(visit: Visit, form: Form, status: int = 200, message: str = "") -> Response:
    return visit.render(
        "desk/domains.html",
        status,
        domains=await domains.listed(visit.db),
        levels=domain_levels.LEVELS,
        form=form,
        message=visit.text(message),
    )


@deed(Access.STAFF)
async def set_domain(visit: Visit, form: Form) -> Response:
    """Set or remove the level of a domain."""
    try:
        async with visit.db.transaction():
            await _set_domain(visit, form)
    except (Refused, Conflict) as refusal:
        return await _domains_page(visit, form, refusal.status, refusal.message)
    return RedirectResponse("/desk/domains", 303)


async def _set_domain(visit: Visit, form: Form) -> None:
    setting = domain_levels.Setting(
        domain=form.line("domain"),
        level=None if form.ticked("remove") else form.line("level"),
        public_reason=form.line("public_reason"),
        private_note=form.text("private_note"),
    )
    await domain_levels.put(visit.db, visit.services.site, setting, visit.account, clock.now())


@page(Access.STAFF)
async def show_hosts(visit: Visit) -> Response:
    """Which servers we send to, what waits for them, and which do not answer."""
    return visit.render("desk/hosts.html", hosts=await hosts.queues(visit.db, AT_ONCE))


@deed(Access.STAFF)
async def retry_host(visit: Visit, form: Form) -> Response:
    """Call a server now, whatever its circuit says."""
    name, now = form.line("host"), clock.now()
    async with visit.db.transaction():
        if await hosts.retry(visit.db, name, now) is None:
            raise Missing
        await deeds.record(visit.db, visit.account, "retry host", name, "", now)
    return RedirectResponse("/desk/hosts", 303)
