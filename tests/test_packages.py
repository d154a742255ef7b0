"""Published packages of the format do here what they do with the public implementation.

`data/packages.json` lists the calls that differ, by why ours is right: a call that
isn't listed does the same here, and one that is listed doesn't.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from rigs.packages import REQUIREMENTS, listing, packages, run_all
from rigs.setup import rig

pytestmark = pytest.mark.slow

LISTED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "packages.json").read_text("utf-8")
)
COMPARED = ("status", "stdout", "requests")

Outcome = dict[str, Any]


class Published:
    """The packages in an environment of ours, and what the public one's did."""

    def __init__(self, place: Path, ours: Environment) -> None:
        offline = ("--no-index", "--find-links", str(place / "wheels"))
        ours.install(*offline, "-r", str(REQUIREMENTS))
        self.ours = ours
        self.public = place / "public"
        measured = json.loads((place / "public.json").read_text("utf-8"))
        self.calls: list[dict[str, Any]] = measured["calls"]
        self.there: list[Outcome] = measured["outcomes"]
        self.here = run_all(ours.place, self.calls)

    def differences(self) -> dict[str, Outcome]:
        """What differs, by the call as it is typed.

        The others are asked again for what isn't as they did it before, for some of it
        is of the time or of the machine.
        """
        unequal = [n for n in range(len(self.calls)) if self._differ(n)]
        calls = [self.calls[n] for n in unequal]
        for _ in range(2):
            again = run_all(self.public, calls)
            for n, outcome in zip(unequal, again, strict=True):
                self.there[n] = agreed(self.there[n], outcome, self.here[n])
        return {
            typed(self.calls[n]): found for n in unequal if (found := self._differ(n))
        }

    def _differ(self, number: int) -> Outcome:
        """What ours did otherwise, and the other's."""
        here, there = self.here[number], self.there[number]
        only = ("status",) if self.calls[number]["argv"][1:] == ["--help"] else COMPARED
        return {
            name: [there[name], here[name]]
            for name in only
            if there[name] is not None and there[name] != here[name]
        }


def agreed(before: Outcome, again: Outcome, here: Outcome) -> Outcome:
    """Each part as it was both times, or ours where it was once; else None."""
    found: Outcome = {}
    for name in COMPARED:
        parts = (before[name], again[name])
        if here[name] in parts:
            found[name] = here[name]
        else:
            found[name] = parts[0] if parts[0] == parts[1] else None
    return found


def typed(call: dict[str, Any]) -> str:
    return shlex.join(call["argv"])


@pytest.fixture(scope="module")
def published(make_environment: Callable[[], Environment]) -> Published:
    return Published(rig(packages), make_environment())


def test_every_program_shows_its_help(published: Published) -> None:
    outcomes = [
        (call["argv"][0], outcome["status"], outcome["stdout"].partition(" ")[0])
        for call, outcome in zip(published.calls, published.here, strict=True)
        if call["argv"][1:] == ["--help"]
    ]
    assert len(outcomes) > 100
    assert [each for each in outcomes if each[1:] != (0, "Usage:")] == []


def test_no_call_ends_in_a_traceback_of_ours(published: Published) -> None:
    folder = str(published.ours.site / "runspec") + os.sep
    assert [
        (typed(call), outcome["stderr"])
        for call, outcome in zip(published.calls, published.here, strict=True)
        if folder in outcome["stderr"].rpartition("Traceback")[2]
        and "Traceback" in outcome["stderr"]
    ] == []


def test_each_command_does_the_same_but_for_what_is_listed(
    published: Published,
) -> None:
    found = published.differences()
    listed = {call: group["differs"] for group in LISTED for call in group["calls"]}
    unlisted = {call: parts for call, parts in found.items() if call not in listed}
    assert unlisted == {}
    assert [call for call in listed if call not in found] == []
    for call, parts in found.items():
        assert {**parts, "stdout": True} == listed[call], call


def test_at_least_twelve_packages_are_listed_without_a_fault(
    published: Published,
) -> None:
    done = published.ours.run("local", "--format", "json")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    starts = ("error", "warning")
    heads = {line.partition(":")[0] for line in lines if line.startswith(starts)}
    assert heads == {"warning[name-conflict]"}  # two have programs of the same names
    listed = json.loads(done.stdout)
    assert len({entry["source"] for entry in listed}) >= 12
    there = {entry["runnable"] for entry in listing(published.public)}
    assert {entry["runnable"] for entry in listed} == there


def test_no_warning_about_their_specs_is_wrong(published: Published) -> None:
    specs = sorted(map(str, published.ours.site.glob("runspec_*/runspec.toml")))
    done = published.ours.run("check", "--format", "json", *specs)
    assert (done.returncode, done.stderr) == (0, "")
    checked = json.loads(done.stdout)["files"]
    assert len(checked) >= 12
    found = {
        (Path(file["path"]).parent.name, fault["code"], fault["subject"])
        for file in checked
        for fault in file["faults"]
    }
    # Its examples give the prompt without --prompt, which the public one refuses, too.
    assert found == {("runspec_claude", "example-refused", "claude-run.examples")}


class Gateway:
    """The public gateway for the format, which finds the tools of two environments."""

    def __init__(self, published: Published, place: Path) -> None:
        config = place / "runspec_mcp.toml"
        folders = f"[local]\nvenv_globs = ['{published.ours.place}']\n"
        config.write_text(f"{folders}[gateway]\nrefresh_interval = 0\n")
        self._requests = 0
        self._process = subprocess.Popen(
            [str(published.public / "bin" / "runspec-mcp"), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=place,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(place),
                "RUNSPEC_MCP_CONFIG": str(config),
            },
        )
        client = {"name": "tests", "version": "1"}
        more = {"protocolVersion": "2025-06-18", "capabilities": {}}
        self.request("initialize", clientInfo=client, **more)
        self._send(method="notifications/initialized")

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        self._requests += 1
        self._send(id=self._requests, method=method, params=params)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._requests:
                result: dict[str, Any] = message["result"]
                return result
        raise AssertionError("the gateway has ended")

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()


def test_the_public_gateway_lists_and_calls_our_tools(
    published: Published, tmp_path: Path
) -> None:
    with Gateway(published, tmp_path) as gateway:
        gateway.request("tools/call", name="fleet_refresh", arguments={})
        tools = [tool["name"] for tool in gateway.request("tools/list")["tools"]]
        host = published.ours.place.name
        found = {name for name in tools if name.startswith(f"{host}__")}
        there = {name for name in tools if name.startswith("public__")}
        more = {name for name in there if name.rpartition("_")[2].isdigit()}
        assert found == {f"{host}{name[len('public') :]}" for name in there - more}
        assert len(found) > 300
        arguments = {"name": "sh"}
        done = gateway.request("tools/call", name=f"{host}__which", arguments=arguments)
    assert not done["isError"], done
    assert "/sh" in done["content"][0]["text"]
