"""The Node example, as a user of its wheel sees it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from environments import PIP, ROOT, Environment, write
from rigs import setup

SOURCE = ROOT / "examples" / "links"
PAGES = {
    "index.md": """\
# The *Start* of `it`

[good](sub/other.md), [gone](sub/gone.md) and [a place](#the-start-of-it)
![picture](<a b.png> "title"), [no place](#end), [else](https://example.org/x)
`[code](nowhere.md)` and [twice](sub/other.md#again-1)

```md
[also code](nowhere.md)
```

[ref]: /index.md#nothing
""",
    "sub/other.md": """\
# Again

<a class='x' name="here"></a>

## Again ##
[x](#here)
""",
    "sub/notes.txt": "[not Markdown](nowhere.md)",
    "vendor/index.md": "[gone](gone.md)",
}
BROKEN = [
    ("index.md", 3, "sub/gone.md", "no such file"),
    ("index.md", 4, "a b.png", "no such file"),
    ("index.md", 4, "#end", "no such heading"),
    ("index.md", 11, "/index.md#nothing", "no such heading"),
]


@pytest.fixture(scope="module")
def links(
    make_environment: Callable[[], Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    """An environment with the example, and a Node in its PATH."""
    environment = make_environment()
    folder = tmp_path_factory.mktemp("wheel")
    build = [*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(SOURCE)], check=True)
    environment.install("--no-index", *map(str, folder.glob("*.whl")))
    if shutil.which("node") is None:
        (environment.bin / "node").symlink_to(_node())
    return environment


def _node() -> str:
    return setup.node(setup.rig(setup.node_tools))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write(tmp_path / "site", PAGES)


def found(done: subprocess.CompletedProcess[str]) -> list[tuple[Any, ...]]:
    """The broken links of a report that is as its schema says."""
    report = json.loads(done.stdout)
    spec = tomllib.loads(
        (SOURCE / "src" / "links_example" / "runspec.toml").read_text("utf-8")
    )
    jsonschema.validate(report, spec["links"]["output-schema"])
    return [tuple(each.values()) for each in report["broken"]]


def test_broken_links_are_listed_with_their_places(
    links: Environment, site: Path
) -> None:
    done = links.run("site", "--ignore", "vendor", cwd=site.parent, program="links")
    assert (done.returncode, done.stderr) == (0, "")
    assert found(done) == BROKEN
    report = json.loads(done.stdout)
    assert (report["files"], report["links"]) == (2, 8)


def test_headings_are_looked_up_unless_somebody_says_no(
    links: Environment, site: Path
) -> None:
    done = links.run("--no-headings", cwd=site / "sub", program="links")
    assert (done.returncode, found(done)) == (0, [])
    done = links.run("--no-headings", cwd=site, program="links")
    assert {each[3] for each in found(done)} == {"no such file"}
    assert ("vendor/index.md", 1, "gone.md", "no such file") in found(done)


@pytest.mark.parametrize(("folder", "status"), [(".", 1), ("sub", 0)])
def test_a_strict_call_fails_where_a_link_is_broken(
    links: Environment, site: Path, folder: str, status: int
) -> None:
    done = links.run(folder, "--strict", cwd=site, program="links")
    assert (done.returncode, bool(found(done))) == (status, bool(status))


def test_a_wrong_call_is_refused_before_node_sees_it(
    links: Environment, site: Path
) -> None:
    done = links.run("--strictt", cwd=site, program="links")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--strict" in done.stderr
    assert "Usage: links" in done.stderr


def test_a_folder_that_is_not_there_is_one_line(links: Environment, site: Path) -> None:
    done = links.run("nowhere", cwd=site, program="links")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("links: ENOENT")
    assert done.stderr.count("\n") == 1


def test_each_file_is_told_to_whoever_listens_to_progress(
    links: Environment, site: Path
) -> None:
    reading, writing = os.pipe()
    environ = links.environ(
        RUNSPEC_RUNNABLE="links",
        RUNSPEC_FOLDER=str(site),
        RUNSPEC_PROGRESS=str(writing),
    )
    done = subprocess.run(
        ["sh", "-c", 'RUNSPEC_PID=$$ exec "$0"', links.bin / "links"],
        env=environ,
        pass_fds=(writing,),
        capture_output=True,
        text=True,
        timeout=300,
    )
    os.close(writing)
    with open(reading, encoding="utf-8") as told:
        lines = told.read().splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines == ["1/3 index.md", "2/3 sub/other.md", "3/3 vendor/index.md"]


def test_an_agent_sees_its_arguments_and_that_it_answers_in_json(
    links: Environment,
) -> None:
    done = links.run("local", "--format", "mcp", "--runnable", "links")
    (tool,) = json.loads(done.stdout)["tools"]
    assert tool["x-output"] == "json"
    assert list(tool["inputSchema"]["properties"]) == [
        *("folder", "ignore", "headings", "strict")
    ]
