"""What the documents point to is there: pages, headings, files, names in the code, commands, settings."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from fediverse_support.cli import app
from fediverse_support.core.settings import Settings

HOUSE = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in HOUSE.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in page.relative_to(HOUSE).parts)
)
IDS = [str(page.relative_to(HOUSE)) for page in PAGES]

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^()\s]+)\)")
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
NAMED_FILE = re.compile(r"[\w.-]+(?:/[\w@.-]+)+\.(?:py|sql|md|toml|yaml|service|timer|html|css|js)\b")
SYMBOL = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)`")
SETTING = re.compile(r"\bFS_[A-Z_]+[A-Z]\b")
COMMAND = re.compile(r"^(?:sudo )?(?:\S*/)?fediverse-support\s+(.*)$")

OTHER_VARIABLES = {"FS_SETTINGS", "FS_UPSTREAM", "FS_SECRET", "FS_NAME"}
"""Not settings: where the settings file is, what only the Caddyfile reads, and ways to speak of them all."""

pages = pytest.mark.parametrize("page", PAGES, ids=IDS)


def test_there_is_something_to_read() -> None:
    assert {"README.md", "docs/tour.md", "docs/self-hosting.md", "FEDERATION.md"} <= set(IDS)


@pages
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [target for _, target in _links(page) if not _leads_somewhere(page, target)]
    assert broken == []


@pages
def test_every_name_that_links_into_the_code_is_defined_there(page: Path) -> None:
    wrong = []
    for text, target in _links(page):
        symbol = SYMBOL.fullmatch(text)
        file = (page.parent / target.partition("#")[0]).resolve()
        if symbol and file.suffix == ".py" and file.is_file() and not _defines(file, symbol[1]):
            wrong.append(f"{symbol[1]} in {target}")
    assert wrong == []


@pages
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = {name for code in CODE.findall(_prose(page)) for name in NAMED_FILE.findall(code)}
    places = (HOUSE, HOUSE / "fediverse_support", page.parent)
    lost = [name for name in named if _is_ours(name) and not any((place / name).exists() for place in places)]
    assert lost == []


@pages
def test_every_setting_that_is_named_is_one(page: Path) -> None:
    known = {f"FS_{name.upper()}" for name in Settings.__struct_fields__} | OTHER_VARIABLES
    assert set(SETTING.findall(page.read_text())) - known == set()


@pages
def test_every_command_in_a_block_can_be_typed(page: Path) -> None:
    refused = {}
    for line in _commands(page):
        try:
            app.parse_args(shlex.split(line), exit_on_error=False, print_error=False)
        except CycloptsError as error:
            refused[line] = str(error)
    assert refused == {}


@pytest.mark.parametrize(
    ("symbol", "is_there"),
    [("Reception.receive", True), ("LARGEST_BODY", True), ("Reception.lose", False), ("lost", False)],
)
def test_the_search_for_names_finds_what_is_there_and_no_more(symbol: str, is_there: bool) -> None:
    assert _defines(HOUSE / "fediverse_support/inbox/reception.py", symbol) is is_there


def _links(page: Path) -> list[tuple[str, str]]:
    found = [(match["text"], match["target"]) for match in LINK.finditer(_prose(page))]
    return [(text, target) for text, target in found if not re.match(r"[a-z]+:", target)]


def _prose(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def _leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists() or not file.is_relative_to(HOUSE):
        return False
    return not anchor or file.suffix != ".md" or anchor in _anchors(file)


@cache
def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#{1,6} +(.+?) *$", _prose(page), re.MULTILINE)
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@cache
def _names(file: Path) -> set[str]:
    """Everything that a module defines: functions, classes with what is in them, constants."""
    return set(_named_in(ast.parse(file.read_text()).body, ""))


def _named_in(body: list[ast.stmt], prefix: str) -> list[str]:
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(prefix + node.name)
        elif isinstance(node, ast.ClassDef):
            found += [prefix + node.name, *_named_in(node.body, f"{prefix}{node.name}.")]
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            listed = [item for one in targets for item in (one.elts if isinstance(one, ast.Tuple) else [one])]
            found += [prefix + item.id for item in listed if isinstance(item, ast.Name)]
    return found


def _defines(file: Path, symbol: str) -> bool:
    """Whether the module has this name, with or without its own name before it, or is it itself."""
    return symbol in {file.stem, file.name} | _names(file) or symbol.removeprefix(f"{file.stem}.") in _names(
        file
    )


def _is_ours(name: str) -> bool:
    """Not a path on the reader's machine, or on somebody's server."""
    return not name.startswith(("etc/", "opt/", "var/", "srv/", "usr/", "home/"))


def _commands(page: Path) -> list[str]:
    """What follows `fediverse-support` in blocks marked `sh`, without redirections and comments."""
    found = []
    for match in FENCE.finditer(page.read_text()):
        if match["kind"] != "sh":
            continue
        for line in match["body"].replace("\\\n", " ").splitlines():
            command = COMMAND.match(re.split(r"\s+(?:#|\||<|>|&&)", line.strip())[0])
            if command and not re.search(r"[\[\]…]", command[1]):
                found.append(command[1])
    return found
