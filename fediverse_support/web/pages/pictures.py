"""The pictures of one's own post: adding one, saying what each shows, taking one away.

Each is an edit of the post: policy is asked, what was there before stays as history, and other servers are
told.
"""

from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.community.pictures import media
from fediverse_support.community.posts import judging, posts
from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Forbidden, Malformed, Missing, TooLarge, Trouble
from fediverse_support.core.models import Post
from fediverse_support.database import actors
from fediverse_support.database import media as stored
from fediverse_support.database.media import Media
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.web.forms import LARGEST_PICTURE, Form, number_in
from fediverse_support.web.pages import holding
from fediverse_support.web.pages.threads import post_at
from fediverse_support.web.rendering import N_
from fediverse_support.web.security import Access, Visit, deed, page

NOTHING_CHOSEN = N_("Please choose a picture first.")


@page(Access.MEMBER)
async def show(visit: Visit) -> Response:
    """The pictures that a post has, and the form for one more."""
    return await _page(visit, visit.db, await _own(visit, visit.db))


async def _own(visit: Visit, db: Connection) -> Post:
    """The visitor's own post that the path names. To everybody else, and if it is deleted, there is none."""
    post = await post_at(db, visit.viewer, visit.request.path_params["id"])
    if post.author_id != visit.account.actor_id or post.state == "deleted":
        raise Missing
    return post


async def _page(
    visit: Visit, db: Connection, post: Post, trouble: Trouble | None = None, alt: str = ""
) -> Response:
    kept = [item for item in post.attachments if item.get("public_id")]
    return visit.render(
        "pictures.html",
        trouble.status if trouble else 200,
        post=post,
        kept=kept,
        may_add=len(kept) < media.MOST_IN_A_POST,
        most=media.MOST_IN_A_POST,
        longest=media.LONGEST_ALT,
        alt=alt,
        message=holding.told(visit, trouble),
    )


@deed(Access.MEMBER, connection="session", uploads=LARGEST_PICTURE, limit="30 per 30 minutes")
async def add(visit: Visit, form: Form) -> Response:
    """Add one picture."""
    services = visit.services
    body, alt = form.files.get("picture", b""), form.text("alt")
    async with acquire(services.pool) as db:
        post = await _own(visit, db)
        if not body:
            return await _page(visit, db, post, Malformed(NOTHING_CHOSEN), alt)
    try:
        made = await _made(visit, body, alt)
        async with acquire(services.pool) as db, judging.on_record(db):
            await _edit(visit, db, post, [*_numbers(post), made.id])
    except (Malformed, TooLarge, Forbidden, Conflict) as refusal:
        async with acquire(services.pool) as db:
            return await _page(visit, db, post, refusal, alt)
    return RedirectResponse(f"/posts/{post.public_id}/pictures", 303)


async def _made(visit: Visit, body: bytes, alt: str) -> Media:
    """The picture that was sent, made anew. Raises `Malformed` and `TooLarge`."""
    services, me, now = visit.services, visit.account.actor_id, clock.now()
    words = media.described(alt, None)
    async with acquire(services.pool) as db, db.transaction():
        taken = await media.take(db, services.pictures, me, body, words, now)
    made = await media.develop(services.pool, services.pictures, taken, now)
    if made is None:
        raise Missing
    if made.state == "failed":
        async with acquire(services.pool) as db:
            await stored.delete_loose(db, me, made.id)
        raise Malformed(made.trouble)
    return made


@deed(Access.MEMBER, limit="60 per 30 minutes")
async def change(visit: Visit, form: Form) -> Response:
    """Say what the pictures show, and take away those that are ticked."""
    post, me = await _own(visit, visit.db), visit.account.actor_id
    try:
        async with judging.on_record(visit.db):
            for number in _numbers(post):
                words = media.described(form.text(f"alt_{number}"), None)
                one = await stored.own(visit.db, me, number)
                if one is not None:
                    kept = media.Description(words.alt, (one.focus_x, one.focus_y))
                    await media.describe(visit.db, me, number, kept)
            stay = [number for number in _numbers(post) if not form.ticked(f"remove_{number}")]
            await _edit(visit, visit.db, post, stay)
    except (Malformed, Forbidden, Conflict) as refusal:
        return await _page(visit, visit.db, post, refusal)
    return RedirectResponse(f"/posts/{post.public_id}", 303)


def _numbers(post: Post) -> list[int]:
    found = (number_in(str(item.get("media_id", ""))) for item in post.attachments)
    return [number for number in found if number is not None]


async def _edit(visit: Visit, db: Connection, post: Post, numbers: Sequence[int]) -> None:
    """Let the post have these pictures, and else be as it is. Raises as `media.attach` and `posts.edit`."""
    services, now = visit.services, clock.now()
    author = await actors.by_id(db, post.author_id)
    if author is None:
        raise Missing
    words = posts.Words(
        source=post.source or "",
        title=post.title,
        content_warning=post.content_warning,
        language=post.language,
        tags=post.tags,
        sensitive=post.sensitive,
        attachments=await media.attach(db, services.site, author.id, numbers, post.id),
    )
    await posts.edit(db, services.site, author, post.id, words, now, policy=services.policy())


ROUTES = [
    Route("/posts/{id}/pictures", show),
    Route("/posts/{id}/pictures", change, methods=["POST"]),
    Route("/posts/{id}/pictures/add", add, methods=["POST"]),
]
