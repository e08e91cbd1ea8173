"""What the community says of itself: its title, a tagline, and who it is for."""

import re
from collections.abc import Sequence

from fediverse_support.core.errors import Malformed, Missing
from fediverse_support.core.markup import render_markdown
from fediverse_support.database import community
from fediverse_support.database.community import Community
from fediverse_support.database.pool import Connection

TITLE_LENGTH = 200
TAGLINE_LENGTH = 500
ABOUT_LENGTH = 20_000
MOST_LANGUAGES = 20

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


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


async def edit_contact(
    db: Connection, *, email: str | None = None, languages: Sequence[str] | None = None
) -> None:
    """Change how strangers reach who looks after the community (empty: not at all) and what is spoken here.

    None stays. Raises `Malformed` for what is no address or no code of a language.
    """
    present = await of(db)
    email = present.contact_email if email is None else email.strip()
    spoken = present.languages if languages is None else tuple(dict.fromkeys(languages))
    if email and _EMAIL.fullmatch(email) is None:
        raise Malformed("This does not look like an e-mail address.")
    if len(spoken) > MOST_LANGUAGES:
        raise Malformed(f"Name at most {MOST_LANGUAGES} languages.")
    for language in spoken:
        if _LANGUAGE.fullmatch(language) is None:
            raise Malformed(f"Name languages by their codes, such as en or pt-BR, not {language[:40]!r}.")
    await community.set_contact(db, email, spoken)
