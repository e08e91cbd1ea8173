"""The addresses of the desk."""

from starlette.routing import Route

from fediverse_support.web.desk import (
    applying,
    decisions,
    federation,
    founding,
    holds,
    overview,
    policy,
    posts,
    rules,
    suspensions,
    texts,
    topics,
    traffic,
    tries,
    versions,
    words,
)

POST = ["POST"]

ROUTES: list[Route] = [
    Route("/desk", overview.overview),
    Route("/desk/sign-ups/{id}", overview.decide_sign_up, methods=POST),
    Route("/desk/reports/{id}/close", overview.close_report, methods=POST),
    Route("/desk/posts", posts.hidden),
    Route("/desk/posts/{id}", posts.show),
    Route("/desk/posts/{id}", posts.change, methods=POST),
    Route("/desk/parked/{id}/replay", overview.replay, methods=POST),
    Route("/desk/deeds", overview.show_deeds),
    *policy.ROUTES,
    *rules.ROUTES,
    *words.ROUTES,
    *texts.ROUTES,
    *applying.ROUTES,
    *tries.ROUTES,
    *versions.ROUTES,
    *traffic.ROUTES,
    *decisions.ROUTES,
    *holds.ROUTES,
    Route("/desk/domains", federation.show_domains),
    Route("/desk/domains", federation.set_domain, methods=POST),
    Route("/desk/suspensions", suspensions.show),
    Route("/desk/suspensions", suspensions.suspend, methods=POST),
    Route("/desk/suspensions/end", suspensions.admit, methods=POST),
    Route("/desk/hosts", federation.show_hosts),
    Route("/desk/hosts", federation.retry_host, methods=POST),
    Route("/desk/groups/new", founding.show),
    Route("/desk/groups/new", founding.make, methods=POST),
    Route("/desk/topics", topics.show),
    Route("/desk/topics", topics.change, methods=POST),
]
