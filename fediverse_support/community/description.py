"""What the community says of itself: its title, a tagline, and who it is for."""

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import render_markdown
from fediverse_support.database import community
from fediverse_support.database.community import Community
from fediverse_support.database.pool import Connection

TITLE_LENGTH = 200
TAGLINE_LENGTH = 500
ABOUT_LENGTH = 20_000


async def of(db: Connection) -> Community:
    """The description; raises `Missing` before the first start."""
    found = await community.get(db)
    if found is None:
        raise Missing("This community has not been started yet.")
    return found


async def edit(
    db: Connection, *, title: str | None = None, tagline: str | None = None, about: str | None = None
) -> None:
    """Change what is not None; `about` is Markdown. Raises `Malformed` for what is empty or too long."""
    present = await of(db)
    title = " ".join((present.title if title is None else title).split())
    tagline = " ".join((present.tagline if tagline is None else tagline).split())
    about = present.about_source if about is None else about
    if not 1 <= len(title) <= TITLE_LENGTH:
        raise Malformed(f"A community needs a title of 1 to {TITLE_LENGTH} characters.")
    if len(tagline) > TAGLINE_LENGTH or len(about) > ABOUT_LENGTH:
        raise Malformed(
            f"The tagline may have {TAGLINE_LENGTH} characters, the description {ABOUT_LENGTH:,}."
        )
    await community.describe(
        db, title=title, tagline=tagline, about_source=about, about_html=render_markdown(about)
    )
