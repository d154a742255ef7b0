"""Tools that can be waited for, and the servers of them that tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from http_rig import Pipe, Site, site

SPEC = """
[hello]
description = "Says hello"
autonomy = "autonomous"

[hello.args]
name = { default = "you", description = "To whom" }

[waits]
description = "Tells its process id, and waits for a word"
autonomy = "autonomous"

[counts]
description = "Tells how far it is, then waits for a word"
autonomy = "autonomous"

[asks]
description = "Needs a person's yes"
autonomy = "confirm"
"""
PROGRAMS = {
    "hello": 'echo "hello $RUNSPEC_NAME"',
    "waits": 'echo $BASHPID > begun; read -r word < word; echo "heard $word"',
    "counts": 'echo 1/2 >&"$RUNSPEC_PROGRESS"; read -r word < word; echo done',
    "asks": "echo done",
}


class World:
    """A spec with programs that can be waited for."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "runspec.toml").write_text(SPEC)
        for name, text in PROGRAMS.items():
            program = place / name
            program.write_text(f"#!/bin/bash\n{text}\n")
            program.chmod(0o755)
        self.begun = Pipe(place / "begun")
        os.mkfifo(place / "word")

    def say(self, word: str) -> None:
        """Let the program that waits go on."""
        with (self.place / "word").open("w") as pipe:
            pipe.write(word + "\n")


@pytest.fixture(scope="module", name="world")
def a_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.begun.close()


@pytest.fixture(scope="module", name="here")
def a_server(world: World) -> Iterator[Site]:
    """A server that the tests of a file share."""
    with site(world.place) as found:
        yield found
