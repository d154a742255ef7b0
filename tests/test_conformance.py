"""The public conformance suite: what a server of tools can pass, it passes.

`data/conformance.json` lists for each revision what doesn't pass, and why: a scenario,
or `SCENARIO:CHECK` where the others of it do. A check that isn't listed must pass, and
one that is must not. Whatever a scenario wants, what is sent must fit the schema.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from environments import Environment, write
from rigs import setup
from rigs.servers import web_server

pytestmark = pytest.mark.slow

LIST: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "data" / "conformance.json").read_text("utf-8")
)
PASSING = ("SUCCESS", "SKIPPED", "INFO")
SENT = "wire-schema-valid"
"""The check of every message that the server sends."""

Checks = dict[str, list[dict[str, Any]]]


def run_suite(tools: Path, revision: str, url: str, folder: Path) -> Checks:
    """The checks of every scenario of a revision's requirements."""
    suite = [*setup.conformance(tools), "server", "--url", url]
    done = subprocess.run(
        [*suite, "--requirements", revision, "-o", str(folder / "results")],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = {}
    for path in folder.glob("results/**/checks.json"):
        name = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        found[name] = json.loads(path.read_text("utf-8"))
    assert set(found) == set(re.findall(r"Running scenario: (\S+)", done.stdout)), (
        done.stdout + done.stderr
    )
    return found


def not_passed(checks: Checks) -> dict[str, str]:
    """What didn't pass, `SCENARIO:CHECK`, and what the suite says of it."""
    return {
        f"{scenario}:{check['id']}": check.get("errorMessage", "")
        for scenario, each in checks.items()
        for check in each
        if check["status"] not in PASSING
    }


@pytest.mark.parametrize("revision", LIST)
def test_what_passes_is_what_is_not_listed(
    revision: str,
    node_tools: Path,
    make_served: Callable[[], Environment],
    tmp_path: Path,
) -> None:
    broken = write(tmp_path / "broken", {"runspec.toml": "[a]\nautonomy = 1\n"})
    faults = ("--path", str(broken))  # so that there is a resource
    with web_server(make_served(), *faults, cwd=tmp_path) as url:
        checks = run_suite(node_tools, revision, url, tmp_path)
    failed, listed = not_passed(checks), LIST[revision]
    unlisted = {name: said for name, said in failed.items() if not is_in(name, listed)}
    assert unlisted == {}
    passed = {
        name for name in listed if not any(is_in(each, [name]) for each in failed)
    }
    assert passed == set(), "listed, and passes"


def is_in(name: str, listed: Collection[str]) -> bool:
    """Whether that check is listed, by itself or with its scenario."""
    scenario, _, check = name.partition(":")
    return name in listed or (scenario in listed and check != SENT)


def test_every_reason_is_a_sentence() -> None:
    for reasons in LIST.values():
        assert all(reason.endswith(".") for reason in reasons.values())
