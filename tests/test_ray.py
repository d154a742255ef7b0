"""`runspec launch` on a real Ray cluster, and on servers that answer as one may."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from launch_project import HOSTILE, Project, interrupted, told, toml
from rigs.ray import ADDRESS, Ray

SECRET = "c0rrect horse $(battery) 'staple'"
REMOTE = """\
# /// script
# [tool.runspec]
# name = "remote"
# [tool.runspec.run]
# launch = "ray"
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
import ray

@ray.remote
def there():
    import helper
    return helper.VALUE

ray.init(log_to_driver=False)
print("value", ray.get(there.remote()))
"""


@pytest.fixture
def project(tmp_path: Path, bare: Environment) -> Project:
    made = Project(tmp_path / "project", bare)
    made.profile("ray", 'executor = "ray"', f'address = "{ADDRESS}"')
    return made


@pytest.mark.slow
def test_a_script_runs_with_its_configuration_environment_and_secret(
    project: Project, ray: Ray
) -> None:
    project.profile(
        "ray",
        'executor = "ray"',
        'secrets = { TOKEN = "env:MINE" }',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
    )
    words = ("launch", "--on", "ray", "train.py", "lr=0.25", "--")
    args = ("it's", "$(id)", "a\nb")
    variables = {"MINE": SECRET, "RAY_ADDRESS": ADDRESS}
    done = project.command(*words, *args, before=ray.before, **variables)
    assert done.returncode == 0, done.stderr
    said = told(done.stdout)
    assert said["environ"] == {"HOSTILE": HOSTILE, "TOKEN": SECRET}
    assert said["argv"][2:] == ["it's", "$(id)", "a\nb"]
    assert json.loads(said["config"]) == {"lr": 0.25}
    shown = project.command("jobs", "list", "--format", "json", before=ray.before)
    assert SECRET not in shown.stdout
    for path in project.left():
        assert SECRET not in path.read_text("utf-8")


@pytest.mark.slow
def test_a_failing_script_gives_its_own_exit_status(project: Project, ray: Ray) -> None:
    words = ("launch", "--on", "ray", "train.py", "--", "fail")
    done = project.command(*words, before=ray.before)
    assert done.returncode == 7
    assert told(done.stdout)["argv"][-1] == "fail"


@pytest.mark.slow
def test_a_remote_function_finds_the_modules_beside_the_script(
    project: Project, ray: Ray
) -> None:
    (project.place / "remote.py").write_text(REMOTE, "utf-8")
    (project.place / "helper.py").write_text("VALUE = 42\n", "utf-8")
    words = ("launch", "--on", "ray", "remote.py")
    done = project.command(*words, before=ray.before)
    assert "value 42" in done.stdout
    assert done.returncode == 0


@pytest.mark.slow
def test_an_interrupt_stops_the_job(project: Project, ray: Ray) -> None:
    words = ("launch", "--on", "ray", "train.py", "--", "wait")
    process = project.start(*words, before=ray.before)
    status, said = interrupted(process)
    assert status == 143
    assert "cancelling" in said
    shown = project.command("jobs", "list", "--format", "json", before=ray.before)
    assert '"cancelled"' in shown.stdout


@pytest.mark.slow
def test_a_job_outlives_its_client_and_is_found_again(
    project: Project, ray: Ray
) -> None:
    words = ("launch", "--on", "ray", "--detach", "train.py", "--", "fail")
    done = project.command(*words, before=ray.before)
    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    logs = project.command("jobs", "logs", job, "--follow", before=ray.before)
    assert logs.returncode == 7
    assert told(logs.stdout)["argv"][-1] == "fail"


def test_the_request_and_the_script_are_shown_without_a_cluster(
    project: Project,
) -> None:
    head = 'requires-python = ">=3.11"\ndependencies = ["humanize==4.9.0"]'
    project.recipe(head=head)
    project.profile(
        "ray",
        'executor = "ray"',
        'address = "http://nowhere.invalid:8265/x"',
        'secrets = { TOKEN = "env:MINE" }',
        "cpus_per_task = 2",
    )
    done = project.launch("--on", "ray", "--dry-run", "train.py", MINE=SECRET)
    assert done.returncode == 0, done.stderr
    assert "http://nowhere.invalid:8265/x/api/jobs/" in done.stdout
    for shown in ('"humanize==4.9.0"', '"entrypoint_num_cpus": 2', "TOKEN", "train.py"):
        assert shown in done.stdout
    assert SECRET not in done.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "no Ray cluster is named"),
        (('address = "ray://head:10001"',), "an address of a Ray cluster"),
        (('address = "http://me:hidden@head:8265"',), "without a user or password"),
        ((f'address = "{ADDRESS}"', "nodes = 2"), "on one node"),
    ],
)
def test_what_a_cluster_cant_do_is_said_before_anything_is_sent(
    project: Project, lines: tuple[str, ...], said: str
) -> None:
    project.profile("ray", 'executor = "ray"', *lines)
    done = project.launch("--on", "ray", "train.py")
    assert done.returncode == 125
    assert said.removeprefix("an address of ") in done.stderr
    assert "hidden" not in done.stderr
    assert project.left() == []


class Stub:
    """A server that gives each kind of request its answers, in turn; the last stays."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self.asked: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stub.asked.append(f"{self.command} {self.path}")
                code, body = stub.next(self.command, self.path)
                if not code:
                    return
                data = (
                    body.encode()
                    if isinstance(body, str)
                    else json.dumps(body).encode()
                )
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()

    def on(self, method: str, part: str, *answers: tuple[int, Any]) -> None:
        self.answers[method, part] = list(answers)

    def next(self, method: str, path: str) -> tuple[int, Any]:
        for (verb, part), answers in self.answers.items():
            if verb == method and part in path:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return 404, "there is no such thing"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def stub(project: Project) -> Iterator[Stub]:
    made = Stub()
    made.on("GET", "/logs", (200, {"logs": "hello\n"}))
    made.on("GET", "/api/packages", (200, ""))
    made.on("POST", "/stop", (200, {"stopped": True}))
    made.on("POST", "/api/jobs/", (200, {}))
    address = f'address = "{made.address}"'
    project.profile("ray", 'executor = "ray"', address, "patience = 1")
    yield made
    made.close()


