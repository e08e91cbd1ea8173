"""Beginning a thread that is more than words: what the forms of polls and events have in common.

They ask what every form for a new thread asks: who may read it, which tags, whether one agrees to the rules.
"""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.posts import judging, posts
from fediverse_support.community.posts.kinds import Addition
from fediverse_support.core import clock
from fediverse_support.core.errors import Trouble
from fediverse_support.core.models import Actor, Group
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import agreeing, holding, reaching
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.tagging import chosen_in, offered_in
from fediverse_support.web.pages.threads import words_of
from fediverse_support.web.security import Visit


async def form_page(
    visit: Visit,
    template: str,
    actor: Actor,
    group: Group | None,
    form: Form,
    trouble: Trouble | None,
    **more: object,
) -> Response:
    """The form as it was filled in, with what was wrong with it."""
    shown: dict[str, object] = {
        "actor": actor,
        "group": group,
        "form": form,
        "choices": await reaching.choices(visit, actor, group, form=form),
        "asked": await agreeing.asked_of(visit, group),
        "offered": await offered_in(visit, group),
        "chosen": chosen_in(form),
        "message": holding.told(visit, trouble),
    }
    return visit.render(template, trouble.status if trouble else 200, **shown, **more)


async def begin(visit: Visit, actor: Actor, form: Form, addition: Addition) -> Response:
    """Write the thread and go there. Raises `Malformed`, `Forbidden` or `Conflict`: nothing was written."""
    author, now = await own_actor(visit), clock.now()
    async with judging.on_record(visit.db):
        await agreeing.take(visit, actor.id, form, now)
        post = await posts.write(
            visit.db,
            visit.services.site,
            author,
            actor,
            words_of(form),
            now,
            addition=addition,
            policy=visit.services.policy(),
        )
    return RedirectResponse(f"/posts/{post.public_id}{reaching.mark(form, post)}", 303)
