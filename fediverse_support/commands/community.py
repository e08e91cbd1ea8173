"""What the community says of itself."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands import house_words
from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, FileOrDash, print_fields, print_json, read_file, say
from fediverse_support.community.house import description
from fediverse_support.core import clock
from fediverse_support.moderation import deeds

app = App(name="community")
app.command(house_words.rules)
app.command(house_words.text)
app.command(house_words.announce)


@app.command
async def show(*, as_json: AsJson = False) -> None:
    """Show name, tagline and description."""
    async with foundation() as (base, db):
        found = await description.of(db)
    shown = {
        "domain": base.site.domain,
        "url": base.site.origin,
        "title": found.title,
        "tagline": found.tagline,
        "about": found.about_source,
        "contact": found.contact_email,
        "languages": " ".join(found.languages),
    }
    if as_json:
        print_json(shown)
    else:
        print_fields(shown.items())


@app.command
async def edit(
    *,
    title: Annotated[str | None, Parameter(help="Up to 200 characters.")] = None,
    tagline: Annotated[str | None, Parameter(help="One sentence below the title.")] = None,
    about: Annotated[str | None, Parameter(help="Who this community is for, in Markdown.")] = None,
    about_file: FileOrDash | None = None,
    contact: Annotated[str | None, Parameter(help="E-mail address that everybody can read.")] = None,
    languages: Annotated[str | None, Parameter(help="Codes of what is spoken here: 'en de'.")] = None,
) -> None:
    """Change what is named and leave the rest."""
    text = about if about_file is None else read_file(about_file)
    async with deed() as (_, db):
        await description.edit(db, title=title, tagline=tagline, about=text)
        spoken = None if languages is None else languages.replace(",", " ").split()
        await description.edit_contact(db, email=contact, languages=spoken)
        await deeds.record(db, None, "edit community", "", "", clock.now())
    say("Changed.")
