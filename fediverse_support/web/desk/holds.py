"""What waits for a moderator: one line for the staff, one for who looks after a group, the oldest first.

Nothing of what waits is loaded from other servers: pictures stand here as links with their descriptions.
"""

from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fediverse_support.core import clock
from fediverse_support.core.errors import Conflict, Malformed, Missing, Trouble
from fediverse_support.core.events import Event
from fediverse_support.core.markup import plain_text
from fediverse_support.core.models import Actor, Post
from fediverse_support.core.polls import Poll
from fediverse_support.database import decisions, events, hold_lines, policy_versions, polls, posts
from fediverse_support.database.hold_lines import Line
from fediverse_support.database.holds import State
from fediverse_support.moderation import hold_words, holds
from fediverse_support.moderation.hold_words import Words
from fediverse_support.moderation.holds import Said
from fediverse_support.policy import sentences
from fediverse_support.policy.decisions import WARN
from fediverse_support.policy.document import Document
from fediverse_support.policy.warnings import WARNINGS
from fediverse_support.web import forms
from fediverse_support.web.desk.benches import Bench, both
from fediverse_support.web.desk.overview import number_in
from fediverse_support.web.forms import Form
from fediverse_support.web.rendering import N_, below_title
from fediverse_support.web.security import Visit

EXCERPT = 600
FRAMES = {False: "desk/desk.html", True: "group/holds.html"}
"""What stands around these pages: at the desk, in a group."""

