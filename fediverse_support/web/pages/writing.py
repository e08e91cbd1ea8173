"""Starting a thread, changing and deleting what is yours, and drafts."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.posts import judging, posts
from fediverse_support.community.reading import threads
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, Trouble
from fediverse_support.core.models import Actor, Group, Post
from fediverse_support.database import actors, drafts, groups
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import agreeing, holding, reaching
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import is_cut_off, known_group, may_enter
from fediverse_support.web.pages.tagging import chosen_in, offered_in
from fediverse_support.web.pages.threads import AUDIENCES, post_at, words_of
from fediverse_support.web.rendering import N_, address_of
from fediverse_support.web.security import Access, Visit, deed, page

ELSEWHERE = N_("Everyone can read this. It goes to the server of the group, which passes it on.")


@page(Access.MEMBER)
async def show_write(visit: Visit) -> Response:
    """The form for a new thread, with the draft that was left here."""
    actor, group = await known_group(visit)
    if not may_enter(visit, group):
        return RedirectResponse(f"{address_of(actor)}/join", 303)
    draft = await drafts.at(visit.db, visit.account.id, visit.request.url.path)
    fields = {"title": draft.title, "source": draft.source} if draft else {}
    return await _write_page(visit, actor, group, Form(fields), is_draft=draft is not None)


async def _write_page(
    visit: Visit,
    actor: Actor,
    group: Group | None,
    form: Form,
    trouble: Trouble | None = None,
    is_draft: bool = False,
) -> Response:
    return visit.render(
        "write.html",
        trouble.status if trouble else 200,
        actor=actor,
        group=group,
        is_cut_off=await is_cut_off(visit, actor),
        post=None,
        title=form.line("title"),
        source=form.text("source"),
        content_warning=form.line("content_warning"),
        audience="",
        choices=await reaching.choices(visit, actor, group, form=form),
        asked=await agreeing.asked_of(visit, group),
        offered=await offered_in(visit, group),
        chosen=chosen_in(form),
        message=holding.told(visit, trouble),
        is_draft=is_draft,
    )


@deed(Access.MEMBER, limit="20 per 10 minutes")
async def write(visit: Visit, form: Form) -> Response:
    """Start a thread."""
    actor, group = await known_group(visit)
    author = await own_actor(visit)
    try:
        async with judging.on_record(visit.db):
            await agreeing.take(visit, actor.id, form, clock.now())
            post = await posts.write(
                visit.db,
                visit.services.site,
                author,
                actor,
                words_of(form),
                clock.now(),
                policy=visit.services.policy(),
            )
            await drafts.remove(visit.db, visit.account.id, visit.request.url.path)
    except (Malformed, Forbidden, Conflict) as refusal:
        return await _write_page(visit, actor, group, form, refusal)
    return RedirectResponse(f"/posts/{post.public_id}{reaching.mark(form, post)}", 303)


async def _own(visit: Visit) -> Post:
    """The visitor's own post that the path names. To everybody else, and if it is deleted, there is none."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    if post.author_id != visit.account.actor_id:
        raise Missing
    return post


@page(Access.MEMBER)
async def show_edit(visit: Visit) -> Response:
    """The form to change what is yours."""
    post = await _own(visit)
    fields = {"title": post.title, "source": post.source or "", "content_warning": post.content_warning}
    fields |= {f"tag_{name}": "1" for name in post.tags}
    draft = await drafts.at(visit.db, visit.account.id, visit.request.url.path)
    kept = {"title": draft.title, "source": draft.source} if draft else {}
    waiting = await holding.changed_words(visit, post)
    return await _edit_page(visit, post, Form(waiting or fields | kept), is_draft=bool(kept and not waiting))


async def _edit_page(
    visit: Visit, post: Post, form: Form, trouble: Trouble | None = None, *, is_draft: bool = False
) -> Response:
    found = await groups.with_rules(visit.db, post.group_id) if post.group_id else None
    if found is None:
        raise Missing
    actor, group = found
    return visit.render(
        "write.html",
        trouble.status if trouble else 200,
        actor=actor,
        group=None,
        post=post,
        title=form.line("title"),
        source=form.text("source"),
        content_warning=form.line("content_warning"),
        audience=visit.text(AUDIENCES[post.reach]),
        choices=None,
        asked=None,
        offered=await offered_in(visit, group) if post.is_root else {},
        chosen=chosen_in(form),
        message=holding.told(visit, trouble),
        is_draft=is_draft,
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def edit(visit: Visit, form: Form) -> Response:
    """Change what is yours."""
    post = await _own(visit)
    author = await own_actor(visit)
    try:
        async with judging.on_record(visit.db):
            await drafts.remove(visit.db, visit.account.id, visit.request.url.path)
            await posts.edit(
                visit.db,
                visit.services.site,
                author,
                post.id,
                words_of(form),
                clock.now(),
                policy=visit.services.policy(),
            )
    except (Malformed, Conflict, judging.NotTaken) as refusal:
        return await _edit_page(visit, post, form, refusal)
    return RedirectResponse(f"/posts/{post.public_id}", 303)


@page(Access.MEMBER)
async def show_delete(visit: Visit) -> Response:
    """Ask before deleting, because it cannot be undone."""
    return visit.render("delete.html", post=await _own(visit))


@deed(Access.MEMBER)
async def delete(visit: Visit, form: Form) -> Response:
    """Delete what is yours, for good."""
    post = await _own(visit)
    author = await own_actor(visit)
    place = await _place_of(visit, post)
    async with visit.db.transaction():
        await posts.delete(visit.db, visit.services.site, author, post.id, clock.now())
    return RedirectResponse(place, 303)


async def _place_of(visit: Visit, post: Post) -> str:
    """Where somebody goes who has deleted `post`: to the thread, or, if it was the thread, to the group."""
    if not post.is_root:
        thread = await threads.whole(visit.db, visit.viewer, post)
        return f"/posts/{thread.root.public_id}"
    group = await actors.by_id(visit.db, post.group_id) if post.group_id else None
    return address_of(group) if group else "/"


@deed(Access.MEMBER, limit="200 per 10 minutes")
async def keep_draft(visit: Visit, form: Form) -> Response:
    """Keep what is being written. An emptied box throws the draft away. For scripts and for the button."""
    place, source = form.path("place"), form.text("source")
    if source.strip():
        await drafts.save(visit.db, visit.account.id, place, form.line("title"), source, clock.now())
    else:
        await drafts.remove(visit.db, visit.account.id, place)
    if visit.request.headers.get("accept") == "text/plain":
        return Response(status_code=204)
    return RedirectResponse(place, 303)
