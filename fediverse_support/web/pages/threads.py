"""A thread: what was said, in order, and the box to answer in."""

from starlette.responses import RedirectResponse, Response

from fediverse_support.community.arriving import gathering
from fediverse_support.community.joining import speaking
from fediverse_support.community.people import commands_in_posts
from fediverse_support.community.posts import judging, posts
from fediverse_support.community.reading import threads
from fediverse_support.community.reading.threads import Thread
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing
from fediverse_support.core.models import Actor, Group, Post, Reach, Standing, Viewer
from fediverse_support.database import deeds, drafts, read_marks
from fediverse_support.database.pool import Connection
from fediverse_support.database.threads import Shown
from fediverse_support.moderation import rights
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import agreeing, asides, holding, reaching
from fediverse_support.web.pages.groups import own_actor
from fediverse_support.web.pages.places import is_cut_off
from fediverse_support.web.pages.tagging import chosen_in, offered_in
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

AUDIENCES: dict[Reach, str] = {
    "open": N_("Everyone can read this, here and on other servers."),
    "quiet": N_("Everyone can read this, but it is not put on show."),
    "members": N_("Only the members of this group can read this, here and where they have their accounts."),
    "sealed": N_("Only the members of this group will read this. It stays on this server."),
    "followers": N_("Only those who follow the author, and who is mentioned, can read this."),
    "direct": N_("Only who is mentioned can read this."),
}


async def post_at(db: Connection, viewer: Viewer, name: str) -> Post:
    """The post that a path names by its random id, if `viewer` may see it. Raises `Missing` or `Gone`."""
    if len(name) == 32 and name.isascii() and name.isalnum():
        return await threads.visible_post(db, viewer, name)
    raise Missing


@page(Access.ANYONE)
async def show(visit: Visit) -> Response:
    """The thread that a post is in; a post further down is shown in its place."""
    post = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    thread = await threads.whole(visit.db, visit.viewer, post)
    if not post.is_root and thread.root.id != post.id:
        return RedirectResponse(f"/posts/{thread.root.public_id}#{post.public_id}", 303)
    place = f"/posts/{thread.root.public_id}"
    draft = None
    if visit.viewer.account:
        root_id, read_at = thread.root.id, thread.root.active_at
        draft = await read_marks.reading(visit.db, visit.account.id, root_id, read_at, place)
    root = next(shown for shown in thread.posts if shown.post.id == thread.root.id)
    beside = await asides.of(visit, thread.posts)
    closed = below_locks(thread)
    answered = _answered(visit, thread, root)
    silenced = await _why_silent(visit, thread) if root.post.locked_at is None else ""
    return visit.render(
        "thread.html",
        root=root,
        group=thread.group,
        answers=[shown for shown in thread.posts if shown.post.id != thread.root.id],
        authors={shown.post.id: shown.author.display_name or shown.author.name for shown in thread.posts},
        answered=answered,
        audience=visit.text(AUDIENCES[root.post.reach]) if root.post.reach in ("followers", "direct") else "",
        just_listening=commands_in_posts.JUST_LISTENING in root.post.tags,
        choices=await reaching.choices_of_answer(visit, thread, answered.post),
        narrowed=reaching.was_narrowed(visit, thread),
        may_answer=may_answer(visit.viewer, thread.group, root.post) and not silenced,
        silenced=visit.text(silenced),
        closed=closed,
        cares=rights.looks_after(visit.viewer, thread.group),
        why_hidden=await deeds.why_hidden(visit.db, _hidden(thread)) if _hidden(thread) else {},
        draft=draft,
        gathering=await gathering.on_opening(visit.db, visit.viewer, thread, clock.now()),
        offered=await offered_in(visit, thread.ours),
        ours=thread.ours,
        asked=await agreeing.asked_of(visit, thread.ours),
        polls=beside.polls,
        events=beside.events,
        waiting=await holding.in_thread(visit, [shown.post for shown in thread.posts]),
    )


