"""Check the migrations: numbering, a comment that opens each file, and squawk's advice.

Squawk's advice is shown; it fails the run only where following the statement would lock a table that
people use, or lose data, without anybody having said so. A file that means it says `-- squawk-ignore RULE`.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from fediverse_support.core.errors import Misconfigured
from fediverse_support.database import migrations

FATAL = {
    "syntax-error",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-required-field",
    "ban-concurrent-index-creation-in-transaction",
    "ban-drop-column",
    "ban-drop-table",
    "ban-truncate-cascade",
    "changing-column-type",
    "constraint-missing-not-valid",
    "renaming-column",
    "renaming-table",
    "require-concurrent-index-creation",
}
QUIET = {
    "prefer-bigint-over-int",  # counters and positions are small
    "require-lock-timeout",  # the runner sets both
    "require-statement-timeout",
    "prefer-robust-stmts",  # a file runs as one transaction
}


def main() -> int:
    """Print what is wrong; gives the exit code."""
    try:
        files = migrations.read(migrations.folder())
    except Misconfigured as trouble:
        print(trouble.message)
        return 1
    silent = [file.name for file in files if not file.sql.startswith("-- ")]
    for name in silent:
        print(f"{name}: must open with a comment that says why it is there")
    return 1 if squawk(files) or silent else 0


def squawk(files: list[migrations.Migration]) -> bool:
    """Print squawk's advice; gives whether any of it is fatal."""
    found = shutil.which("squawk", path=str(Path(sys.executable).parent))
    if found is None:
        print("squawk is not installed: its advice is skipped")
        return False
    fatal = False
    for transactional in (True, False):
        chosen = [migrations.folder() / file.name for file in files if file.is_transactional is transactional]
        for issue in advice(found, chosen, transactional):
            is_fatal = issue["rule_name"] in FATAL
            fatal = fatal or is_fatal
            print(f"{issue['file']}:{issue['line'] + 1}: {issue['rule_name']}: {issue['message']}")
    return fatal


def advice(program: str, files: list[Path], transactional: bool) -> list[dict]:
    """What squawk says about `files`, less what this house does on purpose."""
    if not files:
        return []
    argv = [program, "--pg-version", "15", "--reporter", "json", *map(str, files)]
    if transactional:
        argv.insert(1, "--assume-in-transaction")
    answer = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    return [issue for issue in json.loads(answer.stdout or "[]") if issue["rule_name"] not in QUIET]


if __name__ == "__main__":
    sys.exit(main())
