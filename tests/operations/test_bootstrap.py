"""The set-up script: runs on any Python, and says what to do when pip fails."""

import ast
import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "scripts" / "bootstrap.py"


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching",
            "network",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one that was locked",
        ),
        ("error: command 'gcc' failed: No such file\nERROR: Failed building wheel for lxml", "C compiler"),
        ("error: [Errno 13] Permission denied: '/srv/x'", "may not be written"),
    ],
)
def test_each_known_failure_says_what_to_do(bootstrap, said, told):
    assert told in bootstrap.advice(said)


def test_an_unknown_failure_is_not_explained_away(bootstrap):
    assert bootstrap.advice("ERROR: something nobody has seen") == ""


def test_an_old_python_can_read_the_script_and_so_say_that_it_is_too_old():
    ast.parse(FILE.read_text(), feature_version=(3, 6))


def test_an_old_python_starts_a_newer_one(bootstrap, monkeypatch):
    started = []
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name: f"/opt/{name}" if name == "python3.12" else None
    )
    monkeypatch.setattr(bootstrap.os, "execv", lambda *call: started.append(call))
    bootstrap.main()

    assert started[0][0] == "/opt/python3.12"


def test_without_a_newer_python_an_old_one_gives_up_in_words(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)

    assert bootstrap.main() == 1
    assert "Python 3.11 or later is needed; this is 3.9" in capsys.readouterr().err


def test_a_changed_lock_file_is_installed_anew(bootstrap, monkeypatch, tmp_path):
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch(mode=0o755)
    for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
        (tmp_path / name).write_text("a==1")
    monkeypatch.setattr(bootstrap, "HOUSE", str(tmp_path))
    monkeypatch.setattr(bootstrap, "VENV", str(venv))
    monkeypatch.setattr(bootstrap, "PYTHON", str(venv / "bin" / "python"))

    assert not bootstrap.is_done("run")
    (venv / "installed-test").write_text(bootstrap.stamp("test"))
    assert bootstrap.is_done("test")
    assert bootstrap.is_done("run")
    (tmp_path / "requirements-test.lock").write_text("a==2")
    assert not bootstrap.is_done("test")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_lock_files_pin_everything_by_hash_and_name_no_place(name):
    lines = FILE.parents[1].joinpath(name).read_text().splitlines()
    packages = [line for line in lines if not line.startswith((" ", "#"))]

    assert len(packages) > 50
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert not [line for line in lines if "://" in line or "index-url" in line]