def _answered(visit: Visit, thread: Thread, root: Shown) -> Shown:
    """Which post the answer box is for: the one in `?to=`, else the first."""
    wanted = visit.request.query_params.get("to", "")
    closed = set() if _moderates(visit.viewer, thread.group) else below_locks(thread)
    live = [item for item in thread.posts if item.post.state == "live" and item.post.id not in closed]
    return next((shown for shown in live if shown.post.public_id == wanted), root)


def may_answer(viewer: Viewer, group: Actor | None, root: Post) -> bool:
    """Whether an answer box makes sense. The group's own rules are asked when the answer is sent."""
    if viewer.account is None or group is None or root.state != "live":
        return False
    return root.locked_at is None or _moderates(viewer, group)


async def _why_silent(visit: Visit, thread: Thread) -> str:
    if visit.viewer.account and thread.group is not None and await is_cut_off(visit, thread.group):
        return speaking.CUT_OFF
    return why_silent(visit.viewer, thread.ours)


def why_silent(viewer: Viewer, group: Group | None) -> str:
    """Why who is signed in does not answer in this group of ours; nothing if they may.

    A ban is not looked up here: who was asked to stay away is told when they send.
    """
    if viewer.account is None or group is None:
        return ""
    number = group.actor.id
    try:
        speaking.check_at_home(
            group, Standing(is_member=number in viewer.member_of, is_moderator=number in viewer.moderates)
        )
    except Forbidden as refusal:
        return refusal.message
    return ""


def _moderates(viewer: Viewer, group: Actor | None) -> bool:
    return group is not None and group.id in viewer.moderates


def below_locks(thread: Thread) -> set[int]:
    """The posts of a thread that nobody but moderators answers: what is locked, and all below it.

    Every post is looked at once, from the top; where `inReplyTo` goes round there is no top, and no harm.
    """
    below: dict[int | None, list[Post]] = {}
    for shown in thread.posts:
        below.setdefault(shown.post.parent_id, []).append(shown.post)
    waiting = [shown.post for shown in thread.posts if shown.post.locked_at is not None]
    closed: set[int] = set()
    while waiting:
        post = waiting.pop()
        if post.id not in closed:
            closed.add(post.id)
            waiting.extend(below.get(post.id, []))
    return closed


def _hidden(thread: Thread) -> list[str]:
    return [shown.post.uri for shown in thread.posts if shown.post.state == "hidden"]


def words_of(form: Form) -> posts.Words:
    """What somebody has written in one of our forms."""
    return posts.Words(
        source=form.text("source"),
        title=form.line("title"),
        content_warning=form.line("content_warning"),
        tags=chosen_in(form),
        reach=reaching.reach_in(form),
    )


@deed(Access.MEMBER, limit="60 per 10 minutes")
async def reply(visit: Visit, form: Form) -> Response:
    """Answer a post."""
    parent = await post_at(visit.db, visit.viewer, visit.request.path_params["id"])
    author = await own_actor(visit)
    now = clock.now()
    try:
        async with judging.on_record(visit.db):
            await agreeing.take(visit, parent.group_id, form, now)
            written = await posts.reply(
                visit.db,
                visit.services.site,
                author,
                visit.viewer,
                parent.id,
                words_of(form),
                now,
                policy=visit.services.policy(),
            )
            await drafts.remove(visit.db, visit.account.id, form.path("place"))
            await read_marks.set_to(visit.db, visit.account.id, written.root_id, now)
    except (Malformed, Forbidden, Conflict) as refusal:
        # Nothing that was typed is lost: it is a draft where it was typed.
        await drafts.save(visit.db, visit.account.id, form.path("place"), "", form.text("source"), now)
        if isinstance(refusal, judging.NotTaken):
            raise Forbidden(holding.told(visit, refusal)) from refusal
        raise
    place = form.path("place").partition("?")[0]
    return RedirectResponse(f"{place}{reaching.mark(form, written)}#{written.public_id}", 303)
