"""The front page, the pages about the community, and the light that a reader likes."""

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fediverse_support.accounts import members
from fediverse_support.community.house import announcements, directories, house_rules, house_texts
from fediverse_support.community.joining import rejoining
from fediverse_support.core import clock
from fediverse_support.core.models import Actor, Post
from fediverse_support.database import drafts, follows, join_requests, threads
from fediverse_support.web.forms import Form
from fediverse_support.web.pages import holding
from fediverse_support.web.pages.directory import cards
from fediverse_support.web.rendering import LOOKS
from fediverse_support.web.security import Access, Visit, deed, page

NEWS = 10
WAITING = 5
GROUPS = 12
A_YEAR = 365 * 24 * 3600

ROBOTS = """
    GPTBot ChatGPT-User OAI-SearchBot ClaudeBot anthropic-ai CCBot Google-Extended GoogleOther Bytespider
    PerplexityBot Amazonbot Applebot-Extended FacebookBot Meta-ExternalAgent cohere-ai Diffbot ImagesiftBot
    Omgilibot Timpibot YouBot AI2Bot PetalBot
""".split()  # noqa: SIM905
"""Robots that collect text for language models. Others may come, but every page tells them not to keep it."""


@page(Access.ANYONE)
async def front(visit: Visit) -> Response:
    """For visitors what this community is, for members where they left off."""
    listed = await directories.listed(visit.db, visit.viewer, visit.services.site.domain, clock.now())
    running = [group for group in listed if group.life == "running"]
    if visit.viewer.is_guest:
        return visit.render("front.html", cards=cards(visit, running[:GROUPS]))
    mine = await follows.followed_groups(visit.db, visit.account.actor_id)
    news = await threads.with_news_for(visit.db, visit.viewer, visit.account.id, NEWS)
    waiting = await threads.unanswered(visit.db, visit.viewer, WAITING)
    unsent = await drafts.of_account(visit.db, visit.account.id)
    known: dict[int, Actor] = {actor.id: actor for actor in mine}
    known |= {group.actor.id: group.actor for group in listed}

    def group_of(post: Post) -> Actor | None:
        return known.get(post.group_id or 0)

    others = [group for group in running if group.actor.id not in visit.viewer.member_of]
    new_ids = {shown.post.id for shown in news}
    return visit.render(
        "home.html",
        news=news,
        waiting=[shown for shown in waiting if shown.post.id not in new_ids],
        mine=mine,
        others=cards(visit, others[:GROUPS]),
        drafts=unsent,
        asked=await join_requests.open_by(visit.db, visit.account.actor_id),
        held=await holding.all_of(visit),
        group_of=group_of,
        notices=await rejoining.told(visit.db, visit.account),
        announcements=await announcements.unread(visit.db, visit.account.actor_id, clock.now()),
    )


@page(Access.ANYONE)
async def about(visit: Visit) -> Response:
    """What this community is and who looks after it."""
    staff = await members.staff(visit.db)
    now = clock.now()
    return visit.render(
        "about.html",
        about_html=visit.services.templates.house.about_html,
        staff=staff,
        rules=await house_rules.in_force(visit.db),
        has_privacy=await house_texts.current(visit.db, "privacy", now) is not None,
        has_terms=await house_texts.current(visit.db, "terms", now) is not None,
    )


@deed(Access.ANYONE, connection="session", is_harmless=True)
async def look(visit: Visit, form: Form) -> Response:
    """Keep how light the pages should be, in a cookie."""
    chosen = form.line("look")
    response = RedirectResponse(form.path("place"), 303)
    visit.set_cookie(response, "look", chosen if chosen in LOOKS else LOOKS[0], A_YEAR)
    return response


@page(Access.ANYONE, connection="never")
async def robots(visit: Visit) -> Response:
    """What we ask of robots."""
    lines = [f"User-agent: {name}" for name in ROBOTS]
    lines += ["Disallow: /", "", "User-agent: *", "Disallow: /sign-in", "Disallow: /join", ""]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "max-age=86400"})
