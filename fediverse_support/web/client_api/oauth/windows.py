"""Pages that apps open in a window of their own.

Apps on the web open the page that asks the member as a pop-up, and wait there for its answer. A page that
cuts itself off from who opened it (`Cross-Origin-Opener-Policy: same-origin`, as all others here do) would be
the last that they hear of it, so every step on the way, the sign-in too, does without.
"""

from starlette.responses import Response

ASK = "/oauth/authorize"


def kept_open(response: Response, place: str = ASK) -> Response:
    """The answer, readable by nobody else, but still the window of whoever opened it; unchanged for a `place`
    that apps do not open."""
    if place.partition("?")[0].rstrip("/") == ASK:
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response
