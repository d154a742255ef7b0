"""The main job on real input: `$ command`, then what it really prints.

Exits 1 where a step ends with another status than it should.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ORDERS = ROOT / "examples" / "pipeline" / "data"

STEPS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    (
        "A program declares itself in a TOML file and calls parse().",
        (
            ("cat greet/runspec.toml", 0),
            ("cat greet/__init__.py", 0),
        ),
    ),
    (
        "Called rightly, it runs.",
        (
            ("greet --name Ada", 0),
            ("GREETING=Salut greet --name Ada -n2 --shout", 0),
        ),
    ),
    (
        "Called wrongly, it says everything that is wrong, at once.",
        (
            ("greet --nmae Ada", 2),
            ("greet --name Ada --times 99 --greting Hi", 2),
            ("RUNSPEC_AGENT=1 greet --nmae Ada", 2),
        ),
    ),
    ("Its help page.", (("greet --help", 0),)),
    (
        "Its schema, as an agent sees it.",
        (("runspec local --format mcp --runnable greet", 0),),
    ),
    (
        "A larger one: subcommands, lists, limits and a secret from the environment.",
        (
            (
                "PIPELINE_API_KEY=k1 pipeline run --input orders.csv"
                " --fields id,customer,total --tag eu --tag web",
                0,
            ),
            ("head -n 8 orders.out.json", 0),
            (
                "pipeline validate --input orders.csv --schema orders.schema.json",
                1,
            ),
            ("pipeline run --input orders.csv --workers 64 --formt csv", 2),
        ),
    ),
    (
        "Bash runs on the same declaration.",
        (
            ("mkdir notes && echo hello > notes/a.txt", 0),
            ("backup notes --keep 3", 0),
            ("backup notes --keep 0", 2),
        ),
    ),
    (
        "An agent has all of it as tools; this is how its program starts the server.",
        (("runspec connect claude-code", 0),),
    ),
    (
        "A script with a block that says what it needs is launched as it is,"
        " here or, with --on, on a cluster.",
        (
            ("head -n 15 fit/fit.py", 0),
            ("runspec launch fit/fit.py", 0),
            ("runspec launch fit/fit.py rate=0.3", 0),
            ("runspec launch fit/fit.py rte=0.3", 2),
        ),
    ),
    (
        "It goes on by itself, and is found again.",
        (
            ("runspec launch fit/fit.py --detach | tee job", 0),
            ("runspec jobs logs $(cat job) --follow", 0),
            ("runspec jobs", 0),
        ),
    ),
    (
        "What is installed here, and whether its declarations are in order.",
        (("runspec local | head -n 8", 0), ("runspec check greet", 0)),
    ),
)


def prepare(folder: Path) -> dict[str, str]:
    """Puts the input of the steps into `folder`; returns their environment."""
    shutil.copytree(ORDERS, folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples" / "greet" / "src" / "greet", folder / "greet")
    shutil.rmtree(folder / "greet" / "__pycache__", ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "fit", folder / "fit")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNSPEC_")}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "RUNSPEC_RUNS_DIR": str(folder / "runs")}


def step(command: str, expected: int, folder: Path, environ: dict[str, str]) -> bool:
    """Runs one command on this terminal; whether it ended as expected."""
    print(f"\n$ {command}", flush=True)
    status = subprocess.run(["bash", "-c", command], cwd=folder, env=environ).returncode
    if status:
        print(f"(exit status {status})", flush=True)
    if status == expected:
        return True
    print(f"demo: exit status {expected} was expected", file=sys.stderr)
    return False


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = prepare(folder)
        for number, (title, commands) in enumerate(STEPS, 1):
            print(f"\n== {number}. {title}", flush=True)
            wrong += sum(not step(c, s, folder, environ) for c, s in commands)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
