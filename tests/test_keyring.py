"""A secret that the system's keyring holds, with the real library."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import PIP, Environment, write

pytestmark = pytest.mark.slow

SPEC = """
[login]
description = "Logs in"
autonomy = "confirm"

[login.args]
token = { type = "password", env = "LOGIN_TOKEN", description = "Of the service" }
"""
PROGRAM = "[[ $RUNSPEC_TOKEN == s3cret ]] && echo right\n"
BACKEND = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}


def place(folder: Path) -> Path:
    reference = "LOGIN_TOKEN=keyring:service/me\n"
    files = {"runspec.toml": SPEC, "login.sh": PROGRAM, "own.env": reference}
    write(folder, files)
    (folder / "own.env").chmod(0o600)
    return folder


def test_a_secret_comes_from_the_keyring(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    pip = [*PIP, "--python", str(environment.bin / "python"), "install", "--quiet"]
    subprocess.run([*pip, "keyring", "keyrings.alt"], check=True)
    own = {"RUNSPEC_ENV_FILE": str(place(tmp_path) / "own.env"), **BACKEND}
    missing = environment.run("run", "login", cwd=tmp_path, **own)
    assert missing.returncode == 2
    assert "isn't in the keyring" in missing.stderr
    keep = ("set", "service", "me")
    environment.run(*keep, program="keyring", stdin="s3cret\n", cwd=tmp_path, **own)
    done = environment.run("run", "login", cwd=tmp_path, **own)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr


def test_without_the_extra_it_says_what_to_install(
    bare: Environment, tmp_path: Path
) -> None:
    own = {"RUNSPEC_ENV_FILE": str(place(tmp_path) / "own.env")}
    done = bare.run("run", "login", cwd=tmp_path, **own)
    assert done.returncode == 2
    assert "runspec[keyring]" in done.stderr
