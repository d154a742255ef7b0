"""Published packages of the format, on the public implementation and on ours.

The first is asked once, when the rig is built: what each program of the packages does
with a generated call (exit status, output, HTTP requests, programs it starts) is in
`public.json`. A test makes the same calls on ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .calls import Programs, Room
from .setup import HERE, _run, kept

PUBLIC = "runspec==0.76.0"
GATEWAY = "runspec-mcp==0.2.3"
REQUIREMENTS = HERE / "requirements-packages.txt"
SOURCES = [
    REQUIREMENTS,
    *(HERE / f"{name}.py" for name in ("packages", "calls", "stub", "forkserver")),
]
SELF_STARTING = ("who", "journalctl")
"""Programs that start themselves again and again: they are never started."""
HELP_ONLY = frozenset(
    (
        *("kill-process", "reboot-host", "enable-passwordless-sudo", "set-sysctl"),
        *("install-package", "remove-package", "upgrade-packages", "backup-files"),
        *("autoremove-packages", "stop-service", "restart-service", "flush-dns"),
        "restart-container",
    )
)
"""Programs that change the machine they run on: only their help is shown."""
WORKERS = 2


def packages() -> Path:
    """A folder with `wheels`, an environment `public`, and `public.json`."""
    return kept("packages", SOURCES, _install)


def _install(place: Path) -> None:
    python = str(place / "public" / "bin" / "python")
    wheels = str(place / "wheels")
    all_of_it = ("--no-deps", "-r", str(REQUIREMENTS))
    pip = ("-m", "pip", "--disable-pip-version-check")
    _run(sys.executable, *pip, "download", "-q", "-d", wheels, *all_of_it, cwd=place)
    _run(sys.executable, "-m", "venv", str(place / "public"), cwd=place)
    _run(python, *pip, "install", "-q", PUBLIC, GATEWAY, cwd=place)
    offline = ("--no-index", "-f", wheels)
    _run(python, *pip, "install", "-q", *offline, *all_of_it, cwd=place)
    (place / "public.json").write_text(
        json.dumps(_measure(place), indent=1), encoding="utf-8"
    )


def _measure(place: Path) -> dict[str, Any]:
    calls = list(generated(listing(place / "public")))
    return {"calls": calls, "outcomes": run_all(place / "public", calls)}


def listing(environment: Path, *, env: dict[str, str] | None = None) -> Any:
    """What `runspec local --format json` says there."""
    argv = [str(environment / "bin" / "runspec"), "local"]
    done = subprocess.run(
        [*argv, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **(env or {})},
        cwd=environment,
    )
    return json.loads(done.stdout)


def run_all(
    environment: Path, calls: list[dict[str, Any]], env: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """The outcome of each call, in order; each worker has a room of its own."""
    with ThreadPoolExecutor(WORKERS) as pool:
        parts = [calls[number::WORKERS] for number in range(WORKERS)]
        done = pool.map(
            lambda n: _run_part(environment, parts[n], n, env), range(WORKERS)
        )
        results: list[dict[str, Any]] = [{}] * len(calls)
        for number, part in enumerate(done):
            results[number::WORKERS] = part
    return results


def _run_part(
    environment: Path,
    calls: list[dict[str, Any]],
    number: int,
    env: dict[str, str] | None,
) -> list[dict[str, Any]]:
    with Room(number) as room:
        programs = Programs(environment, room, env or {})
        try:
            return [programs.outcome_of(call) for call in calls]
        finally:
            programs.close()


def generated(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Help of each program, and a call of each command that has none below it.

    Every second call gives all arguments, the others those that are required.
    """
    odd = False
    for entry in listed:
        name, spec = entry["runnable"], entry["spec"]
        if name in SELF_STARTING:
            continue
        yield {"argv": [name, "--help"]}
        if name in HELP_ONLY:
            continue
        for path, args in _leaves([name], spec, {}):
            odd = not odd
            some = {key: arg for key, arg in args.items() if odd or arg["required"]}
            yield {"argv": [*path, *_words(some)]}


def _leaves(
    path: list[str], level: dict[str, Any], above: dict[str, Any]
) -> Iterator[tuple[list[str], dict[str, Any]]]:
    args = {**above, **level["args"]}
    if not level["commands"]:
        yield path, args
    for name, command in level["commands"].items():
        yield from _leaves([*path, name], command, args)


def _words(args: dict[str, Any]) -> list[str]:
    positional = [a for a in args.values() if a["position"]]
    words: list[str] = []
    for arg in args.values():
        if arg["position"] or arg["type"] in ("password", "rest"):
            continue
        if arg["type"] == "flag":
            if arg["default"] is not True:
                words.append(f"--{arg['name']}")
        else:
            words.append(f"--{arg['name']}={_value(arg)}")
    positional.sort(key=lambda arg: arg["position"])
    return [*words, *map(_value, positional)]


TEXTS = (
    ("url", "{stub}"),
    ("host", "127.0.0.1"),
    ("server", "127.0.0.1"),
    ("address", "127.0.0.1"),
    ("domain", "localhost"),
    ("email", "ann@example.org"),
    ("values", '{"a": "b"}'),
    ("fields", "summary"),
    ("json", '{"a": "b"}'),
    ("dashboard", '{"title": "x"}'),
    ("time", "2026-01-02T03:04:05Z"),
    ("start", "2026-01-02T03:04:05Z"),
    ("end", "2026-01-02T04:04:05Z"),
    ("date", "2026-01-02"),
    ("key", "PROJ-1"),
    ("pid", "1"),
    ("id", "12"),
)
"""The text for an argument whose name has this word in it."""


def _value(arg: dict[str, Any]) -> str:
    if arg["options"]:
        return str(arg["options"][0])
    kind = arg["type"]
    if kind in ("int", "float"):
        default, between = arg["default"], arg["range"]
        return str(default if default is not None else between[0] if between else 3)
    if kind == "path":
        return "{dir}/in" if "dir" in arg["name"] else "{dir}/in/note.txt"
    if kind == "bool":
        return "true"
    if arg["default"] and isinstance(arg["default"], str):
        return str(arg["default"])
    for word, text in TEXTS:
        if word in arg["name"].lower():
            return text
    return "abc"
