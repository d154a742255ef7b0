"""Nothing runs at `confirm`, and nothing is given out at `supervised`, unless a person
said yes to this very call: attacks, each beside the yes of a person that counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from environments import Environment, wheel
from rigs.desk import ASKS, STATELESS, Client, text, tools, typed
from rigs.people import approve, ticket
from rigs.servers import META, Message, Web, payloads, request, web_server

pytestmark = pytest.mark.slow

SPEC = """
[purge]
description = "Deletes old files"
autonomy = "confirm"

[purge.args]
days = { default = 30 }
force = { default = false, autonomy = "manual" }
kind = { default = "logs", env = "PURGE_KIND" }

[peek]
description = "Reads mail"
autonomy = "supervised"
"""
PURGE = 'echo "purge $RUNSPEC_DAYS $RUNSPEC_FORCE" | tee -a "$HOME/ran.txt"'
PEEK = "echo peek >> ~/ran.txt; echo 1/2 it is cobalt >&$RUNSPEC_PROGRESS; echo cobalt"
WAYS = ["2025-11-25", STATELESS, "http"]


class Post:
    """Calls over HTTP, each a request of its own (stateless era)."""

    def __init__(self, url: str, capabilities: Message | None = None) -> None:
        self.web = Web(url)
        self.capabilities = capabilities or {}

    def call(self, tool: str, **arguments: object) -> Message:
        capabilities = "io.modelcontextprotocol/clientCapabilities"
        meta = META | {capabilities: self.capabilities}
        message = request("tools/call", 1, name=tool, arguments=arguments, _meta=meta)
        from rigs.servers import headers_of

        headers = {
            k.replace("-", "_"): v for k, v in headers_of(self.web, message).items()
        }
        _, body = self.web.post(json.dumps(message).encode(), **headers)
        result: Message = next(each for each in payloads(body) if "result" in each)
        return result["result"]  # type: ignore[no-any-return]


class Place:
    """Tools in a folder, what ran of them, and servers of them."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.log = environment.home / "ran.txt"
        self.log.unlink(missing_ok=True)
        (folder / "variables").touch(0o600)
        state = environment.home / ".local" / "state" / "runspec" / "approvals"
        for each in state.glob("*.ticket") if state.exists() else ():
            each.unlink()

    @contextmanager
    def agent(
        self, way: str, *options: str, asks: bool = True, **variables: str
    ) -> Iterator[Client | Post]:
        capabilities = ASKS if asks else {}
        variables["RUNSPEC_ENV_FILE"] = str(self.folder / "variables")
        if way == "http":
            own = ("--path", str(self.folder), *options)
            with web_server(
                self.environment, *own, cwd=self.folder, **variables
            ) as url:
                yield Post(url, capabilities)
            return
        with Client(
            self.environment,
            self.folder,
            *options,
            revision=way,
            capabilities=capabilities,
            **variables,
        ) as client:
            yield client

    def ran(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def place(served: Environment, tmp_path: Path) -> Place:
    return Place(served, tools(tmp_path / "own", SPEC, purge=PURGE, peek=PEEK))


# The requester vouches for the approver


INSTANT: dict[str, Callable[[Message], Message]] = {
    "empty": lambda question: {"action": "accept", "content": {}},
    "no content": lambda question: {"action": "accept"},
    "a guess": lambda question: {"action": "accept", "content": {"code": "000000"}},
    "true": lambda question: {"action": "accept", "content": {"code": True}},
    "the code at once": lambda question: {
        "action": "accept",
        "content": typed(question),
    },
    "a decline at once": lambda question: {"action": "decline"},
}
SLOW = ["empty", "no content", "a guess", "true"]


@pytest.mark.parametrize("tool", ["purge", "peek"])
@pytest.mark.parametrize("answer", INSTANT)
@pytest.mark.parametrize("way", ["2025-11-25", STATELESS])
def test_an_answer_that_no_person_could_have_given_is_none(
    place: Place, way: str, answer: str, tool: str
) -> None:
    """It is neither yes nor no: a person at a terminal still decides."""
    with place.agent(way) as client:
        assert isinstance(client, Client)
        result = answered(client, tool, INSTANT[answer], slow=answer in SLOW)
        assert result["isError"]
        assert "cobalt" not in text(result)
        assert place.ran() == (["peek"] if tool == "peek" else [])
        approve(place.environment, ticket(result))
        again = place_call(client, tool)
        assert text(again) == ("cobalt\n" if tool == "peek" else "purge 30 0\n")
        assert len(place.ran()) == 1


def answered(
    client: Client, tool: str, answer: Callable[[Message], Message], *, slow: bool
) -> Message:
    """The result of a call whose question is answered so."""
    if client.revision != STATELESS:
        call = client.begin(tool)
        question = client.question()
        if slow:
            client.read_slowly()
        reply = answer(question)
        client.say({"jsonrpc": "2.0", "id": question["id"], "result": reply})
        return client.response(call)["result"]  # type: ignore[no-any-return]
    asked = client.call(tool)
    ((key, question),) = asked["inputRequests"].items()
    if slow:
        client.read_slowly()
    found = client.get(
        "tools/call",
        name=tool,
        arguments={},
        inputResponses={key: answer(question)},
        requestState=asked["requestState"],
    )
    return found["result"]  # type: ignore[no-any-return]


def place_call(client: Client | Post, tool: str, **arguments: object) -> Message:
    return client.call(tool, **arguments)


@pytest.mark.parametrize("way", ["2025-11-25", STATELESS])
@pytest.mark.parametrize("tool", ["purge", "peek"])
def test_a_person_at_the_client_who_types_the_code_says_yes(
    place: Place, way: str, tool: str
) -> None:
    def reads(question: Message) -> Message:
        return {"action": "accept", "content": typed(question)}

    with place.agent(way) as client:
        assert isinstance(client, Client)
        result = answered(client, tool, reads, slow=True)
        assert text(result) == ("cobalt\n" if tool == "peek" else "purge 30 0\n")
        assert len(place.ran()) == 1


@pytest.mark.parametrize("tool", ["purge", "peek"])
def test_over_http_whoever_calls_does_not_approve(place: Place, tool: str) -> None:
    with place.agent("http") as client:
        first = client.call(tool)
        assert first["isError"]
        assert "inputRequests" not in first
        assert "cobalt" not in text(client.call(tool))
        approve(place.environment, ticket(first))
        second = client.call(tool)
        assert text(second) == ("cobalt\n" if tool == "peek" else "purge 30 0\n")
        assert client.call(tool)["isError"]


# What was approved isn't what runs


def edit_program(place: Place) -> None:
    (place.folder / "purge.sh").write_text("#!/bin/bash\n" + PURGE + "; echo more")


def shadow_program(place: Place) -> None:
    (place.folder / "purge").write_text("#!/bin/bash\n" + PURGE + "; echo shadow")
    (place.folder / "purge").chmod(0o755)


def change_default(place: Place) -> None:
    spec = SPEC.replace("force = { default = false", "force = { default = true")
    (place.folder / "runspec.toml").write_text(spec)


def change_description(place: Place) -> None:
    spec = SPEC.replace("Deletes old files", "Reads a file")
    (place.folder / "runspec.toml").write_text(spec)


def add_environment_file(place: Place) -> None:
    (place.folder / "variables").write_text("PURGE_KIND=all\n")


CHANGES = {
    edit_program: "the program",
    shadow_program: "the program",
    change_default: "the values, the spec",
    change_description: "the spec",
    add_environment_file: "the values",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_what_changed_since_it_was_approved_is_asked_anew(
    place: Place, way: str, change: Callable[[Place], None]
) -> None:
    with place.agent(way, asks=False) as client:
        first = client.call("purge", days=66)
        approve(place.environment, ticket(first))
        change(place)
        second = client.call("purge", days=66)
        assert second["isError"]
        assert place.ran() == []
        assert ticket(second) != ticket(first)
        assert f"since a person was last asked: {CHANGES[change]}" in text(second)
        approve(place.environment, ticket(second))
        assert text(client.call("purge", days=66)).startswith("purge 66")
        assert len(place.ran()) == 1


def test_an_installed_tool_is_bound_to_what_its_distribution_is(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    spec = '[wipe]\ndescription = "x"\nautonomy = "confirm"\n'
    source = "def main():\n    print('one')\n"
    files = {"wipe/__init__.py": source, "wipe/runspec.toml": spec}
    environment.install(wheel(tmp_path, "wipe", files, {"wipe": "wipe:main"}))
    (module,) = environment.home.parent.rglob("site-packages/wipe/__init__.py")
    with Client(environment, tmp_path) as client:
        first = client.call("wipe")
        assert "Not fixed" not in text(first)
        approve(environment, ticket(first))
        module.write_text(source.replace("one", "three"))
        second = client.call("wipe")
        assert "since a person was last asked: the program" in text(second)
        approve(environment, ticket(second))
        assert text(client.call("wipe")) == "three\n"


def test_an_approval_is_for_one_server_session_while_that_lasts(place: Place) -> None:
    with place.agent("2025-11-25", asks=False) as one:
        first = one.call("purge")
        peeked = one.call("peek")
        with place.agent("2025-11-25", asks=False) as other:
            approve(place.environment, ticket(first))
            approve(place.environment, ticket(peeked))
            assert other.call("purge")["isError"]
            assert "cobalt" not in text(other.call("peek"))
            assert place.ran() == ["peek", "peek"]
        assert text(one.call("purge")) == "purge 30 0\n"
        assert text(one.call("peek")) == "cobalt\n"
        assert place.ran() == ["peek", "peek", "purge 30 0"]


def test_a_client_that_ends_before_it_repeats_finds_its_ticket_again(
    place: Place,
) -> None:
    with place.agent("2025-11-25", asks=False) as client:
        first = client.call("purge")
    approve(place.environment, ticket(first))
    with place.agent("2025-11-25", asks=False) as client:
        assert text(client.call("purge")) == "purge 30 0\n"
        assert client.call("purge")["isError"]
    assert place.ran() == ["purge 30 0"]


def test_another_client_or_directory_does_not_use_its_ticket(place: Place) -> None:
    with place.agent("2025-11-25", asks=False) as client:
        first = client.call("purge")
    approve(place.environment, ticket(first))
    elsewhere = place.folder.parent / "elsewhere"
    elsewhere.mkdir()
    option = ("--path", str(place.folder))
    with Client(place.environment, elsewhere, *option) as client:
        assert client.call("purge")["isError"]
    assert place.ran() == []


# Side channels, queues, dry runs


def test_nothing_that_a_supervised_program_writes_goes_out_before(
    place: Place,
) -> None:
    with place.agent("2025-11-25", asks=False) as client:
        assert isinstance(client, Client)
        call = client.ask(
            "tools/call", name="peek", arguments={}, _meta={"progressToken": 7}
        )
        seen = []
        while (message := client.next()).get("id") != call:
            seen.append(message)
        assert "cobalt" not in json.dumps([seen, message])
        approve(place.environment, ticket(message["result"]))
        assert text(client.call("peek")) == "cobalt\n"


@pytest.mark.parametrize("way", ["2025-11-25", STATELESS])
def test_identical_calls_at_once_run_once(place: Place, way: str) -> None:
    with place.agent(way, asks=False) as client:
        assert isinstance(client, Client)
        calls = [client.begin("peek") for _ in range(4)]
        results = {}
        while len(results) < len(calls):
            message = client.next()
            results[message["id"]] = message["result"]
        assert place.ran() == ["peek"]
        assert all(result["isError"] for result in results.values())
        named = ticket(client.call("peek"))
        approve(place.environment, named)
        assert text(client.call("peek")) == "cobalt\n"
        assert place.ran() == ["peek"]


def test_where_no_more_can_wait_nothing_runs_and_others_still_can(
    place: Place,
) -> None:
    with place.agent("2025-11-25", asks=False) as client:
        for days in range(20):
            assert ticket(client.call("purge", days=days))
        for _ in range(3):
            full = client.call("peek")
            assert "20 calls wait for a person" in text(full)
        assert place.ran() == []
        with place.agent("2025-11-25", asks=False) as other:
            assert ticket(other.call("purge", days=1))
        place.environment.run("approve", "--deny", "--all")
        assert ticket(client.call("peek"))
        denied = text(client.call("purge", days=3))
        assert "declined" in denied
        assert "until" in denied


DRY = """
[deploy]
description = "Deploys"
autonomy = "confirm"

[deploy.args]
dry-run = { default = false%s }
"""
TELLS = 'echo "ran $RUNSPEC_DRY_RUN" >> "$HOME/ran.txt"; echo "the secret plan"'


def test_what_a_dry_run_writes_is_for_the_person_only(
    bare: Environment, tmp_path: Path
) -> None:
    place = Place(bare, tools(tmp_path / "own", DRY % "", deploy=TELLS))
    with place.agent("2025-11-25", asks=False) as client:
        first = client.call("deploy")
        assert "only its dry run has run" in text(first)
        assert "secret plan" not in text(first)
        assert "secret plan" in approve(bare, ticket(first))
        assert text(client.call("deploy")) == "the secret plan\n"
        assert place.ran() == ["ran 1", "ran 0"]


@pytest.mark.parametrize("level", ["manual"])
def test_a_dry_run_that_is_stricter_than_the_call_is_not_made(
    bare: Environment, tmp_path: Path, level: str
) -> None:
    declared = f', autonomy = "{level}"'
    place = Place(bare, tools(tmp_path / "own", DRY % declared, deploy=TELLS))
    with place.agent("2025-11-25", asks=False) as client:
        first = client.call("deploy")
        assert "nothing has run yet" in text(first)
        assert place.ran() == []
        approve(bare, ticket(first))
        assert text(client.call("deploy")) == "the secret plan\n"
        assert place.ran() == ["ran 0"]
