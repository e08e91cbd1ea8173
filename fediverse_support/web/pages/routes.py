"""The addresses of the pages. `app.py` joins them with what other servers ask for at the same addresses."""

from starlette.routing import Route

from fediverse_support.web.pages import (
    accounts,
    directory,
    finding,
    front,
    groups,
    invitations,
    joining,
    people,
    requests,
    rules,
    threads,
    wiki_writing,
    writing,
)
from fediverse_support.web.pages.static import static

POST = ["POST"]

ROUTES: list[Route] = [
    Route("/", front.front),
    Route("/about", front.about),
    Route("/about/policy", front.policy),
    Route("/look", front.look, methods=POST),
    Route("/robots.txt", front.robots),
    Route("/static/{name}", static),
    Route("/sign-in", accounts.show_sign_in),
    Route("/sign-in", accounts.do_sign_in, methods=POST),
    Route("/sign-out", accounts.sign_out, methods=POST),
    Route("/join", accounts.show_join),
    Route("/join", accounts.do_join, methods=POST),
    Route("/you", accounts.you),
    Route("/you", accounts.describe, methods=POST),
    Route("/you/password", accounts.change_password, methods=POST),
    Route("/groups", directory.show),
    Route("/groups/{name}", groups.show),
    *joining.ROUTES,
    *requests.ROUTES,
    *invitations.ROUTES,
    Route("/groups/{name}/follow", groups.follow_from_elsewhere, methods=POST),
    *rules.ROUTES,
    *wiki_writing.ROUTES,
    Route("/groups/{name}/write", writing.show_write),
    Route("/groups/{name}/write", writing.write, methods=POST),
    Route("/people/{name}", people.show),
    Route("/posts/{id}", threads.show),
    Route("/posts/{id}/reply", threads.reply, methods=POST),
    Route("/posts/{id}/edit", writing.show_edit),
    Route("/posts/{id}/edit", writing.edit, methods=POST),
    Route("/posts/{id}/delete", writing.show_delete),
    Route("/posts/{id}/delete", writing.delete, methods=POST),
    Route("/drafts", writing.keep_draft, methods=POST),
    Route("/find", finding.show_find),
    Route("/find", finding.find, methods=POST),
    Route("/authorize_interaction", finding.authorize_interaction),
]
