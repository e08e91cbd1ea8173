"""The example settings are settings: every line of them, also those that are commented out."""

import re
from pathlib import Path

import msgspec
import pytest

from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "deploy" / "settings.example.toml"
_COMMENTED = re.compile(r"^# ([a-z_]+ = .+)$", re.MULTILINE)


def test_the_example_loads() -> None:
    settings = load({}, EXAMPLE)
    assert settings.domain == "garden.example"
    assert settings.origin == "https://garden.example"
    assert settings.database_url.startswith("postgresql:///")


def test_the_example_has_every_setting() -> None:
    assert set(_everything()) == set(Settings.__struct_fields__)


def test_what_is_commented_out_is_accepted_as_well(tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#")]
    for name, line in _commented().items():
        if name in ("tls_cert", "tls_key"):
            continue
        file = tmp_path / f"{name}.toml"
        file.write_text("\n".join([*lines, line]))
        load({}, file)


def test_what_is_commented_out_is_the_default_where_it_says_so() -> None:
    defaults = Settings(domain="garden.example")
    for name in ("bind", "trusted_proxies", "registration", "migrate", "workers", "delivery_concurrency"):
        assert _everything()[name] == getattr(defaults, name), name
    assert _everything()["database_pool"] == defaults.database_pool


def test_a_name_that_is_no_setting_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(EXAMPLE.read_text() + '\nregistrations = "open"\n')
    with pytest.raises(Misconfigured, match="registrations"):
        load({}, file)


def _commented() -> dict[str, str]:
    return {line.partition(" ")[0]: line for line in _COMMENTED.findall(EXAMPLE.read_text())}


def _everything() -> dict[str, object]:
    found: dict[str, object] = msgspec.toml.decode(EXAMPLE.read_text())
    for line in _commented().values():
        found |= msgspec.toml.decode(line)
    return found
