"""What a tool costs through `runspec jump`, next to plain ssh on the same connection.

`python benchmarks/jump.py [--rounds N] [--json FILE]`; exits 1 over a limit. The server
is an sshd of its own on loopback, where a login costs as little as it can. A jump costs
about the same whatever the tool does, so the ratio is a matter of what the tool takes:
the limit holds for the shortest tool here that has to be within it, those that take
less are shown beside it. The last lines say what a jump adds in milliseconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import environments
from measure import Case, bare, benchmark

sys.path.insert(0, str(environments.ROOT / "tests"))
from rigs.sshd import NAME, Sshd  # type: ignore[import-not-found]
from runspec.remote.ssh import Target, ssh_argv

ROUNDS = 40
LIMIT = 1.5
SHORTEST = 0.2
"""Seconds that the shortest tool waits for which LIMIT holds."""
TOOLS = (("greet", None), ("pause", 0.1), ("pause", SHORTEST))
"""A tool each, and how long it waits; `greet` does nothing: that is the jump itself."""
PUBLIC = ("--seconds", str(SHORTEST))
PEER_EVERY = 4
PATIENCE = 20
ALIAS = """\
[config.jump-hosts.{name}]
bin = "{bin}"
options = ["-F", "{config}"]
"""
PUBLIC_ALIAS = """\
[config.jump-hosts.{name}]
host = "127.0.0.1"
port = {port}
key = "{folder}/key"
bin = "{bin}"
options = ["-o", "HostKeyAlias={name}", "-o", "UserKnownHostsFile={folder}/known_hosts"]
"""


def cases(stack: ExitStack) -> list[Case]:
    environment = environments.serving()
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="j")))
    sshd = stack.enter_context(Sshd(place / "sshd"))
    environ = {"XDG_RUNTIME_DIR": str(place)}
    os.environ.update(environ)
    python = bare(environment, "python -c pass")
    found = [python]
    for name, seconds in TOOLS:
        found += pair(environment, sshd, name, seconds, python)
    return [*found, *public_cases(sshd, found[-2], environ)]


def pair(
    environment: Path, sshd: Sshd, name: str, seconds: float | None, python: Case
) -> list[Case]:
    """A tool by plain ssh, and by a jump over the same connection."""
    words = ("--name", "Ada") if seconds is None else ("--seconds", str(seconds))
    shown = name if seconds is None else f"{name} {seconds:g} s"
    program = str(environment / "bin" / name)
    target = Target(NAME, options=("-F", str(sshd.config)))
    ssh = shutil.which("ssh") or "ssh"
    argv = [ssh, *ssh_argv(target, (program, *words), shared=True)[1:]]
    environ = {"XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}
    plain = Case(f"ssh {NAME} {shown}", argv, python, environ=environ)
    limit = LIMIT if (seconds or 0) >= SHORTEST else None
    jump = jump_argv(environment, sshd, name, *words)
    title = f"runspec jump {NAME} {shown}"
    return [plain, Case(title, jump, plain, limit, environ=environ)]


def jump_argv(
    environment: Path, sshd: Sshd, tool: str, *words: str, alias: str = ALIAS
) -> list[str]:
    """A call by way of an alias in a spec."""
    folder = sshd.folder / environment.name
    folder.mkdir(exist_ok=True)
    program = environment / "bin" / "runspec"
    text = alias.format(
        name=NAME, bin=program, config=sshd.config, folder=sshd.folder, port=sshd.port
    )
    (folder / "runspec.toml").write_text(text, "utf-8")
    command = ("jump", NAME, tool, "--", *words)
    return ["/usr/bin/env", f"--chdir={folder}", str(program), *command]


def public_cases(sshd: Sshd, plain: Case, environ: dict[str, str]) -> list[Case]:
    """The public package, where its jump works with this server."""
    try:
        environment = environments.serving_public()
    except environments.UnavailableError as error:
        print(f"the public package is left out: {error}", file=sys.stderr)
        return []
    argv = jump_argv(environment, sshd, "pause", *PUBLIC, alias=PUBLIC_ALIAS)
    case = Case(
        f"public runspec jump {NAME} pause {SHORTEST:g} s",
        argv,
        plain,
        every=PEER_EVERY,
        environ=environ,
    )
    try:
        done = subprocess.run(
            argv,
            env={**environments.environ(environments.BENCH / "home"), **environ},
            capture_output=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        print("the public package is left out: it doesn't come back", file=sys.stderr)
        return []
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        last = (said.splitlines() or ["it failed"])[-1]
        print(f"the public package is left out: {last}", file=sys.stderr)
        return []
    return [case]


def overheads(found: list[Case]) -> str:
    """What each jump takes more than the same tool by plain ssh."""
    lines = []
    for case in found:
        if case.times and case.base is not None and case.base.base is not None:
            more = case.milliseconds - case.base.milliseconds
            lines.append(f"{case.name}: {more:.0f} ms more than plain ssh")
    return "\n".join(lines)


def main() -> int:
    with ExitStack() as stack:
        found: list[Case] = []

        def made() -> list[Case]:
            found.extend(cases(stack))
            return found

        status = benchmark(made, ROUNDS)
    print(f"\n{overheads(found)}")
    print(f"The limit of {LIMIT:g} holds for tools of {SHORTEST:g} s and more.")
    return status


if __name__ == "__main__":
    sys.exit(main())
