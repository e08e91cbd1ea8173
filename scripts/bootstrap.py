"""Make `.venv` with exactly the packages of the lock file, showing progress; say what to do if it fails.

    python3 scripts/bootstrap.py run | test

Run by `make`. Written for any Python from 3.6 on, so that an old one can say that it is too old. A stamp
in `.venv` makes the second call take no time.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")
HOUSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HOUSE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOG = os.path.join(VENV, "install.log")
ROOM = {"run": 300000000, "test": 700000000}
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}

ADVICE = (
    ("No space left on device", "The disk is full. Free about 1 GB and start again."),
    (
        "DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that was locked. Somebody between here and the package index "
        "changed it, or a cache is damaged: try again with PIP_NO_CACHE_DIR=1.",
    ),
    (
        "Failed building wheel|Failed to build|metadata-generation-failed|command '.*(gcc|cc|clang)' failed",
        "There is no ready-made package for this machine, and building one failed. Install a C compiler and "
        "the Python headers (Debian: apt install build-essential python3-dev), or use Python 3.11 to 3.13 on "
        "Linux or macOS, x86-64 or ARM.",
    ),
    ("Permission denied", "This folder may not be written. Make the clone your own, or clone it again."),
    (
        "NewConnectionError|NameResolution|name resolution|Read timed out|ConnectTimeout|ProxyError|SSLError"
        "|Connection refused|Network is unreachable|No matching distribution",
        "The package index cannot be reached. Check the network (and HTTPS_PROXY, PIP_INDEX_URL if you need "
        "them) and start again: what was downloaded is kept.",
    ),
)


def main():
    """Install what `run` or `test` needs; gives the exit code."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "run"
    if sys.version_info < OLDEST:
        return with_a_newer_python()
    if shutil.disk_usage(HOUSE).free < ROOM[kind] and not os.path.exists(PYTHON):
        return failed(ADVICE[0][1])
    hold = os.open(HOUSE, os.O_RDONLY)
    fcntl.flock(hold, fcntl.LOCK_EX)  # two `make` at once: the second waits, then finds all done
    if is_done(kind):
        return 0
    return make_venv() or install(kind)


def with_a_newer_python():
    """Start again with a newer Python of this machine, if it has one."""
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606
    return failed(
        "Python {}.{} or later is needed; this is {}.{}.".format(*OLDEST, *sys.version_info[:2]),
        "Install it (Debian 12 and later: apt install python3 python3-venv), "
        "or name it: make PYTHON=/path/to/python3.11",
    )


def stamp(kind):
    """What must be unchanged for the installation to be good: lock file, declarations, place, Python."""
    digest = hashlib.sha256(VENV.encode())
    for name in (LOCKS[kind], "pyproject.toml"):
        with open(os.path.join(HOUSE, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def is_done(kind):
    """Whether `.venv` holds this kind already (the test kind holds everything)."""
    return os.access(PYTHON, os.X_OK) and any(
        content(os.path.join(VENV, "installed-" + held)) == stamp(held) for held in {kind, "test"}
    )


def content(path):
    """The text of a file, or nothing."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def make_venv():
    """Make `.venv` unless it works already; gives the exit code."""
    wanted = [PYTHON, "-c", "import sys, pip; assert sys.version_info >= (3, 11)"]
    if os.access(PYTHON, os.X_OK) and run(wanted).returncode == 0:
        return 0
    say("Making .venv with Python {}.{} …".format(*sys.version_info[:2]))
    shutil.rmtree(VENV, ignore_errors=True)
    made = run([sys.executable, "-m", "venv", VENV])
    if made.returncode == 0:
        return 0
    shutil.rmtree(VENV, ignore_errors=True)
    if advice(made.stdout):
        return failed(advice(made.stdout))
    if "ensurepip" in made.stdout or "No module named venv" in made.stdout:
        return failed(
            "This Python has no venv module. Install it: on Debian and Ubuntu apt install python3-venv "
            "(or python{}.{}-venv).".format(*sys.version_info[:2])
        )
    return failed(made.stdout)


def install(kind):
    """Install the packages of the lock file, then the house itself; gives the exit code."""
    pip = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    steps = (
        (["--require-hashes", "-r", os.path.join(HOUSE, LOCKS[kind])], "packages"),
        (["--no-deps", "--no-build-isolation", "-e", HOUSE], "the program"),
    )
    for arguments, what in steps:
        code, said = watched([*pip, *arguments], what, kind)
        if code != 0:
            known = advice(said) if what == "packages" else ""
            return failed(known or said[-2000:], f"All that pip said is in {LOG}")
    with open(os.path.join(VENV, "installed-" + kind), "w") as file:
        file.write(stamp(kind))
    say("Installed.")
    return 0


def watched(argv, what, kind):
    """Run pip, showing how far it is; gives its exit code and all it said."""
    total = len(re.findall(r"^[a-z0-9].*==", content(os.path.join(HOUSE, LOCKS[kind])), re.MULTILINE))
    is_terminal = sys.stdout.isatty()
    said, count = [], 0
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(argv, env=clean(), **out)  # noqa: S603
    with open(LOG, "a") as log:
        for line in process.stdout:
            said.append(line)
            log.write(line)
            if line.startswith(("Collecting ", "Requirement already")):
                count += 1
                if is_terminal:
                    print(f"\rFetching {what}: {count} of about {total} \033[K", end="", flush=True)
                elif count % 20 == 1:
                    say(f"Fetching {what}: {count} of about {total} …")
            elif line.startswith("Installing collected"):
                say(("\n" if is_terminal else "") + f"Installing {what} …")
            elif "Retrying" in line:
                say("The package index does not answer; trying again …")
    return process.wait(), "".join(said)


def run(argv):
    """Run a command to its end; both outputs are in `stdout`."""
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(argv, env=clean(), check=False, **out)  # noqa: S603


def clean():
    """The environment without what would make pip install somewhere else."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_HASHES")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def advice(said):
    """What to do about the failure that pip or venv described, if it is a known one."""
    return next((then for pattern, then in ADVICE if re.search(pattern, said)), "")


def say(line):
    """Print a line at once."""
    print(line, flush=True)


def failed(*lines):
    """Print what went wrong; gives the exit code."""
    print("\nThe installation failed.", *lines, sep="\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(failed(advice(str(error)) or str(error)))
    except KeyboardInterrupt:
        sys.exit(130)
