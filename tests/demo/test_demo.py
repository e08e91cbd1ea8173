"""The demo as a newcomer meets it: one command, two communities, and what is said crosses between them.

One process tree on a free port, started once for all these tests; time passes only in waiting for lines
that the demo prints when something has happened.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from fediverse_support.demo.story import PASSWORD

PATIENCE = 240.0
READY = "starts over"
TITLE = "A question from across the water"
ANSWER = "The answer that came back"


class Demo:
    """A running demo: its lines, and browsers for its communities."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.port = port
        self.lines: list[str] = []
        self._more = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fediverse_support", "demo", "--port", str(port), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "FS_DATA_DIR": str(folder), "COLUMNS": "100"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self.lines.append("<end>")
            self._more.notify_all()

    def until(self, *words: str, since: int = 0) -> str:
        """The first line after the first `since` that has all these words, once it is there."""

        def found() -> str | None:
            lines = self.lines[since:]
            return next((line for line in lines if all(word in line for word in words)), None)

        with self._more:
            self._more.wait_for(lambda: found() or self.lines[-1:] == ["<end>"], PATIENCE)
            line = found()
        assert line is not None, "\n".join([f"no line with {words}:", *self.lines[-40:]])
        return line

    def browser(self, community: str, name: str = "") -> "Browser":
        """A browser that visits `community`, signed in as `name`."""
        browser = Browser(self.port, community)
        if name:
            browser.get("/sign-in")
            browser.submit("/sign-in", name=name, password=PASSWORD)
        return browser

    def stop(self, number: int = signal.SIGINT) -> str:
        """Ask it to stop; all that it said."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return "\n".join(self.lines)


class Browser:
    """Reads pages and sends their forms, by name although this machine may not know the name."""

    def __init__(self, port: int, community: str) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(headers={"host": f"{community}.localhost:{port}"}, timeout=PATIENCE)
        self._cookies: dict[str, str] = {}
        self.page = httpx.Response(200)

    def get(self, path: str, accept: str = "text/html") -> httpx.Response:
        return self._ask("GET", path, accept=accept)

    def submit(self, action: str, **fields: str) -> httpx.Response:
        """Send the form of this page that goes to `action`, and follow where the answer leads."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', self.page.text, re.DOTALL)
        assert form is not None, f"no form for {action} in {self.page.text}"
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
        answer = self._ask("POST", action, data=dict(hidden) | fields)
        assert answer.status_code == 303, answer.text
        return self.get(urljoin(action, answer.headers["location"]))

    def _ask(self, method: str, path: str, accept: str = "text/html", **more: object) -> httpx.Response:
        headers = {
            "accept": accept,
            "cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "sec-fetch-site": "same-origin",
        }
        self.page = self._client.request(method, self._origin + path, headers=headers, **more)  # type: ignore[arg-type]
        self._cookies |= dict(self.page.cookies)
        self._client.cookies.clear()
        return self.page


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def folder(server: dict[str, str], fast_folder: str) -> Iterator[Path]:
    """A folder for the demo's databases; skips where no embedded database can run."""
    made = Path(tempfile.mkdtemp(prefix="fs-demo-", dir=fast_folder))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    """The demo, after it has told its story and said where to look."""
    running = Demo(folder, free_port(), "--fresh")
    try:
        running.until(READY)
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


def test_a_second_demo_on_the_same_port_is_refused_and_says_what_to_do(demo: Demo, folder: Path):
    second = Demo(folder, demo.port)
    assert second.process.wait(PATIENCE) == 1
    assert "--port" in second.until("cannot be used")
    assert "Traceback" not in "\n".join(second.lines)


def test_a_second_demo_cannot_wipe_the_folder_of_the_first(demo: Demo, folder: Path):
    second = Demo(folder, demo.port, "--fresh")
    assert second.process.wait(PATIENCE) == 1
    assert demo.browser("garden").get("/").status_code == 200


def test_both_communities_answer_at_one_port_each_by_its_name(demo: Demo):
    assert "The Garden" in demo.browser("garden").get("/").text
    assert "The Harbour" in demo.browser("harbour").get("/").text
    assert "Night owls" not in demo.browser("garden").get("/").text


