"""What a handler of the client API reads and answers, found in its own source.

Handlers read parameters by name (`call.params.flag("exclusive")`), so that their source says what a client
may send. It is followed into the functions that a handler calls within the client API, and read once, when
somebody asks for the document of it.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import msgspec

PACKAGE = "fediverse_support.web.client_api"
READERS = ("text", "maybe", "flag", "number", "id", "ids", "texts", "rows", "within", "file")
DEEPEST = 6
_AROUND = (f"{PACKAGE}.calls", f"{PACKAGE}.parameters")
"""What stands around every call is told of all at once."""


class Found(msgspec.Struct):
    """Names of parameters with how each is read, whether it is paged by ids, and statuses besides 200."""

    parameters: dict[str, str] = {}
    is_paged: bool = False
    statuses: set[int] = set()


def by(endpoint: Callable[..., Any]) -> Found:
    """What this handler reads and answers."""
    found = Found()
    _follow(inspect.unwrap(endpoint), found, set(), 0)
    return found


def _follow(function: Any, found: Found, seen: set[Any], depth: int) -> None:
    if not isinstance(function, FunctionType) or function in seen or depth > DEEPEST:
        return
    seen.add(function)
    module = sys.modules[function.__module__]
    written = _functions(module).get(function.__qualname__)
    for node in ast.walk(written) if written is not None else ():
        if isinstance(node, ast.Call):
            _read(node, found)
            _follow(_called(node, module, found), found, seen, depth + 1)


@functools.cache
def _functions(module: ModuleType) -> dict[str, ast.AST]:
    """The functions of a module by their names."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _read(node: ast.Call, found: Found) -> None:
    """A parameter that is read, or an answer with a status of its own."""
    function, first = node.func, node.args[0] if node.args else None
    if isinstance(function, ast.Name) and function.id == "Answer":
        found.statuses.update(_numbers(node))
    if not (isinstance(function, ast.Attribute) and function.attr in READERS):
        return
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and _is_params(function.value):
        found.parameters.setdefault(first.value, function.attr)


def _is_params(node: ast.expr) -> bool:
    """`params` or `….params`: what was sent, not what stands within a part of it."""
    return (isinstance(node, ast.Attribute) and node.attr == "params") or (
        isinstance(node, ast.Name) and node.id == "params"
    )


def _numbers(node: ast.Call) -> Iterator[int]:
    for value in (*node.args[1:2], *(named.value for named in node.keywords if named.arg == "status")):
        for part in ast.walk(value):
            if isinstance(part, ast.Constant) and type(part.value) is int:
                yield part.value


def _called(node: ast.Call, module: ModuleType, found: Found) -> Any:
    """The function that is called, if it is one of the client API's own."""
    function: Any = None
    if isinstance(node.func, ast.Name):
        function = vars(module).get(node.func.id)
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        owner = vars(module).get(node.func.value.id)
        function = vars(owner).get(node.func.attr) if isinstance(owner, ModuleType) else None
    if getattr(function, "__module__", "") == f"{PACKAGE}.paging":
        found.is_paged = found.is_paged or function.__name__ == "window"
        return None
    place = str(getattr(function, "__module__", ""))
    return function if place.startswith(PACKAGE) and place not in _AROUND else None
