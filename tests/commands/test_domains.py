"""`domains`: an admin sets levels, takes over a list, subscribes to another, and sees what comes of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

LIST = (
    "#domain,#severity,#reject_media,#public_comment\nbad.test.example,suspend,,=spam\nh*d.example,suspend\n"
)


class Shelf(BaseHTTPRequestHandler):
    """A server on which a list lies."""

    body = "a.example\nb.example\nc.example\n"

    def do_GET(self) -> None:
        data = Shelf.body.encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def shelf():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://lists.localhost:{server.server_port}/list.txt"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def program(new_program, own_database):
    """A program beside one that serves, on a test network."""
    found = new_program(
        DATABASE_URL=own_database,
        FS_DOMAIN="garden.localhost:8000",
        FS_ORIGIN="http://garden.localhost:8000",
        FS_OUTBOUND_ALLOW_PRIVATE="127.0.0.0/8",
        FS_OUTBOUND_ALLOW_HTTP="true",
    )
    with found.serving():
        yield found


def test_levels_are_set_by_hand_listed_and_taken_away(program):
    for wrong in (
        ("set", "garden.localhost", "blocked"),
        ("set", "co.uk", "blocked"),
        ("set", "192.0.2.1", "blocked"),
        ("set", "x.example", "held", "--expires", "2020-01-01"),
        ("remove", "x.example"),
        ("unexclude", "x.example"),
        ("fetch", "none"),
        ("unsubscribe", "none"),
        ("subscribe", "ftp://x", "x"),
    ):
        program.refused("domains", *wrong)
    program.refused("domains", "set", "x.example", "annoyed", code=2)
    assert program.json("domains", "list") == []
    said = program.done(
        "domains", "set", "Bücher.Example.", "limited+no-media", "--reason", "Loud", "--note", "Ask Kim",
        "--review", "2026-01-01", "--expires", "2099-01-01", "--shown", "partly",
    )  # fmt: skip
    assert said == "xn--bcher-kva.example is limited+no-media now.\n"
    (one,) = program.json("domains", "list")
    assert (one["level"], one["no_media"], one["private_note"], one["list"]) == (
        "limited",
        True,
        "Ask Kim",
        None,
    )
    assert [found["domain"] for found in program.json("domains", "review")] == ["xn--bcher-kva.example"]
    assert "2099-01-01" in program.done("domains", "list")
    program.done("domains", "exclude", "safe.example", "--note", "friends")
    assert [found["domain"] for found in program.json("domains", "excludes")] == ["safe.example"]
    assert "friends" in program.done("domains", "excludes")
    program.done("domains", "unexclude", "safe.example")
    program.done("domains", "remove", "bücher.example")
    assert program.done("domains", "list") == "No domain has a level: all are let in.\n"
    assert program.json("domains", "severances") == []


def test_a_list_is_taken_over_and_written_out(program):
    program.refused("domains", "import", "-", said="<html>")
    program.refused("domains", "import", "-", said="ok.example\n*\n")
    said = program.done("domains", "import", "-", said=LIST)
    assert said == "Added 1, changed 0.\nLeft out: 1 hidden by *.\n"
    again = program.json("domains", "import", "-", "--overwrite", said=LIST)
    assert again == {"added": 0, "changed": 0, "skipped": {"hidden": 1, "present": 1}}
    assert "bad.test.example,suspend,false,false,'=spam,false" in program.done("domains", "export", "-")
    assert json.loads(program.done("domains", "export", "-", "--format", "json"))[0]["level"] == "blocked"
    assert program.done("domains", "export", "-", "--allow") == "#domain\n"
    program.done("domains", "remove", "bad.test.example")


def test_a_subscription_waits_for_a_person_and_can_be_ended(program, shelf):
    program.done("domains", "subscribe", shelf, "bad", "--priority", "7", "--every", "48")
    if not program.json("domains", "drafts", "bad"):  # The worker may have been quicker.
        program.done("domains", "fetch", "bad")
    waiting = {one["domain"]: one["number"] for one in program.json("domains", "drafts", "bad")}
    assert set(waiting) == {"a.example", "b.example", "c.example"}
    assert "a.example" in program.done("domains", "drafts", "bad")
    program.done("domains", "approve", "bad", waiting["a.example"])
    assert "Declined 1" in program.done("domains", "decline", "bad", waiting["b.example"])
    program.refused("domains", "approve", "bad", waiting["a.example"])
    program.done("domains", "approve", "bad")
    assert {one["domain"]: one["list"] for one in program.json("domains", "list")} == {
        "a.example": "bad", "c.example": "bad",
    }  # fmt: skip
    (one,) = program.json("domains", "lists")
    assert (one["priority"], one["hours"], one["domains"], one["waiting"]) == (7, 48, 2, 0)
    program.done("domains", "subscribe", shelf, "bad", "--no-drafts", "--keep-retracted")
    Shelf.body = "c.example\n"
    assert "more than a third" in program.refused("domains", "fetch", "bad")
    assert program.json("domains", "fetch", "bad", "--sure")["numbers"]["retracted"] == 1
    assert len(program.json("domains", "list")) == 2
    assert "Lifted 1" in program.done("domains", "lift", "bad")
    program.refused("domains", "lift", "bad")
    assert "changed" in program.done("domains", "lists")
    program.done("domains", "unsubscribe", "bad")
    assert program.json("domains", "list") == program.json("domains", "lists") == []
