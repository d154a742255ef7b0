"""Users of this machine that are made for tests, and what lets one become another.

    with Users() as users:
        users.run("run", "show")            # `runspec`, as users.caller
        users.run("run", "show", root=True)

`caller` may become `oracle` by sudo without a password, and nobody else. All of it is
gone afterwards.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environments import ROOT

from . import debian
from .machine import (
    DOAS,
    SUDOERS,
    end_all_of,
    mark,
    private_folder,
    require_consent,
    user_name,
)
from .setup import UnavailableError

SYSTEM = "/usr/bin/python3"
NEWEST_NOT = "import sys; sys.exit(sys.version_info < (3, 11))"
COMMAND = """\
#!/bin/sh
export PYTHONPATH={source} PYTHONDONTWRITEBYTECODE=1
exec {become}{python} -m runspec "$@"
"""
PATIENCE = 300.0


class Users:
    """Two users, a public folder, and a copy of this project that all can read."""

    def __init__(self) -> None:
        require_consent()
        if os.geteuid() != 0:
            raise UnavailableError("only root can make users")
        debian.require("useradd", "passwd")
        self.sudo = debian.require("sudo", "sudo")
        self.folder = private_folder("users")
        self.folder.chmod(0o755)
        self._made: list[str] = []

    def __enter__(self) -> Users:
        try:
            self.caller = self._user("caller")
            self.oracle = self._user("oracle")
            self.python = _public_python()
            self._install()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            end_all_of(name)
            subprocess.run(["userdel", name], check=False, capture_output=True)
        self.sudoers.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def sudoers(self) -> Path:
        return SUDOERS / mark()

    def _user(self, kind: str) -> pwd.struct_passwd:
        name = user_name(kind)
        home = self.folder / f"home-{kind}"
        add = ["useradd", "--create-home", "--home-dir", str(home), name]
        done = subprocess.run(
            [*add, "--shell", "/bin/sh"], capture_output=True, text=True
        )
        if done.returncode:
            raise UnavailableError(f"useradd: {done.stderr.strip()}")
        self._made.append(name)
        return pwd.getpwnam(name)

    def _install(self) -> None:
        caller, oracle = self.caller.pw_name, self.oracle.pw_name
        self.allow(f"{caller} ALL=({oracle}) NOPASSWD: ALL")
        source = self.folder / "source" / "runspec"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src" / "runspec", source, ignore=ignored)
        ids = f"--reuid={self.caller.pw_uid} --regid={self.caller.pw_gid}"
        become = f"setpriv {ids} --clear-groups "
        for place, words in (("bin", become), ("root-bin", "")):
            path = self.folder / place / "runspec"
            path.parent.mkdir()
            names = {"source": source.parent, "python": self.python}
            text = COMMAND.format(**names, become=words)
            path.write_text(text, "utf-8")
            path.chmod(0o755)

    def allow(self, *lines: str) -> None:
        """What stands in this test's sudoers file, from now on."""
        self.sudoers.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        self.sudoers.chmod(0o440)

    @contextmanager
    def doas(self) -> Iterator[None]:
        """What sudo allows, doas allows, too. Raises UnavailableError."""
        if DOAS.exists():
            raise UnavailableError("this machine has a doas.conf of its own")
        debian.require("doas", "opendoas")
        caller, oracle = self.caller.pw_name, self.oracle.pw_name
        rule = f"# {mark()}\npermit nopass {caller} as {oracle}\n"
        DOAS.write_text(rule, "utf-8")
        DOAS.chmod(0o600)
        try:
            yield
        finally:
            DOAS.unlink()

    @property
    def bin(self) -> Path:
        """Where the caller's `runspec` is; as an Environment has it."""
        return self.folder / "bin"

    def environ(self, **variables: str) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        home = {"HOME": self.caller.pw_dir, "USER": self.caller.pw_name}
        return {"PATH": path, "LANG": "C.UTF-8", **home, **variables}

    def run(
        self,
        *argv: str,
        cwd: Path,
        stdin: str = "",
        root: bool = False,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run `runspec` as the caller, or as root."""
        place = "root-bin" if root else "bin"
        home = {"HOME": str(self.folder / "root")} if root else {}
        return subprocess.run(
            [str(self.folder / place / "runspec"), *argv],
            cwd=cwd,
            env=self.environ(**{**home, **variables}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


def _public_python() -> str:
    """One that every user can run, of a version that this project takes."""
    own = os.path.realpath(sys.executable)
    # setpriv itself still has the rights of root when it starts a program.
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    probe = [*nobody, "sh", "-c", 'exec "$0" -c ""', own]
    if subprocess.run(probe, capture_output=True).returncode == 0:
        return own
    if not Path(SYSTEM).exists():
        raise UnavailableError(f"other users can't run {sys.executable}")
    if subprocess.run([SYSTEM, "-c", NEWEST_NOT]).returncode:
        raise UnavailableError(f"{SYSTEM} is too old")
    return SYSTEM
