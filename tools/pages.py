"""Run the examples of a Markdown page as a reader would.

A fenced block with `title="name"` is a file, written where the page's commands run.
A `console` block holds commands (`$ ` and, where one goes on, `> `) with what they
print, stdout and stderr together; `...` stands for any text, and alone on a line
for any lines. Each command has a bash of its own; files stay from block to block.

`python tools/pages.py [--write] [PAGE…]` checks pages, or writes the real output
(never a traceback, and `...` for paths of this machine).
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)(?P<rest>.*)$")
TITLE = re.compile(r'title="(?P<title>[^"]+)"')
TIMEOUT = 300
COLUMNS = re.compile(r"(?<=\w) {2,}(?=\S)")
"""Between two of a table's, which is as wide as what stands in it takes."""


@dataclass
class Block:
    """A fenced block: `start` is the index of its first line, `lines` what is in it."""

    language: str
    title: str
    start: int
    lines: list[str]


@dataclass
class Step:
    """A command and the lines it should print."""

    command: str
    typed: list[str]
    expected: list[str]


def pages() -> list[Path]:
    """README and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        at += 1
        if not fence:
            continue
        start = at
        while lines[at].strip() != "```":
            at += 1
        title = TITLE.search(fence["rest"])
        indent = len(fence["indent"])
        inside = [line[indent:] for line in lines[start:at]]
        yield Block(fence["language"], title["title"] if title else "", start, inside)
        at += 1


def steps(block: Block) -> list[Step]:
    """The commands of a console block; ValueError where it begins with none."""
    found: list[Step] = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append(Step(line[2:], [line], []))
        elif not found:
            raise ValueError(f"line {block.start + 1}: no command before {line!r}")
        elif line.startswith("> ") and not found[-1].expected:
            found[-1].command += "\n" + line[2:]
            found[-1].typed.append(line)
        else:
            found[-1].expected.append(line)
    return found


def matches(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the lines agree; `...` is any text, alone on a line any lines.

    How wide a table's columns are doesn't count: a run's time is in some of them.
    """
    expected, printed = (
        [COLUMNS.sub("  ", line) for line in lines] for lines in (expected, printed)
    )
    wanted = "".join(
        r"(?:.*\n)*?"
        if line.strip() == "..."
        else ".*".join(re.escape(part) for part in line.rstrip().split("...")) + r"\n"
        for line in expected
    )
    return re.fullmatch(wanted, "".join(f"{line}\n" for line in printed)) is not None


def environment(home: Path) -> dict[str, str]:
    """A reader's: this environment's programs, an 80 column pipe, nothing else."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
    }


def printed_by(command: str, folder: Path) -> list[str]:
    """What the command prints, stdout and stderr together, without trailing blanks."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(folder.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
    )
    text = done.stdout.decode("utf-8").rstrip("\n")
    return [line.rstrip() for line in text.split("\n")] if text else []


def shown(step: Step, folder: Path) -> list[str]:
    """The lines of a step with its real output; as they were where they agree."""
    printed = printed_by(step.command, folder)
    blank = 0
    while blank < len(step.expected) and not step.expected[-1 - blank].strip():
        blank += 1
    expected = step.expected[: len(step.expected) - blank]
    if matches(expected, printed):
        return step.typed + step.expected
    return step.typed + [_anywhere(line, folder) for line in printed] + [""] * blank


def _anywhere(line: str, folder: Path) -> str:
    """The line without the paths of this machine."""
    return line.replace(str(folder), "...").replace(str(ROOT), "...")


def replay(text: str) -> str:
    """The page with every console block as it really comes out."""
    lines = text.split("\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "work"
        folder.mkdir()
        moved = 0
        for block in blocks(text.split("\n")):
            if block.title:
                target = folder / block.title
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("\n".join(block.lines) + "\n", "utf-8")
            elif block.language == "console":
                real = [line for s in steps(block) for line in shown(s, folder)]
                start = block.start + moved
                lines[start : start + len(block.lines)] = real
                moved += len(real) - len(block.lines)
    return "\n".join(lines)


def difference(page: Path) -> str:
    """How the page differs from what really happens; empty where it doesn't."""
    text = page.read_text("utf-8")
    return _difference(page, text, replay(text))


def _difference(page: Path, text: str, real: str) -> str:
    shown, happened = text.split("\n"), real.split("\n")
    name = str(page.relative_to(ROOT))
    return "\n".join(
        difflib.unified_diff(shown, happened, name, "in truth", lineterm="")
    )


def check(page: Path, write: bool) -> bool:
    """Prints how the page differs; whether it is right, or has been put right."""
    text = page.read_text("utf-8")
    real = replay(text)
    if real == text:
        return True
    print(_difference(page, text, real))
    if not write or "Traceback (most recent call last)" in real:
        return False
    page.write_text(real, "utf-8")
    return True


def main(argv: Sequence[str]) -> int:
    chosen = [Path(a).resolve() for a in argv if a != "--write"] or pages()
    right = [check(page, "--write" in argv) for page in chosen]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
