"""A stand-in for the sky program: its clusters are folders, its nodes processes.

It takes the words that SkyPilot's own command line takes, answers as that does, and
really runs a task's setup and run. It is also a program: `python sky.py sky WORDS`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Object = dict[str, Any]
Verb = Callable[[Path, list[str]], int]

PLACE = "SKY_RIG"
PATIENCE = 300.0
STUB = """\
#!/bin/sh
exec {python} {file} "$@"
"""


class Sky:
    """`bin` goes on PATH, `variables` into the environment."""

    def __init__(self, tools: Path, place: Path) -> None:
        self.place = place
        self.bin = place / "bin"
        self.bin.mkdir(parents=True)
        python = tools / "bin" / "python"
        text = STUB.format(python=python, file=Path(__file__).resolve())
        (self.bin / "sky").write_text(text, "utf-8")
        (self.bin / "sky").chmod(0o755)
        self.variables = {PLACE: str(place)}

    def calls(self) -> list[list[str]]:
        """The words of every call, in order."""
        lines = (self.place / "calls").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def clusters(self) -> list[str]:
        return sorted(path.name for path in (self.place / "clusters").glob("*"))

    def refuse(self, message: str) -> None:
        """The next launches fail."""
        (self.place / "refuse").write_text(message, "utf-8")


def main(words: list[str]) -> int:
    place = Path(os.environ[PLACE])
    with (place / "calls").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(words) + "\n")
    verbs: dict[str, Verb] = {"launch": _launch, "queue": _queue, "logs": _logs}
    verbs |= {"cancel": _cancel, "down": _down, "job": _job}
    return verbs[words[0]](place, words[1:])


def _launch(place: Path, words: list[str]) -> int:
    import yaml

    print("Provisioning…", flush=True)
    if (place / "refuse").exists():
        print((place / "refuse").read_text("utf-8"))
        return 1
    cluster = place / "clusters" / _after(words, "--cluster")
    cluster.mkdir(parents=True)
    task = yaml.safe_load(Path(words[-1]).read_text("utf-8"))
    if "workdir" in task:
        shutil.copytree(task["workdir"], cluster / "sky_workdir")
    names = [words[n + 1] for n, word in enumerate(words) if word == "--secret"]
    task["secrets"] = {name: os.environ[name] for name in names}
    job = {"job_id": 1, "job_name": _after(words, "--name"), "status": "RUNNING"}
    (cluster / "job.json").write_text(json.dumps(job), "utf-8")
    (cluster / "log").touch()
    read, write = os.pipe()
    subprocess.Popen(
        [sys.executable, __file__, "job", str(cluster)],
        stdin=read,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(read)
    os.write(write, json.dumps(task).encode())
    os.close(write)
    print("Job submitted, ID: 1")
    return 0


def _job(place: Path, words: list[str]) -> int:
    """Runs a task on the nodes of a cluster, until one fails."""
    cluster = Path(words[0])
    task = json.load(sys.stdin)
    (cluster / "pid").write_text(str(os.getpid()), "utf-8")
    with (cluster / "log").open("ab") as log:
        if "setup" in task:
            _node(cluster, task, task["setup"], 0, log).wait()
        nodes = [
            _node(cluster, task, task["run"], rank, log)
            for rank in range(task["num_nodes"])
        ]
        codes = [node.wait() for node in nodes]
    _end(cluster, "FAILED" if any(codes) else "SUCCEEDED")
    return 0


def _node(
    cluster: Path, task: Object, text: str, rank: int, log: Any
) -> subprocess.Popen[bytes]:
    addresses = "\n".join(f"10.0.0.{n + 1}" for n in range(task["num_nodes"]))
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(cluster),
        **task.get("envs", {}),
        **task["secrets"],
        "SKYPILOT_NODE_RANK": str(rank),
        "SKYPILOT_NODE_IPS": addresses,
    }
    where = cluster / "sky_workdir"
    script = f"exec > >(sed -u 's/^/(task, rank={rank}, pid=7) /') 2>&1\n{text}\n"
    code = ["bash", "-c", f"{script}"]
    cwd = where if where.exists() else cluster
    return subprocess.Popen(code, cwd=cwd, env=environ, stdout=log, stderr=log)


def _queue(place: Path, words: list[str]) -> int:
    job = _job_of(place, words[0])
    if job is None:
        return _gone(words[0])
    print(json.dumps([{**job, "username": "me"}], indent=2))
    return 0


def _logs(place: Path, words: list[str]) -> int:
    cluster = place / "clusters" / words[0]
    end = time.monotonic() + PATIENCE
    with (cluster / "log").open("rb") as log:
        while time.monotonic() < end:
            job = _job_of(place, words[0])
            over = job is None or job["status"] != "RUNNING" or "--no-follow" in words
            data = log.read()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            if over and not data:
                break
            time.sleep(0.02)
    return 0 if job and job["status"] == "SUCCEEDED" else 100


def _cancel(place: Path, words: list[str]) -> int:
    cluster = place / "clusters" / words[1]
    os.killpg(int((cluster / "pid").read_text("utf-8")), signal.SIGKILL)
    _end(cluster, "CANCELLED")
    return 0


def _down(place: Path, words: list[str]) -> int:
    cluster = place / "clusters" / words[1]
    if not cluster.exists():
        return _gone(words[1])
    shutil.rmtree(cluster)
    return 0


def _end(cluster: Path, status: str) -> None:
    path = cluster / "job.json"
    job = {**json.loads(path.read_text("utf-8")), "status": status}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(job), "utf-8")
    new.rename(path)


def _job_of(place: Path, cluster: str) -> Object | None:
    path = place / "clusters" / cluster / "job.json"
    if not path.exists():
        return None
    found: Object = json.loads(path.read_text("utf-8"))
    return found


def _gone(cluster: str) -> int:
    print(f"Cluster '{cluster}' does not exist.", file=sys.stderr)
    return 1


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
