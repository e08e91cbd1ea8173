"""Print the longest files and functions of the package: where to look when the house needs tidying."""

import ast
import sys
from pathlib import Path

SHOWN = 8


def main() -> int:
    """Print both lists."""
    house = Path(__file__).resolve().parents[1]
    files: list[tuple[int, str]] = []
    functions: list[tuple[int, str]] = []
    for path in sorted((house / "fediverse_support").rglob("*.py")):
        text = path.read_text("utf-8")
        name = str(path.relative_to(house))
        files.append((text.count("\n"), name))
        functions += [(length, f"{name}:{line} {what}") for length, line, what in measured(ast.parse(text))]
    for title, found in (("Longest files", files), ("Longest functions", functions)):
        print(f"{title} (lines)")
        for length, what in sorted(found, reverse=True)[:SHOWN]:
            print(f"  {length:5}  {what}")
    return 0


def measured(tree: ast.Module) -> list[tuple[int, int, str]]:
    """Length, first line and name of each function."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return [((node.end_lineno or node.lineno) - node.lineno + 1, node.lineno, node.name) for node in found]


if __name__ == "__main__":
    sys.exit(main())