def test_packages_that_the_cluster_has_arent_sent_again(
    project: Project, stub: Stub
) -> None:
    stub.on("GET", "/api/jobs/", (200, {"status": "SUCCEEDED"}))
    assert project.launch("--on", "ray", "train.py").returncode == 0
    assert not any(each.startswith("PUT") for each in stub.asked)
    first = next(each for each in stub.asked if "packages" in each)
    stub.asked.clear()
    assert project.launch("--on", "ray", "train.py").returncode == 0
    assert first in stub.asked


def test_a_cluster_that_refuses_is_quoted_and_nothing_is_left(
    project: Project, stub: Stub
) -> None:
    said = "Traceback:\n  File x\nValueError: no such runtime environment\n.\n"
    stub.on("POST", "/api/jobs/", (500, said))
    done = project.launch("--on", "ray", "train.py")
    assert done.returncode == 125
    assert "HTTP status 500: ValueError: no such runtime environment" in done.stderr
    assert project.left() == []


def test_a_cluster_that_goes_away_is_waited_for_but_not_for_ever(
    project: Project, stub: Stub
) -> None:
    stub.on("GET", "/api/jobs/", (200, {"status": "RUNNING"}), (0, None))
    done = project.launch("--on", "ray", "train.py")
    assert done.returncode == 123
    assert "asking again" in done.stderr
    assert f"{stub.address} doesn't answer" in done.stderr
    assert "runspec jobs logs" in done.stderr


def test_a_job_that_the_cluster_has_forgotten_is_lost(
    project: Project, stub: Stub
) -> None:
    stub.on("GET", "/api/jobs/", (404, "no such job"))
    done = project.launch("--on", "ray", "train.py")
    assert done.returncode == 123
    assert "doesn't know it any more" in done.stderr


def test_a_runtime_environment_that_cant_be_made_is_told(
    project: Project, stub: Stub
) -> None:
    why = {"status": "FAILED", "message": "runtime_env setup failed: no pip\nmore"}
    stub.on("GET", "/api/jobs/", (200, why))
    done = project.launch("--on", "ray", "train.py")
    assert done.returncode == 125
    assert "runtime_env setup failed: no pip" in done.stderr
