"""The Caddyfile keeps slow and large requests away, and Caddy takes it where there is one to ask."""

import fnmatch
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fediverse_support.core.settings import Settings
from fediverse_support.inbox.reception import LARGEST_BODY
from fediverse_support.web.client_api.parameters import LARGEST_UPLOAD
from fediverse_support.web.client_api.routes import ROUTES

CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
TEXT = CADDYFILE.read_text()


def test_headers_and_bodies_have_a_deadline() -> None:
    assert re.search(r"read_header \d+s", TEXT)
    assert re.search(r"read_body \d+s", TEXT)


def test_the_proxy_lets_through_every_body_that_the_inbox_takes() -> None:
    largest = re.search(r"max_size (\d+)MB", TEXT)
    assert largest is not None
    assert int(largest[1]) * 1_000_000 > LARGEST_BODY


def test_the_proxy_lets_through_every_picture_that_apps_may_send() -> None:
    taken = [route.path for route in ROUTES if getattr(route.endpoint, "uploads", False)]
    listed = re.findall(r"@pictures path (.*)", TEXT)[0].split()
    assert taken
    for path in taken:
        assert any(fnmatch.fnmatch(path, pattern) for pattern in listed), path
    assert re.findall(r"@words not path (.*)", TEXT)[0].split() == listed
    assert int(re.findall(r"max_size (\d+)MB", TEXT)[1]) * 1_000_000 > LARGEST_UPLOAD


def test_a_stream_may_stay_open_for_hours() -> None:
    assert int(re.findall(r"write (\d+)h", TEXT)[0]) >= 1


def test_only_static_files_are_compressed() -> None:
    assert re.findall(r"^\s*encode .*$", TEXT, re.MULTILINE) == ["\tencode /static/* gzip"]


def test_it_passes_on_to_where_the_program_listens() -> None:
    assert f"{{$FS_UPSTREAM:{Settings(domain='garden.example').bind}}}" in TEXT


def test_it_keeps_no_list_of_who_read_what() -> None:
    assert not re.search(r"^\s*log\b", TEXT, re.MULTILINE)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed here")
@pytest.mark.parametrize("domain", [None, "circle.example"])
def test_caddy_takes_it(domain: str | None, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | (
        {"FS_DOMAIN": domain} if domain else {}
    )
    answer = subprocess.run(
        ["caddy", "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert answer.returncode == 0, answer.stderr
    assert "Valid configuration" in answer.stdout + answer.stderr
    assert '"level":"warn"' not in answer.stderr
