"""A member's day with toot, as they would type it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

TOOT = [sys.executable, "-m", "toot"]


class Terminal:
    """One member's terminal: toot keeps its tokens in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = kept | {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
        }

    def signs_in(self, community: Any, name: str) -> None:
        """`toot login`, with the browser beside it."""
        with subprocess.Popen(
            [*TOOT, "login", "-i", community.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            address = next(line.strip() for line in process.stdout if line.startswith("http"))
            code = community.allows(name, address)
            said, _ = process.communicate(f"n\n{code}\n", timeout=60)
        assert process.returncode == 0, said

    def does(self, *arguments: str) -> str:
        """What a command prints that must succeed."""
        done = subprocess.run(
            [*TOOT, *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The same with `--json`."""
        return json.loads(self.does(*arguments, "--json"))

    def fails(self, *arguments: str) -> str:
        """What a command says that must not succeed."""
        done = subprocess.run(
            [*TOOT, *arguments], capture_output=True, text=True, env=self.environment, timeout=60, check=False
        )
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture(scope="module")
def garden(alone) -> Any:
    for name in ("ada", "ben"):
        alone.member(name)
    alone.group("night_owls", "Night owls")
    return alone


@pytest.fixture(scope="module")
def terminals(garden, tmp_path_factory) -> dict[str, Terminal]:
    found = {}
    for name in ("ada", "ben"):
        found[name] = Terminal(tmp_path_factory.mktemp(name))
        found[name].signs_in(garden, name)
    return found


def test_a_day_in_a_group(garden, terminals):
    ada, ben = terminals["ada"], terminals["ben"]
    assert "ada" in ada.does("whoami")
    assert garden.domain in ada.does("instance")
    assert "Join it first" in ada.fails("post", "@night_owls Hello?")
    for one in (ada, ben):
        one.does("follow", "night_owls")
    assert "night_owls" in ada.does("following", "ada")
    Image.new("RGB", (40, 30), (40, 110, 100)).save(ada.folder / "room.png")
    picture = ("-m", str(ada.folder / "room.png"), "-d", "A dark room")
    post = ada.json("post", "@night_owls Who is awake?", "-p", "Night", *picture)
    assert post["spoiler_text"] == "Night"
    assert post["media_attachments"][0]["description"] == "A dark room"
    (boost,) = [one for one in ben.json("timelines", "home") if one["reblog"]]
    assert (boost["account"]["acct"], boost["reblog"]["id"]) == ("night_owls", post["id"])
    ben.does("favourite", post["id"])
    answer = ben.json("post", "I am, too.", "-r", post["id"])
    assert (answer["in_reply_to_id"], answer["visibility"]) == (post["id"], post["visibility"])
    thread = ada.json("thread", post["id"])
    assert [one["id"] for one in thread["descendants"]] == [answer["id"]]
    assert "I am, too." in ada.does("thread", post["id"])
    kinds = {one["type"] for one in ada.json("notifications")}
    assert {"mention", "favourite"} <= kinds
    assert "I am, too." in ada.does("notifications")
    ben.does("bookmark", post["id"])
    assert "Who is awake?" in ben.does("bookmarks", "--once")
    assert "Night owls" in ada.does("lists", "list")
    shown = ada.json("timelines", "list", "Night owls")
    assert post["id"] in [one["id"] for one in shown]
    ben.does("delete", answer["id"])
    assert ada.json("thread", post["id"])["descendants"] == []
    ada.does("unfollow", "night_owls")
    assert "Night owls" not in ada.does("lists", "list")


def test_people_lists_polls_and_mutes(garden, terminals):
    ada, ben = terminals["ada"], terminals["ben"]
    ada.does("follow", "ben")
    ada.does("lists", "create", "Close")
    ada.does("lists", "add", "Close", "ben")
    assert "ben" in ada.does("lists", "accounts", "Close")
    said = ben.json("post", "Tea or coffee?", "--poll-option", "Tea", "--poll-option", "Coffee")
    assert [one["title"] for one in said["poll"]["options"]] == ["Tea", "Coffee"]
    assert said["id"] in [one["id"] for one in ada.json("timelines", "list", "Close")]
    assert "Tea" in ada.does("status", said["id"])
    ada.does("mute", "ben")
    assert said["id"] not in [one["id"] for one in ada.json("timelines", "home")]
    ada.does("unmute", "ben")
    ada.does("block", "ben")
    assert "ben" in ada.does("blocked")
    assert ada.fails("status", said["id"])
    ada.does("unblock", "ben")
    later = ben.json("post", "Later", "--scheduled-in", "1 hour")
    assert later["params"]["text"] == "Later"
    ada.does("lists", "delete", "Close")
    assert "ben" in ada.does("search", "ben")
    ada.does("logout", f"ada@{garden.domain}")
    assert ada.fails("whoami")
