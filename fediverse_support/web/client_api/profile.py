"""What one says of oneself (mastodon-api.md §2.1, §4.4, §4.12): names, words, pictures, lines, choices.

Pictures are made into ours before anything is changed, without a connection: that takes seconds.
"""

from typing import Any, Literal

from starlette.routing import Route

from fediverse_support.community.people import profiles
from fediverse_support.community.people.profiles import Changes
from fediverse_support.community.pictures import media
from fediverse_support.core.errors import Forbidden, Malformed, Missing
from fediverse_support.core.pictures import Picture
from fediverse_support.database import actors, client_accounts
from fediverse_support.database.pool import Connection, acquire
from fediverse_support.web.client_api.accounts_reading import member_of
from fediverse_support.web.client_api.calls import Call, call
from fediverse_support.web.client_api.entities import accounts, pictures
from fediverse_support.web.client_api.entities.accounts import Json
from fediverse_support.web.client_api.parameters import Params

PICTURES: tuple[tuple[str, Literal["icon", "header"]], ...] = (("avatar", "icon"), ("header", "header"))


@call("write:accounts", connection="session", uploads=True, limit="60 per 15 minutes")
async def update(one: Call) -> Json:
    """Change what one says of oneself; as a group, what the group says."""
    changes, made = _changes(one.params), await _made(one)
    async with acquire(one.services.pool) as db:
        async with db.transaction():
            for purpose, alt, picture in made:
                await media.set_picture(
                    db, one.site, one.services.pictures, one.me, purpose, picture, alt, one.now
                )
            await _describe_pictures(one, db, {purpose for purpose, _, _ in made})
            await profiles.change(db, one.site, one.me, changes, one.now)
        return await accounts.credentials(one.services, db, one.viewer, member_of(one))


@call("write:accounts")
async def without_avatar(one: Call) -> Json:
    """Show no face any more."""
    return await _without(one, "icon")


@call("write:accounts")
async def without_header(one: Call) -> Json:
    """Show no wide picture any more."""
    return await _without(one, "header")


@call("read:accounts")
async def profile(one: Call) -> Json:
    """The same as it is written, with null where there is no picture."""
    row = (await client_accounts.by_ids(one.db, [one.me])).get(one.me)
    if row is None:
        raise Missing
    shown = accounts.account(one.services, row, one.viewer)
    return {
        **{name: shown[name] for name in _KEPT},
        "note": row.summary_source,
        "fields": [
            {"name": item.get("name", ""), "value": item.get("source") or "", "verified_at": None}
            for item in row.fields
        ],
        "avatar": pictures.avatar(one.services, row) if row.icon_url else None,
        "avatar_static": pictures.avatar(one.services, row) if row.icon_url else None,
        "header": pictures.header(one.services, row) if row.header_url else None,
        "header_static": pictures.header(one.services, row) if row.header_url else None,
        "attribution_domains": [],
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "featured_tags": [],
    }


_KEPT = (
    "id", "display_name", "avatar_description", "header_description", "locked", "bot", "hide_collections",
    "discoverable", "indexable",
)  # fmt: skip


def _changes(params: Params) -> Changes:
    source = params.within("source")
    privacy = source.maybe("privacy")
    return Changes(
        display_name=params.maybe("display_name"),
        about=params.maybe("note"),
        fields=_fields(params),
        approves_followers=params.flag("locked"),
        is_bot=params.flag("bot"),
        discoverable=params.flag("discoverable"),
        indexable=params.flag("indexable"),
        hides_network=params.flag("hide_collections"),
        reach=profiles.reach_in(privacy) if privacy else None,
        sensitive=source.flag("sensitive"),
        language=source.maybe("language"),
    )


def _fields(params: Params) -> list[tuple[str, str]] | None:
    """The lines of the table, as a list or numbered as Rails has them. Raises `Malformed`."""
    if not params.has("fields_attributes"):
        return None
    return [(_text(row, "name"), _text(row, "value")) for row in params.rows("fields_attributes")]


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a text.")
    return value


async def _made(one: Call) -> list[tuple[Literal["icon", "header"], str, Picture | None]]:
    """The pictures that were sent, made into ours, with what they show in words."""
    found: list[tuple[Literal["icon", "header"], str, Picture | None]] = []
    for name, purpose in PICTURES:
        upload = one.params.file(name)
        if upload is not None:
            made = await one.services.pictures.developed(upload.body, purpose)
            found.append((purpose, one.params.text(f"{name}_description"), made))
    return found


async def _describe_pictures(one: Call, db: Connection, new: set[str]) -> None:
    """Say in other words what the pictures show that stay."""
    for name, purpose in PICTURES:
        words = one.params.maybe(f"{name}_description")
        if words is not None and purpose not in new:
            await actors.set_picture_words(db, one.me, purpose, media.described(words, None).alt)


async def _without(one: Call, purpose: Literal["icon", "header"]) -> Json:
    if one.viewer.actor_id is None:
        raise Forbidden
    async with one.db.transaction():
        await media.set_picture(one.db, one.site, one.services.pictures, one.me, purpose, None, "", one.now)
        await profiles.tell(one.db, one.site, one.me, one.now)
    return await accounts.credentials(one.services, one.db, one.viewer, member_of(one))


ROUTES = [
    Route("/api/v1/accounts/update_credentials", update, methods=["PATCH", "PUT", "POST"]),
    Route("/api/v1/profile", profile),
    Route("/api/v1/profile", update, methods=["PUT", "PATCH"]),
    Route("/api/v1/profile/avatar", without_avatar, methods=["DELETE"]),
    Route("/api/v1/profile/header", without_header, methods=["DELETE"]),
]
