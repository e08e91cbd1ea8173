"""The pages of reference say what there is: every setting, command and metric, and none that is not."""

import re
from pathlib import Path

import msgspec
import pytest
from prometheus_client.metrics import MetricWrapperBase

from fediverse_support import cli
from fediverse_support.core import metrics, settings

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def setting_names() -> set[str]:
    return {
        "DATABASE_URL" if name == "database_url" else f"FS_{name.upper()}"
        for name in settings.Settings.__struct_fields__
    }


def commands(app=cli.app, before: tuple[str, ...] = ()) -> set[str]:
    found: set[str] = set()
    for name in app:
        if not name.startswith("-"):
            below = commands(app[name], (*before, name))
            found |= below or {" ".join((*before, name))}
    return found


def metric_names() -> set[str]:
    found = set()
    for value in vars(metrics).values():
        if isinstance(value, MetricWrapperBase):
            (family,) = value.describe()
            found.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return found


def rows_of(name: str) -> str:
    """The first cells of the tables of a page, where names are explained."""
    return "\n".join(line.split(" | ")[0] for line in page(name).splitlines() if line.startswith("| `"))


def test_every_setting_is_explained_and_none_that_does_not_exist():
    assert set(re.findall(r"`(FS_[A-Z_]+|DATABASE_URL)`", rows_of("settings.md"))) == setting_names()


def test_the_defaults_in_the_documentation_are_those_of_the_code():
    fields = {field.name: field.default for field in msgspec.structs.fields(settings.Settings)}
    said = dict(re.findall(r"^\| `(?:FS_)?([A-Z_]+)` \| `([^`]+)` \|", page("settings.md"), re.MULTILINE))
    assert len(said) >= 8
    for name, default in said.items():
        if name not in ("LOG", "SECRET_KEY_FILE", "ORIGIN"):
            value = fields[name.lower()]
            assert default == (
                {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
            ), name


def test_the_example_file_names_only_settings_that_exist():
    text = (DOCS.parent / "deploy" / "settings.example.toml").read_text()
    names = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    assert names
    assert names <= set(settings.Settings.__struct_fields__)


def test_every_command_is_explained_and_none_that_does_not_exist():
    explained = set()
    for spoken in re.findall(r"`([a-z][^`]*)`", rows_of("commands.md")):
        words = re.match(r"[a-z-]+(?: [a-z-]+)*", spoken)
        assert words is not None
        explained.add(words[0])
    assert explained == commands()


def test_every_metric_is_explained_and_none_that_does_not_exist():
    explained = set(re.findall(r"`(fs_[a-z_]+)", rows_of("metrics.md")))
    assert explained == metric_names()


@pytest.mark.parametrize("file", sorted(DOCS.rglob("*.md")), ids=lambda file: file.name)
def test_commands_named_anywhere_exist(file):
    """`fediverse-support x y` in prose and examples is a command that there is."""
    families = {command.split()[0] for command in commands()}
    for first, second in re.findall(r"fediverse-support ([a-z-]+)(?: ([a-z-]+))?", file.read_text()):
        if first in families and not (first in commands() or not second):
            assert any(command.startswith(f"{first} {second}") for command in commands()), (first, second)


def test_links_of_these_pages_lead_somewhere():
    for name in ("settings.md", "commands.md", "metrics.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(name)):
            assert (DOCS / target).exists(), f"{name} links to {target}"