DONE: dict[str, str] = {
    "accept": N_("It is let in. Everybody whom it is for can see it now."),
    "amend": N_("It is let in, with what you added."),
    "return": N_("It was sent back with your note."),
    "refuse": N_("It was not let in."),
}
ENDED: dict[str, str] = {
    "accepted": N_("It was let in."),
    "amended": N_("It was let in, with something added."),
    "returned": N_("It was sent back to its author, who can change it and send it again."),
    "refused": N_("It was not let in."),
    "withdrawn": N_("Its author took it back."),
}
_DEEDS: dict[str, str] = {
    "Like": N_("would like to say that they like a post"),
    "Dislike": N_("would like to say that they do not like a post"),
    "EmojiReact": N_("would like to react to a post"),
    "Announce": N_("would like to pass a post on"),
    "Update": N_("has changed a post"),
    "Create": N_("has written something"),
}
_ANOTHER_DEED = N_("has sent something")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the queue. `words` is what waits, `excerpt` its beginning, `is_whole`: and all of it.

    `what` tells what it is where it is no post; `rules` are the rules that held it, as sentences.
    """

    line: Line
    words: Words
    excerpt: str
    is_whole: bool
    what: str
    rules: list[str]
    stamp: str


async def queue(visit: Visit, bench: Bench) -> Response:
    """What waits, or was sent back, perhaps only in one group."""
    query = visit.request.query_params
    state: State = "returned" if query.get("state") == "returned" else "waiting"
    group_id, chosen = await _chosen_group(visit, bench)
    found = await holds.waiting(
        visit.db,
        visit.viewer,
        group_id=group_id,
        state=state,
        after=forms.number_in(query.get("after", "")),
        limit=holds.AT_ONCE + 1,
    )
    document = await policy_versions.document(visit.db)
    shown = [_card(visit, bench, line, document) for line in found[: holds.AT_ONCE]]
    return visit.render(
        "desk/holds.html",
        frame=FRAMES[bench.group is not None],
        bench=bench,
        group=bench.group,
        cards=shown,
        state=state,
        groups=await hold_lines.groups_with(visit.db, holds.sight(visit.viewer)) if not bench.group else [],
        chosen=chosen,
        next=_next(shown, state, chosen) if len(found) > holds.AT_ONCE else "",
        did=visit.text(DONE.get(query.get("did", ""), "")),
    )


async def show(visit: Visit, bench: Bench) -> Response:
    """One thing that waits, why, and what can be done; also what came of it, once somebody has decided."""
    return await _page(visit, bench, await _line(visit, bench), Form({}))


async def decide(visit: Visit, bench: Bench, form: Form) -> Response:
    """Let it in, with something added or not, send it back, or do not let it in."""
    line = await _line(visit, bench)
    try:
        async with visit.db.transaction():
            await _decide(visit, line.hold.id, form)
    except (Conflict, Malformed) as refusal:
        return await _page(visit, bench, await _line(visit, bench), form, refusal)
    return RedirectResponse(f"{bench.base}/holds?did={form.line('deed')}", 303)


async def _decide(visit: Visit, hold_id: int, form: Form) -> None:
    by, site, now = visit.viewer, visit.services.site, clock.now()
    said = Said(note=form.text("note").strip(), seen=form.line("seen"), tells=form.ticked("tells"))
    match form.line("deed"):
        case "accept":
            await holds.accept(visit.db, site, hold_id, by, now, said)
        case "amend":
            await holds.amend_and_accept(visit.db, site, hold_id, by, amendments_in(form), now, said)
        case "return":
            await holds.return_with_note(visit.db, site, hold_id, by, now, said)
        case "refuse":
            await holds.refuse(visit.db, site, hold_id, by, now, said)
        case _:
            raise Malformed("Please use the buttons on the page.")


def amendments_in(form: Form) -> list[str]:
    """What a moderator wants to add: a warning from the list, one in their own words, and the boxes."""
    warnings = [form.line("code"), form.line("warning")]
    boxes = [name for name in ("sensitive", "no-media", "quiet") if form.ticked(name)]
    return [*(f"{WARN}{one}" for one in warnings if one), *boxes]


async def _line(visit: Visit, bench: Bench) -> Line:
    line = await holds.one(visit.db, visit.viewer, number_in(visit))
    if bench.group is not None and line.hold.group_id != bench.group.actor.id:
        raise Missing
    return line


async def _page(
    visit: Visit, bench: Bench, line: Line, form: Form, refusal: Trouble | None = None
) -> Response:
    poll, event = await _besides(visit, line)
    card = _card(visit, bench, line, await policy_versions.document(visit.db))
    about = await posts.by_uri(visit.db, card.words.about) if card.words.about else None
    decided = line.hold.decision_id is not None and await decisions.by_id(visit.db, line.hold.decision_id)
    return visit.render(
        "desk/hold.html",
        refusal.status if refusal else 200,
        frame=FRAMES[bench.group is not None],
        bench=bench,
        group=bench.group,
        card=card,
        about_post=about if about is not None and about.state != "deleted" else None,
        ended=visit.text(ENDED.get(line.hold.state, "")),
        poll=poll,
        event=event,
        why_url=f"{bench.base}/decisions/{line.hold.decision_id}" if decided else "",
        warnings={code: visit.text(one.label) for code, one in WARNINGS.items()},
        form=form,
        message=visit.text(refusal.message) if refusal else "",
    )


async def _besides(visit: Visit, line: Line) -> tuple[Poll | None, Event | None]:
    """The poll or the event that a post is besides its words."""
    if line.post is None:
        return None, None
    poll = await polls.of_post(visit.db, line.post.id) if line.post.type == "Question" else None
    event = await events.of_post(visit.db, line.post.id) if line.post.type == "Event" else None
    return poll, event


async def _chosen_group(visit: Visit, bench: Bench) -> tuple[int | None, Actor | None]:
    """The group whose line is asked for: at the desk the one in `?group=`, by our number of it."""
    if bench.group is not None:
        return bench.group.actor.id, None
    wanted = visit.request.query_params.get("group", "")
    found = await hold_lines.groups_with(visit.db, holds.sight(visit.viewer))
    chosen = next((group for group in found if str(group.id) == wanted), None)
    return (chosen.id, chosen) if chosen else (None, None)


def _card(visit: Visit, bench: Bench, line: Line, document: Document) -> Card:
    words = hold_words.of(line)
    text = _below_heading(line.post) if line.post and line.hold.kind == "post" else words.text
    return Card(
        line=line,
        words=words,
        excerpt=text[:EXCERPT],
        is_whole=len(text) <= EXCERPT,
        what=_what(visit, line),
        rules=[_sentence(visit, bench, name, document) for name in line.hold.rules],
        stamp=holds.stamp(line),
    )


def _below_heading(post: Post) -> str:
    """The words of a post without its title, which stands above them; that may be all there is."""
    text = plain_text(below_title(post))
    return "" if post.is_root and text.strip() == post.title else text


def _what(visit: Visit, line: Line) -> str:
    if line.hold.kind != "arrival":
        return ""
    return visit.text(_DEEDS.get(line.arrived.type if line.arrived else "", _ANOTHER_DEED))


def _sentence(visit: Visit, bench: Bench, name: str, document: Document) -> str:
    """The rule that held it as it is now, in a sentence; its name, where it is not there any more."""
    rule = next((one for one in document.rules if f"{one.scope}: {one.name}" == name), None)
    return sentences.of_rule(rule, visit.text, names_group=bench.group is None) if rule else name


def _next(cards: list[Card], state: str, chosen: Actor | None) -> str:
    given = {"state": state if state == "returned" else "", "group": str(chosen.id) if chosen else ""}
    fields = {name: value for name, value in given.items() if value}
    return "?" + urlencode({**fields, "after": str(cards[-1].line.hold.id)})


ROUTES: list[Route] = [*both("/holds", queue), *both("/holds/{id}", show, decide)]
