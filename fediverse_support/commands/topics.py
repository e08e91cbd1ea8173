"""What somebody may need: the tree by which groups are listed."""

from typing import Annotated

from cyclopts import App, Parameter

from fediverse_support.commands.ground import deed, foundation
from fediverse_support.commands.terminal import AsJson, print_json, print_table, say
from fediverse_support.community.house import topics
from fediverse_support.core import clock
from fediverse_support.moderation import deeds

app = App(name="topics")

Sentence = Annotated[str | None, Parameter(help="What it is about, in one sentence.")]


@app.command(name="list")
async def list_(*, as_json: AsJson = False) -> None:
    """List the topics as they stand in the tree."""
    async with foundation() as (_, db):
        found = await topics.tree(db)
    if as_json:
        slugs = {one.topic.id: one.topic.slug for one in found}
        print_json(
            [
                {
                    "slug": one.topic.slug,
                    "name": one.topic.name,
                    "description": one.topic.description,
                    "below": slugs.get(one.topic.parent_id or 0, ""),
                }
                for one in found
            ]
        )
        return
    print_table(
        ("slug", "name", "description"),
        ((one.topic.slug, "— " * one.depth + one.topic.name, one.topic.description) for one in found),
        "There are no topics yet.",
    )


@app.command
async def add(
    name: str,
    /,
    *,
    description: Sentence = None,
    slug: Annotated[str, Parameter(help="Short name for addresses; without it made of the name.")] = "",
    below: Annotated[str, Parameter(help="The slug of the topic that it stands below.")] = "",
) -> None:
    """Add a topic at the end of its level."""
    async with deed() as (_, db):
        made = await topics.add(db, name, description=description or "", slug=slug, below=below)
        await deeds.record(db, None, "add topic", made.slug, "", clock.now())
    say(f"Added the topic {made.slug}.")


@app.command
async def edit(
    slug: str,
    /,
    *,
    name: Annotated[str | None, Parameter(help="What people read.")] = None,
    description: Sentence = None,
    new_slug: Annotated[str, Parameter(help="Another short name.")] = "",
    below: Annotated[str | None, Parameter(help='Where it stands from now on; "" is the top.')] = None,
    up: Annotated[bool, Parameter(negative=(), help="Change places with the topic before it.")] = False,
    down: Annotated[bool, Parameter(negative=(), help="Change places with the topic after it.")] = False,
) -> None:
    """Rename a topic or move it; what is not named stays."""
    async with deed() as (_, db):
        topic = await topics.by_slug(db, slug)
        if name is not None or description is not None or new_slug:
            kept = topic.description if description is None else description
            await topics.describe(db, topic, name or topic.name, description=kept, slug=new_slug)
        if below is not None:
            await topics.move(db, topic, below)
        if up != down:
            await topics.shift(db, topic, -1 if up else 1)
        await deeds.record(db, None, "edit topic", slug, "", clock.now())
    say(f"Changed {slug}.")


@app.command
async def remove(slug: str, /) -> None:
    """Remove a topic; the topics and groups below it move up."""
    async with deed() as (_, db):
        await topics.remove(db, await topics.by_slug(db, slug))
        await deeds.record(db, None, "remove topic", slug, "", clock.now())
    say(f"Removed {slug}.")
