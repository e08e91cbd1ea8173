"""Pages from templates.

One Jinja environment for each language, each template compiled once. Everything is escaped; stored, sanitised
content passes through the one macro in `templates/macros.html` that may not be (X1, `|safe` appears nowhere
else). A name that is missing in a template's data is an error, not an empty string.
"""

import gettext
import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from fediverse_support.core import clock
from fediverse_support.core.markup import title_from
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import community
from fediverse_support.database.pool import Connection

if TYPE_CHECKING:
    from fediverse_support.web.security import Visit

LANGUAGES = ("en", "de")
"""The first one is what the templates are written in."""
LOOKS = ("system", "light", "dark", "dim")

_PACKAGE = Path(__file__).parents[1]


def N_(message: str) -> str:
    """Mark a sentence for the translators; `Visit.text` translates it for the visitor."""
    return message


def folder(name: str) -> Path:
    """Where `templates`, `static` or `locale` lie: inside the package once installed, else beside it."""
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


class House:
    """What every page says about the community. Kept a short while, because it hardly ever changes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.tagline = ""
        self.about_html = ""
        self._read_at: datetime | None = None

    def forget(self) -> None:
        """Read it anew for the next page: whoever has just changed it looks whether it is right."""
        self._read_at = None

    async def refresh(self, db: Connection, now: datetime) -> None:
        """Read it again if what we have is older than half a minute."""
        if self._read_at is not None and now - self._read_at < timedelta(seconds=30):
            return
        self._read_at = now  # set first, so that a crowd of visitors asks once
        found = await community.get(db)
        if found is not None:
            self.title, self.tagline, self.about_html = found.title, found.tagline, found.about_html


class Renderer:
    """Renders templates for a visit; holds the compiled templates and the translations."""

    def __init__(self, site_domain: str, title: str = "") -> None:
        self.house = House(title or site_domain)
        self._domain = site_domain
        self._environments: dict[str, Environment] = {}

    def render(self, template: str, visit: "Visit", status: int = 200, **data: object) -> HTMLResponse:
        """The page `template` for this visitor, in their language and look."""
        look = visit.request.cookies.get("look", "system")
        body = (
            self.environment(visit.language)
            .get_template(template)
            .render(
                data,
                house=self.house,
                visit=visit,
                viewer=visit.viewer,
                language=visit.language,
                look=look if look in LOOKS else "system",
                here=visit.request.url.path,
                now=clock.now(),
            )
        )
        return HTMLResponse(body, status, headers={"Content-Language": visit.language, **PRIVATE})

    def environment(self, language: str) -> Environment:
        """The environment of a language, made when it is first asked for."""
        found = self._environments.get(language)
        if found is None:
            found = self._environments[language] = self._made(language)
        return found

    def translated(self, language: str, message: str) -> str:
        """A sentence of ours in this language."""
        translate: Callable[[str], str] = self.environment(language).globals["gettext_plain"]  # type: ignore[assignment]
        return translate(message) if message else ""

    def language_for(self, accepted: str) -> str:
        """The first language in `Accept-Language` that we have, else English."""
        for part in accepted[:200].lower().split(","):
            code = part.split(";")[0].strip().split("-")[0]
            if code in LANGUAGES:
                return code
        return LANGUAGES[0]

    def _made(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folder("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        translations = translations_for(language)
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        times = Times(language, translations)
        environment.filters.update(
            ago=times.ago,
            day=times.day,
            host=host_of,
            outside=outside,
            address=address_of,
            below_title=below_title,
        )
        environment.globals.update(
            static=static_url, gettext_plain=translations.gettext, languages=LANGUAGES, domain=self._domain
        )
        return environment


PRIVATE = {
    "Cache-Control": "private, no-store",
    "Vary": "Accept, Accept-Language, Authorization, Cookie, Signature",
}
"""A page is for one viewer: no shared cache may keep it (L4)."""


def translations_for(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, compiled from its `.po` file; the templates' own words for English."""
    file = folder("locale") / language / "LC_MESSAGES" / "messages.po"
    if language == LANGUAGES[0] or not file.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Times:
    """Says when something was, in one language: "3 hours ago", with the exact time for who needs it."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        # The day before the month, as `exact` has it.
        self._long = Locale.parse("en_GB" if language == "en" else language)
        months = self._long.months["format"]["wide"]
        self._months = [months[number] for number in range(1, 13)]
        self._exact = translations.gettext("%(day)s %(month)s %(year)s, %(time)s UTC")
        self._now = translations.gettext("just now")
        self.ngettext = translations.ngettext

    def ago(self, moment: datetime, now: datetime) -> Markup:
        """A `<time>` element."""
        utc = moment.astimezone(UTC)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            utc.strftime("%Y-%m-%dT%H:%MZ"), self.exact(utc), self.words(now - moment)
        )

    def day(self, moment: datetime) -> Markup:
        """A `<time>` element that says the day: for what is to come."""
        utc = moment.astimezone(UTC)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            utc.strftime("%Y-%m-%dT%H:%MZ"), self.exact(utc), format_date(utc, "long", locale=self._long)
        )

    def exact(self, utc: datetime) -> str:
        """The day and the minute."""
        return self._exact % {
            "day": utc.day,
            "month": self._months[utc.month - 1],
            "year": utc.year,
            "time": utc.strftime("%H:%M"),
        }

    def words(self, age: timedelta) -> str:
        """How long ago, coarsely."""
        minutes = int(age.total_seconds() // 60)
        if minutes < 1:
            return self._now
        hours, days = minutes // 60, minutes // 1440
        if hours < 1:
            return self.ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes) % {"num": minutes}
        if days < 1:
            return self.ngettext("%(num)d hour ago", "%(num)d hours ago", hours) % {"num": hours}
        if days < 60:
            return self.ngettext("%(num)d day ago", "%(num)d days ago", days) % {"num": days}
        if days < 730:
            months = days // 30
            return self.ngettext("%(num)d month ago", "%(num)d months ago", months) % {"num": months}
        years = days // 365
        return self.ngettext("%(num)d year ago", "%(num)d years ago", years) % {"num": years}


def host_of(url: str) -> str:
    """The true host of an outside link, to show beside it (X2)."""
    return urlsplit(url).netloc.rpartition("@")[2]


def outside(url: str) -> str:
    """An address that may stand in a link: `javascript:` and the like lead nowhere (X2)."""
    return url if url.startswith(("https://", "http://")) else "#"


_MORE_THAN_WORDS = ("Question", "Event")
"""Posts that still say something without their words."""


def below_title(post: Post) -> str:
    """What stands below the title: all of the content, but for a first line that says the title again.

    Servers like ours repeat it there for those that show no titles; microblog posts have no other title.
    """
    if not post.title:
        return post.content_html
    title, rest = title_from(post.content_html)
    if title != post.title or not (rest or post.type in _MORE_THAN_WORDS):
        return post.content_html
    return rest


def address_of(actor: Actor) -> str:
    """The path of our page about a person or group, here or elsewhere."""
    place = "groups" if actor.is_group else "people"
    return f"/{place}/{actor.name}" if actor.is_local else f"/{place}/{actor.name}@{actor.host}"


_static_urls: dict[str, str] = {}


def static_url(name: str) -> str:
    """The address of a file in `static/`; it changes with the content, so that it can be cached for ever."""
    if name not in _static_urls:
        digest = hashlib.sha256((folder("static") / name).read_bytes()).hexdigest()[:12]
        _static_urls[name] = f"/static/{name}?v={digest}"
    return _static_urls[name]
