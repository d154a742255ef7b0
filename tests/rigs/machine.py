"""What tests may change on this machine, and what a run that was killed left on it.

Users, packages and daemons are made only where RUNSPEC_TEST_MACHINE=1 says so. Whatever
is made has the id of the process in its name that made it; `sweep` removes what is left
of processes that are gone.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from .setup import UnavailableError

VARIABLE = "RUNSPEC_TEST_MACHINE"
SKIPPED = f"it changes this machine, which tests do only with {VARIABLE}=1"
TEMPORARY = Path("/tmp")
"""Of a short name: there are sockets in these folders."""
SUDOERS = Path("/etc/sudoers.d")
DOAS = Path("/etc/doas.conf")
POLICY = Path("/usr/sbin/policy-rc.d")
"""Keeps packages from starting their daemons (exit status 101)."""
MARK = "runspec-test-{pid}"
_MARKED = re.compile(r"# runspec-test-([0-9]+)$", re.MULTILINE)
_FOLDER = re.compile(r"runspec-[a-z]+-([0-9]+)-.+")
_USER = re.compile(r"rs-[a-z]+-([0-9]+)")


def require_consent() -> None:
    """Raises UnavailableError where this machine is to be left as it is."""
    if os.environ.get(VARIABLE) != "1":
        raise UnavailableError(SKIPPED)


def mark() -> str:
    """The name of what this process makes."""
    return MARK.format(pid=os.getpid())


def private_folder(kind: str) -> Path:
    """A new folder that `sweep` finds."""
    return Path(mkdtemp(prefix=f"runspec-{kind}-{os.getpid()}-", dir=TEMPORARY))


def user_name(kind: str) -> str:
    return f"rs-{kind}-{os.getpid()}"


def sweep() -> list[str]:
    """Remove what processes left behind that are gone; gives what it was."""
    found = [_remove_folder(path) for path in _folders()]
    if os.geteuid() == 0:
        found += [_remove_user(name) for name in _users()]
        found += [_unlink(path) for path in _files()]
    return found


def _is_gone(number: str) -> bool:
    return not Path("/proc", number).exists()


def _folders() -> Iterator[Path]:
    for path in sorted(TEMPORARY.glob("runspec-*-*-*")):
        match = _FOLDER.fullmatch(path.name)
        if match and _is_gone(match[1]):
            about = path.lstat()
            if path.is_dir() and about.st_uid == os.geteuid():
                yield path


def _users() -> list[str]:
    """Those that were made in a private folder."""
    return [
        entry.pw_name
        for entry in pwd.getpwall()
        if (match := _USER.fullmatch(entry.pw_name))
        and _is_gone(match[1])
        and entry.pw_dir.startswith(f"{TEMPORARY}/runspec-users-")
    ]


def _files() -> Iterator[Path]:
    for path in sorted(SUDOERS.glob(MARK.format(pid="*"))):
        if _is_gone(path.name.rpartition("-")[2]):
            yield path
    for path in (DOAS, POLICY):
        with suppress(OSError, UnicodeDecodeError):
            match = _MARKED.search(path.read_text("utf-8"))
            if match and _is_gone(match[1]):
                yield path


def _remove_folder(path: Path) -> str:
    """With the daemons whose files are in it."""
    for pid in _pids():
        with suppress(OSError):
            if os.fsencode(path) in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path, ignore_errors=True)
    return str(path)


def _remove_user(name: str) -> str:
    end_all_of(name)
    subprocess.run(["userdel", name], check=False, capture_output=True)
    return name


def _unlink(path: Path) -> str:
    path.unlink(missing_ok=True)
    return str(path)


def end_all_of(name: str) -> None:
    """Kill what still runs as that user, which no test leaves behind."""
    uid = pwd.getpwnam(name).pw_uid
    for pid in _pids():
        with suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == uid:
                os.kill(pid, signal.SIGKILL)


def _pids() -> list[int]:
    return [int(each) for each in os.listdir("/proc") if each.isdigit()]
