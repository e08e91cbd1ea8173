"""The compose file and the Dockerfile name what there is. No container engine is needed, and none is used."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from fediverse_support.cli import app
from fediverse_support.core.settings import Settings, load

HOUSE = Path(__file__).parents[2]
COMPOSE = HOUSE / "deploy" / "compose.yaml"
DOCKERFILE = HOUSE / "deploy" / "Dockerfile"
IGNORED = HOUSE / "deploy" / "Dockerfile.dockerignore"


def test_the_image_copies_what_there_is_and_what_its_ignore_file_lets_through() -> None:
    allowed = {line[1:] for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    copied = {name for name in _copied() if name != "./"}
    assert copied == allowed
    assert all((HOUSE / name).exists() for name in copied)


def test_the_image_starts_a_command_that_there_is() -> None:
    command = re.search(r'^CMD \["fediverse-support", "(\w+)"\]$', DOCKERFILE.read_text(), re.MULTILINE)
    assert command is not None
    app.parse_args([command[1]], exit_on_error=False, print_error=False)


def test_the_image_does_not_run_as_root_and_holds_no_secret() -> None:
    text = DOCKERFILE.read_text()
    assert text.rindex("USER community") > text.rindex("RUN ")
    assert "PASSWORD" not in text


def test_the_variables_of_the_image_and_the_compose_file_are_settings() -> None:
    known = {f"FS_{name.upper()}" for name in Settings.__struct_fields__} | {"FS_UPSTREAM"}
    for file in (DOCKERFILE, COMPOSE):
        assert set(re.findall(r"\bFS_[A-Z_]+[A-Z]\b", file.read_text())) <= known


def test_the_settings_of_the_container_load() -> None:
    image = dict(re.findall(r"(FS_[A-Z_]+)=(\S+)", DOCKERFILE.read_text()))
    compose = {"FS_DOMAIN": "garden.example", "FS_TRUSTED_PROXIES": "172.30.44.2"}
    settings = load({**image, **compose, "DATABASE_URL": "postgresql://community:x@database/community"})
    assert settings.bind == "0.0.0.0:8000"
    assert settings.proxies == ("172.30.44.2",)


def test_the_commands_in_the_compose_file_can_be_typed() -> None:
    typed = re.findall(r"exec community fediverse-support (.+)$", COMPOSE.read_text(), re.MULTILINE)
    assert typed
    for line in typed:
        app.parse_args(shlex.split(line), exit_on_error=False, print_error=False)


def test_the_compose_file_is_whole() -> None:
    services = _compose()["services"]
    assert set(services) == {"community", "caddy", "database"}
    assert (COMPOSE.parent / services["community"]["build"]["context"]).resolve() == HOUSE
    assert (HOUSE / services["community"]["build"]["dockerfile"]).is_file()
    assert services["community"]["cap_drop"] == ["ALL"]
    assert "ports" not in services["community"]
    assert "ports" not in services["database"]


def test_the_program_believes_the_proxy_of_the_compose_file_and_nobody_else() -> None:
    services = _compose()["services"]
    address = services["caddy"]["networks"]["house"]["ipv4_address"]
    assert services["community"]["environment"]["FS_TRUSTED_PROXIES"] == address


def test_the_volumes_and_networks_that_are_used_are_declared() -> None:
    compose = _compose()
    for service in compose["services"].values():
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= set(compose["volumes"])
        assert set(service["networks"]) <= set(compose["networks"])


def _copied() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
    return [name for line in lines for name in line.split()[:-1]]


def _compose() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed, so compose.yaml is not parsed")
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found
