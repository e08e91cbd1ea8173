"""Two communities that really run, for clients that nobody here has written: Mastodon.py and toot.

They are test networks of one machine, over plain http: `localhost` and `127.0.0.1` are two names to them.
"""

import email.message
import http.server
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from mastodon import Mastodon

from tests.commands.conftest import Program, new_program, own_database
from tests.web.conftest import Forms

__all__ = ["new_program", "own_database"]

PASSWORD = "three quiet green lamps"
EVERYTHING = ["read", "write", "follow", "push", "profile"]


class Community:
    """A community that runs, with its commands beside it."""

    def __init__(self, program: Program, address: str) -> None:
        self.program = program
        self.url = f"http://{address}"
        self.domain = address

    def member(self, name: str) -> str:
        """Somebody who signs in with the password of all."""
        self.program.done("member", "add", name, "--password-stdin", said=f"{PASSWORD}\n")
        return name

    def group(self, name: str, title: str, *answers: str) -> str:
        """A group; its address, as one mentions it."""
        self.program.done("group", "add", name, "--title", title, *answers)
        return f"{name}@{self.domain}"

    def signed_in(self, name: str, **options: Any) -> Mastodon:
        """Mastodon.py with a token that it got as anybody would: through the sign-in and consent pages."""
        client_id, secret = Mastodon.create_app(
            "A test", scopes=EVERYTHING, api_base_url=self.url, website="https://app.example"
        )
        app = Mastodon(client_id=client_id, client_secret=secret, api_base_url=self.url, **options)
        code = self.allows(name, app.auth_request_url(scopes=EVERYTHING, allow_http=True))
        app.log_in(code=code, scopes=EVERYTHING, allow_http=True)
        return app

    def allows(self, name: str, address: str) -> str:
        """What a member does in a browser with an address that an app opens; the code that they are shown."""
        with httpx.Client(base_url=self.url, follow_redirects=True) as browser:
            page = browser.get(address)
            if 'name="password"' in page.text:
                page = submitted(browser, page, name=name, password=PASSWORD)
            page = submitted(browser, page, decision="allow")
            found = re.search(r"[?&]code=([\w-]+)", str(page.url)) or re.search(
                r"<(?:code|input)[^>]*>?([\w-]{20,})", page.text
            )
            assert found, page.text
            return found[1]


class Sink:
    """A push service of one machine: whatever is posted to it lies there."""

    def __init__(self) -> None:
        self.posted: queue.Queue[tuple[email.message.Message, bytes]] = queue.Queue()
        posted = self.posted

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted.put((self.headers, body))
                self.send_response(201)
                self.end_headers()

            def log_message(self, *said: Any) -> None:
                """Be quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/push"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Where pushes arrive."""
    found = Sink()
    yield found
    found.close()


def submitted(browser: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """The form of a page with one or two fields filled in, as a browser without scripts sends it."""
    forms = [
        (given, values)
        for given, values in Forms(page.text).found
        if given.get("method") == "post" and given.get("action", "") not in ("/look", "/sign-out")
    ]
    assert forms, page.text
    given, values = forms[0]
    target = page.url.join(given.get("action") or str(page.url))
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    return browser.post(target, data=values | fields, headers=headers)


@contextmanager
def running(new_program: Any, host: str) -> Iterator[Community]:
    """A community under this name of the machine, with an embedded database of its own."""
    port = Program.free_port()
    program = new_program(
        FS_DOMAIN=f"{host}:{port}",
        FS_ORIGIN=f"http://{host}:{port}",
        FS_OUTBOUND_ALLOW_PRIVATE="127.0.0.0/8,::1/128",
        FS_OUTBOUND_ALLOW_HTTP="on",
    )
    # Its own port is part of its name, so that it is known before it serves.
    program.free_port = lambda: port
    with program.serving():
        yield Community(program, f"{host}:{port}")


@pytest.fixture(scope="module")
def alone(new_program: Any) -> Iterator[Community]:
    """One community."""
    with running(new_program, "localhost") as found:
        yield found


@pytest.fixture(scope="module")
def two(new_program: Any) -> Iterator[tuple[Community, Community]]:
    """Two communities that can reach each other."""
    with running(new_program, "localhost") as one, running(new_program, "127.0.0.1") as other:
        yield one, other
