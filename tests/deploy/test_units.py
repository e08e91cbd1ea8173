"""The systemd units start commands that there are, with what they need, and systemd takes them."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from fediverse_support.cli import app
from fediverse_support.core.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/fediverse-support/.venv/bin/fediverse-support"
SETTINGS_FILE = "/etc/fediverse-support/settings.toml"

services = pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)


def test_the_units_are_there() -> None:
    assert {file.name for file in DEPLOY.iterdir()} >= {
        "fediverse-support.service",
        "fediverse-support-web@.service",
        "fediverse-support-worker@.service",
        "fediverse-support-backup.service",
        "fediverse-support-backup.timer",
    }


@services
def test_a_unit_starts_a_command_that_there_is(file: Path) -> None:
    typed = _command(_read(file)["Service"]["ExecStart"])
    app.parse_args(shlex.split(typed), exit_on_error=False, print_error=False)


@services
def test_a_unit_runs_without_rights_and_reads_the_settings(file: Path) -> None:
    service = _read(file)["Service"]
    assert service["User"] == "fediverse-support"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert f"FS_SETTINGS={SETTINGS_FILE}" in file.read_text()


@services
def test_a_unit_sets_only_settings_that_there_are(file: Path) -> None:
    known = {f"FS_{name.upper()}" for name in Settings.__struct_fields__} | {"FS_SETTINGS"}
    assert set(re.findall(r"\b(FS_[A-Z_]+)=", file.read_text())) <= known


def test_stopping_leaves_the_program_more_time_than_it_asks_for() -> None:
    from fediverse_support.serving import GRACE_SECONDS

    service = _read(DEPLOY / "fediverse-support.service")["Service"]
    assert int(service["TimeoutStopSec"]) > GRACE_SECONDS
    assert service["KillMode"] == "mixed"


def test_what_may_be_written_is_where_the_settings_say() -> None:
    service = _read(DEPLOY / "fediverse-support.service")["Service"]
    example = (DEPLOY / "settings.example.toml").read_text()
    assert f'data_dir = "/var/lib/{service["StateDirectory"]}"' in example


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
@services
def test_systemd_understands_the_unit(file: Path, tmp_path: Path) -> None:
    # What it cannot know here is that the program is installed: a program that is there stands in for it.
    copy = tmp_path / file.name.replace("@.", "@1.")
    copy.write_text(file.read_text().replace(PROGRAM, "/bin/true"))
    answer = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert [line for line in answer.stderr.splitlines() if "fediverse-support" in line] == []


def test_the_timer_starts_the_backup() -> None:
    timer = _read(DEPLOY / "fediverse-support-backup.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert (DEPLOY / "fediverse-support-backup.service").exists()


def test_the_short_command_calls_the_same_program_with_the_same_settings() -> None:
    script = DEPLOY / "fediverse-support"
    text = script.read_text()
    assert f"program={PROGRAM}" in text
    assert f"settings={SETTINGS_FILE}" in text
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(script)], check=True)


def _read(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, comment_prefixes=("#",), delimiters=("=",)
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(file.read_text())
    return parser


def _command(line: str) -> str:
    """What is typed after the name of the program, with systemd's `%` read as systemd reads it."""
    command = line.replace("%%", "%").partition(f"{PROGRAM} ")[2].rstrip("'")
    assert command, f"{line} does not start the program"
    return re.sub(r"\$\(date[^)]*\)", "2026-01-31", command)