def test_a_name_that_is_neither_is_shown_the_way(demo: Demo):
    page = demo.browser("nowhere").get("/")
    assert f"http://garden.localhost:{demo.port}/" in page.text


def test_what_was_said_in_one_community_is_in_the_other_because_it_crossed(demo: Demo):
    group = f"/groups/night_owls@harbour.localhost:{demo.port}"
    thread = demo.browser("garden").get(group).text
    assert "The kettle is on" in thread
    line = demo.until("harbour → garden", "night_owls passes on: gwen writes")
    assert re.search(r"policy: accept  delivered in \d+ ms, processed in \d+ ms", line)


def test_joining_was_asked_and_answered_over_the_wire(demo: Demo):
    demo.until("garden → harbour", "maya asks to join night_owls (Follow)")
    demo.until("harbour → garden", "night_owls lets maya in (Accept)")


def test_nothing_in_the_story_was_refused_or_put_off_but_the_first_words_of_a_stranger(demo: Demo):
    crossed = [line for line in demo.lines if " → " in line]
    assert len(crossed) > 80
    (held,) = [line for line in crossed if "policy: accept" not in line]
    assert "bram writes in first_steps (Create)  policy: hold" in held
    assert "not sure how this works" in demo.browser("garden", "ruth").get("/desk/holds").text
    assert "not sure how this works" not in demo.browser("garden").get("/groups/first_steps").text


def test_nobody_at_the_terminal_reads_what_is_said(demo: Demo):
    text = "\n".join(demo.lines)
    assert "kettle" not in text
    assert "inbox.decided" not in text, "the story is told in sentences"
    assert "Hospital" not in text


def test_a_post_goes_to_the_other_community_and_the_answer_comes_back(demo: Demo):
    since = len(demo.lines)
    group = f"/groups/first_steps@garden.localhost:{demo.port}"
    leo, ruth = demo.browser("harbour", "leo"), demo.browser("garden", "ruth")
    leo.get(f"{group}/write")
    thread_at_home = str(leo.submit(f"{group}/write", title=TITLE, source="Is anyone there?").url.path)
    demo.until("harbour → garden", "leo writes in first_steps", "policy: accept", since=since)
    assert TITLE in ruth.get("/groups/first_steps").text
    link = re.search(rf'href="(/posts/[^"]+)"[^>]*>[^<]*{TITLE}', ruth.page.text)
    assert link is not None
    ruth.get(link[1])
    ruth.submit(f"{link[1]}/reply", source=ANSWER)
    demo.until("garden → harbour", "ruth answers in first_steps", "policy: accept", since=since)
    assert ANSWER in leo.get(thread_at_home).text


def test_the_rules_of_a_group_can_be_changed_one_by_one_and_its_members_have_agreed(demo: Demo):
    ruth = demo.browser("garden", "ruth").get("/groups/first_steps/rules/edit").text
    assert len(re.findall(r'name="rule_\d" maxlength="\d+" value="[^"]+"', ruth)) == 4
    assert "I agree" not in demo.browser("garden", "maya").get("/groups/first_steps").text


def test_somebody_waits_at_the_door_for_those_who_look_after_the_community(demo: Demo):
    assert "ellis" in demo.browser("garden", "ruth").get("/desk").text.lower()


def test_it_stops_when_asked_and_remembers_everything(demo: Demo, folder: Path):
    text = demo.stop(signal.SIGINT)
    assert demo.process.returncode == 0
    assert "Traceback" not in text
    assert '"level"' not in text
    again = Demo(folder, demo.port)
    try:
        again.until(READY)
        assert not [line for line in again.lines if " → " in line]
        assert TITLE in again.browser("garden").get("/groups/first_steps").text
    finally:
        text = again.stop(signal.SIGTERM)
    assert again.process.returncode == 0
    assert "Traceback" not in text
    assert not list((folder / "demo").glob("*/database/cluster/postmaster.pid"))
