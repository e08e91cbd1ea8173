"""Finding the handler of an address: one step for each part of it, however many addresses there are."""

from collections.abc import Iterable
from typing import Any

from starlette.routing import Route

from fediverse_support.core.errors import Misconfigured
from fediverse_support.web.client_api.calls import Endpoint


class Table:
    """Addresses as a tree of their parts. A part in braces is any one; what is written out goes first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            if not hasattr(route.endpoint, "who"):
                raise Misconfigured(f"{route.path} does not declare who may call it.")
            node = self._root
            for part in route.path.strip("/").split("/"):
                node = node.below(part)
            for method in route.methods or {"GET"}:
                if node.endpoints.setdefault(method, route.endpoint) is not route.endpoint:
                    raise Misconfigured(f"{method} {route.path} is declared twice.")

    def find(self, path: str) -> tuple[dict[str, Endpoint], dict[str, str]]:
        """The handlers of an address by method, and what stood in its braces; nothing if there is none."""
        found: dict[str, str] = {}
        node: _Node | None = self._step(self._root, path.strip("/").split("/"), 0, found)
        return (node.endpoints, found) if node is not None else ({}, {})

    def _step(self, node: "_Node", parts: list[str], at: int, found: dict[str, str]) -> "_Node | None":
        if at == len(parts):
            return node if node.endpoints else None
        if (written := node.written.get(parts[at])) is not None:
            deeper = self._step(written, parts, at + 1, found)
            if deeper is not None:
                return deeper
        if node.any_one is None or not parts[at]:
            return None
        name, below = node.any_one
        deeper = self._step(below, parts, at + 1, found)
        if deeper is not None:
            found[name] = parts[at]
        return deeper


class _Node:
    def __init__(self) -> None:
        self.written: dict[str, _Node] = {}
        self.any_one: tuple[str, _Node] | None = None
        self.endpoints: dict[str, Any] = {}

    def below(self, part: str) -> "_Node":
        if not part.startswith("{"):
            return self.written.setdefault(part, _Node())
        if self.any_one is None:
            self.any_one = part.strip("{}"), _Node()
        if self.any_one[0] != part.strip("{}"):
            raise Misconfigured(f"{part} stands where {self.any_one[0]} does: one place has one name.")
        return self.any_one[1]
