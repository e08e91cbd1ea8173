"""What a post said before, and what its author typed."""

from typing import Any

from starlette.routing import Route

from fediverse_support.community import visibility
from fediverse_support.community.posts import reacting
from fediverse_support.core.models import Post
from fediverse_support.database import polls, post_versions
from fediverse_support.database.post_versions import Version
from fediverse_support.web.client_api.calls import Call, Who, call
from fediverse_support.web.client_api.entities import accounts, media
from fediverse_support.web.client_api.entities.content import words
from fediverse_support.web.client_api.entities.moments import moment
from fediverse_support.web.client_api.statuses_writing import own

MOST = 200


@call("read:statuses", who=Who.ANYONE)
async def history(one: Call) -> Any:
    """Every version, the oldest first, and last what it says now."""
    post = await reacting.post_for(one.db, one.viewer, one.path_id())
    author = await accounts.one(one.services, one.db, one.viewer, post.author_id)
    poll = await polls.of_post(one.db, post.id) if post.type == "Question" else None
    before = await post_versions.of_post(one.db, post.id, MOST)
    now = _current(post, tuple(answer.name for answer in poll.answers) if poll is not None else ())
    return [_edit(one, post, version, author) for version in [*before, now]]


def _current(post: Post, answers: tuple[str, ...]) -> Version:
    return Version(
        edited_at=post.edited_at or post.published_at,
        title=post.title,
        content_html=post.content_html,
        content_warning=post.content_warning,
        sensitive=post.sensitive,
        attachments=post.attachments,
        answers=answers,
    )


def _edit(one: Call, post: Post, version: Version, author: dict[str, Any]) -> dict[str, Any]:
    entity = {
        "content": words(version.content_html, version.title if post.is_root else "", ()).html,
        "spoiler_text": version.content_warning,
        "sensitive": version.sensitive or bool(version.content_warning),
        "created_at": moment(version.edited_at),
        "account": author,
        "media_attachments": _pictures(one, post, version),
        "emojis": [],
    }
    if version.answers:
        entity["poll"] = {"options": [{"title": name} for name in version.answers]}
    return entity


def _pictures(one: Call, post: Post, version: Version) -> list[dict[str, Any]]:
    """Those of a version that are still there: what an edit has taken away is gone, also from here."""
    still = {item["url"] for item in post.attachments}
    page, is_public = post.url or post.uri, visibility.is_public(post)
    return [
        media.of(one.services, item, is_public=is_public, page=page)
        for item in version.attachments
        if item.get("type") != "Link" and item["url"] in still
    ]


@call("read:statuses")
async def source(one: Call) -> Any:
    """What its author typed; for the author only."""
    post = await own(one, one.db)
    return {"id": str(post.id), "text": post.source or "", "spoiler_text": post.content_warning}


ROUTES = [
    Route("/api/v1/statuses/{id}/history", history),
    Route("/api/v1/statuses/{id}/source", source),
]
