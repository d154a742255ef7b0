"""What the operator of a server says, over what its packages declare."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from environments import Environment
from rigs.desk import Client, text, tools
from rigs.people import approve, ticket
from runspec.errors import RunspecError
from runspec.mcp.policy import read_policy

SPEC = """
[reads]
description = "x"
autonomy = "autonomous"

[reads.args]
file = { type = "path", required = false }

[deploys]
description = "x"
autonomy = "confirm"

[deploys.args]
token = { type = "password", env = "DEPLOY_TOKEN" }
dry-run = { default = false }
"""
READS = 'echo "$DEPLOY_TOKEN|$AWS_REGION|$OTHER|$RUNSPEC_FILE"'
DEPLOYS = 'echo "${#DEPLOY_TOKEN} dry=$RUNSPEC_DRY_RUN" | tee -a "$HOME/deployed.txt"'
VARIABLES = {"DEPLOY_TOKEN": "hunter2hunter2", "AWS_REGION": "eu", "OTHER": "o"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tools(tmp_path / "own", SPEC, reads=READS, deploys=DEPLOYS)


def policy(folder: Path, content: str) -> tuple[str, str]:
    path = folder.parent / "policy.toml"
    path.write_text(content)
    path.chmod(0o600)
    return "--policy", str(path)


@pytest.mark.slow
def test_a_secret_of_one_tool_does_not_reach_another(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, **VARIABLES) as client:
        assert text(client.call("reads")) == "|eu|o|\n"
        approve(bare, ticket(client.call("deploys")))
        assert text(client.call("deploys")) == "14 dry=0\n"


@pytest.mark.slow
def test_variables_reach_a_program_that_the_policy_lists(
    bare: Environment, folder: Path
) -> None:
    listed = policy(folder, '[[rule]]\nenviron = ["AWS_*"]\n')
    with Client(bare, folder, *listed, **VARIABLES) as client:
        assert text(client.call("reads")) == "|eu||\n"
        approve(bare, ticket(client.call("deploys")))
        assert text(client.call("deploys")) == "14 dry=0\n"


@pytest.mark.slow
def test_paths_are_confined_by_what_they_really_are(
    bare: Environment, folder: Path
) -> None:
    data = folder.parent / "data"
    data.mkdir()
    (data / "out").symlink_to("/etc")
    within = policy(folder, f'[[rule]]\ntool = "reads"\npaths = ["{data}"]\n')
    with Client(bare, folder, *within) as client:
        assert text(client.call("reads", file=str(data / "a"))).endswith("data/a\n")
        for path in ("/etc/passwd", f"{data}/../x", f"{data}/out/passwd", f"{data}x"):
            result = client.call("reads", file=path)
            assert result["isError"] is True
            assert "path-confined" in text(result)


@pytest.mark.slow
def test_levels_become_stricter_and_never_less_strict(
    bare: Environment, folder: Path
) -> None:
    rules = """
[[rule]]
tool = "reads"
principal = "uid *"
level = "confirm"
[[rule]]
tool = "deploys"
level = "autonomous"
dry-run = false
pending = 1
"""
    bare = bare.with_home(folder.parent / "home")
    with Client(bare, folder, *policy(folder, rules), **VARIABLES) as client:
        first = client.call("reads")
        assert first["isError"] is True
        second = client.call("deploys")
        assert "calls wait for a person" in text(second)
        approve(bare, ticket(first))
        assert client.call("reads")["isError"] is False
        assert "nothing has run yet" in text(client.call("deploys"))


@pytest.mark.slow
def test_no_client_calls_more_often_or_more_at_once_than_the_policy_lets_it(
    bare: Environment, tmp_path: Path
) -> None:
    spec = "".join(
        f'[{name}]\ndescription = "x"\nautonomy = "autonomous"\n'
        for name in ("often", "waits", "free")
    )
    waits = 'mkfifo "$HOME/gate"; echo 1 >&"$RUNSPEC_PROGRESS"; read -r < "$HOME/gate"'
    folder = tools(tmp_path / "own", spec, often="echo ran", waits=waits, free="echo f")
    rules = """
[[rule]]
tool = "often"
rate = 2
[[rule]]
tool = "waits"
jobs = 1
"""
    with Client(bare, folder, *policy(folder, rules)) as client:
        for _ in range(2):
            assert text(client.call("often")) == "ran\n"
        refused = client.call("often")
        assert refused["isError"] is True
        assert "2 calls a minute: call again in" in text(refused)
        params = {"name": "waits", "arguments": {}, "_meta": {"progressToken": "t"}}
        first = client.ask("tools/call", **params)
        while client.next().get("method") != "notifications/progress":
            pass
        assert "1 at once" in text(client.call("waits"))
        assert text(client.call("free")) == "f\n"
        (bare.home / "gate").write_text("go\n")
        assert client.response(first)["result"]["isError"] is False


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("confirm = 1", "confirm is"),
        ("rules = 1", "[[rule]] only"),
        ("[[rule]]\nlevle = 'manual'", "rule 1: unknown key 'levle'"),
        ("[[rule]]\nlevel = 'lax'", "rule 1: level is one of"),
        ("[[rule]]\npending = true", "rule 1: pending must be of type int"),
        ("[[rule]]\nrate = 0", "rule 1: rate must be at least 1"),
        ("[[rule]]\npaths = ['data']", "rule 1: 'data' must be an absolute path"),
        ("[[rule]", "line 1"),
    ],
)
def test_a_faulty_policy_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    with pytest.raises(RunspecError) as error:
        read_policy(str(path), "auto")
    assert error.value.faults[0].code == "policy-invalid"
    assert words in error.value.faults[0].detail


@pytest.mark.slow
def test_a_policy_that_others_can_write_stops_the_server(
    bare: Environment, folder: Path
) -> None:
    option, path = policy(folder, "")
    os.chmod(path, 0o666)
    done = bare.run("serve", option, path)
    assert done.returncode != 0
    assert "policy-untrusted" in done.stderr
    missing = bare.run("serve", option, path + "x")
    assert missing.returncode != 0


def test_the_stricter_of_option_and_policy_holds(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('confirm = "terminal"\n')
    assert read_policy(str(path), "auto").confirm == "terminal"
    path.write_text('confirm = "host"\n')
    assert read_policy(str(path), "auto").confirm == "auto"
