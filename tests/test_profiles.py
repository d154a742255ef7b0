"""Profiles of `env.toml`, and the layers of the settings of a launch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from runspec.errors import CallError, Fault, FilePlace, RunspecError, SpecError
from runspec.launch.config.merged import Merged, merge
from runspec.launch.config.overrides import split
from runspec.launch.profile.profiles import Profiles, find, load
from runspec.launch.profile.settings import Settings, settle
from runspec.recipe import parse

HIDDEN = "s3cr3t-value-of-somebody"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def profiles(room: Path, *lines: str) -> Profiles:
    path = room / "env.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return load(str(path))


def values(room: Path, name: str, *lines: str) -> dict[str, object]:
    found = profiles(room, *lines).values(name)
    return {key: setting.value for key, setting in found.items()}


def faults(room: Path, name: str, *lines: str) -> tuple[Fault, ...]:
    with pytest.raises(SpecError) as caught:
        values(room, name, *lines)
    assert HIDDEN not in str(caught.value)
    return caught.value.faults


def where(fault: Fault) -> str:
    assert isinstance(fault.place, FilePlace)
    return f"{fault.code} {fault.place.path}:{fault.place.line}:{fault.place.column}"


# Where the file is


def test_the_file_is_found_upwards_to_the_root_of_the_project(room: Path) -> None:
    below = room / "project" / "a" / "b"
    below.mkdir(parents=True)
    (room / "env.toml").touch()
    assert find(str(below), {}) == str(room / "env.toml")
    (room / "project" / "pyproject.toml").touch()
    assert find(str(below), {}) is None
    (room / "project" / "env.toml").touch()
    assert find(str(below), {}) == str(room / "project" / "env.toml")
    (below.parent / ".git").touch()
    assert find(str(below), {}) is None


def test_a_variable_names_another_file_or_none(room: Path) -> None:
    (room / "env.toml").touch()
    (room / "other.toml").touch()
    here = str(room)
    assert find(here, {"RUNSPEC_ENV_TOML": "other.toml"}) == str(room / "other.toml")
    assert find(here, {"RUNSPEC_ENV_TOML": ""}) is None
    with pytest.raises(SpecError) as caught:
        find(here, {"RUNSPEC_ENV_TOML": "absent.toml"})
    assert [fault.code for fault in caught.value.faults] == ["profiles-missing"]


def test_a_file_that_everybody_can_write_is_not_read(room: Path) -> None:
    (room / "env.toml").touch()
    (room / "env.toml").chmod(0o666)
    with pytest.raises(SpecError) as caught:
        find(str(room), {})
    assert [fault.code for fault in caught.value.faults] == ["profiles-untrusted"]
    assert find(str(room), {"RUNSPEC_ENV_TOML": "env.toml"}) == str(room / "env.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_file_of_another_user_is_read_only_for_a_script_of_theirs(
    room: Path,
) -> None:
    below = room / "mine"
    below.mkdir()
    script = room / "train.py"
    for path in (room / "env.toml", script):
        path.touch()
    for path in (room / "env.toml", below):
        os.chown(path, 65534, 65534)
    with pytest.raises(SpecError):
        find(str(below), {}, str(script))
    os.chown(script, 65534, 65534)
    assert find(str(below), {}, str(script)) == str(room / "env.toml")


def test_syntax_faults_have_a_place_and_show_no_secret(room: Path) -> None:
    with pytest.raises(SpecError) as caught:
        profiles(room, "[a]", "nodes = ", f'token = "{HIDDEN}" x')
    assert [where(fault) for fault in caught.value.faults] == [
        "toml-syntax env.toml:2:9",
        f"toml-syntax env.toml:3:{len(HIDDEN) + 12}",
    ]
    assert HIDDEN not in str(caught.value)


# What a profile holds

SECTIONS = ("[wandb]", 'project = "p"', "[a]", "nodes = 2", "[b]", "nodes = 3")


def test_sections_of_other_tools_are_no_profiles(room: Path) -> None:
    found = profiles(room, *SECTIONS)
    assert found.names == ("a", "b")
    assert found.special("wandb") == {"project": "p"}
    assert found.special("cache") == {}
    (fault,) = faults(room, "wandb", *SECTIONS)
    assert fault.code == "profile-special"
    (fault,) = faults(room, "x", "[x]", 'extends = "cli"')
    assert where(fault) == "profile-special env.toml:2:11"


def test_an_unknown_profile_names_the_nearest(room: Path) -> None:
    (fault,) = faults(room, "clustr", "[cluster]", "[other]")
    assert (fault.code, fault.candidates) == ("profile-unknown", ("cluster",))
    (fault,) = faults(room, "a", "[a]", 'extends = ["b", "clustr"]', "[b]", "[cluster]")
    assert where(fault) == "profile-unknown env.toml:2:17"
    assert fault.candidates == ("cluster",)


def test_an_unknown_key_is_a_warning_with_a_suggestion(room: Path) -> None:
    found = profiles(room, "[a]", "nodez = 2", "time = '1:00:00'")
    assert list(found.values("a")) == ["time"]
    (warning,) = found.warnings
    assert where(warning) == "setting-unknown env.toml:2:1"
    assert "nodes" in warning.candidates


def test_values_of_the_wrong_type_are_told_at_once_and_only_where_used(
    room: Path,
) -> None:
    lines = (
        *("[a]", 'nodes = "2"', "mounts = [1]", 'launch = "tochrun"', 'extends = "c"'),
        *("[b]", "nodes = 0", "[c]", "exclusive = 1"),
    )
    assert [where(fault) for fault in faults(room, "a", *lines)] == [
        "field-type env.toml:2:9",
        "field-type env.toml:3:11",
        "unknown-value env.toml:4:10",
        "field-type env.toml:9:13",
    ]


def test_an_alias_of_the_image_gives_way_to_its_full_name(room: Path) -> None:
    both = ("[a]", 'container = "x"', 'container_image = "y"')
    assert values(room, "a", *both) == {"container_image": "y"}
    lines = ("[a]", 'container_image = "y"', "[b]", 'extends = "a"', 'container = "x"')
    assert values(room, "b", *lines) == {"container_image": "x"}


# `extends`


def test_the_later_of_several_wins_and_own_keys_win_over_all(room: Path) -> None:
    lines = (
        *("[a]", "nodes = 1", 'time = "1"', 'mem = "a"', "mounts = ['x']"),
        *("env_vars = {A = 1, B = 1, C = 1}",),
        *("[b]", "nodes = 2", 'time = "2"', "mounts = ['y']", "env_vars = {B = 2}"),
        *("[c]", 'extends = ["a", "b"]', "nodes = 3", "env_vars = {C = true}"),
    )
    assert values(room, "c", *lines) == {
        "nodes": 3,
        "time": "2",
        "mem": "a",
        "mounts": ("y",),
        "env_vars": {"A": "1", "B": "2", "C": "1"},
    }


def test_a_profile_that_extends_itself_is_told_with_the_chain(room: Path) -> None:
    lines = ("[a]", "extends = 'b'", "[b]", "extends = ['c']", "[c]", "extends = 'b'")
    (fault,) = faults(room, "a", *lines)
    assert where(fault) == "profile-cycle env.toml:6:11"
    assert fault.detail == "b → c → b"


def test_profiles_that_multiply_end(room: Path) -> None:
    lines = [
        line
        for n in range(40)
        for line in (f"[p{n}]", f"extends = ['p{n + 1}', 'p{n + 1}']")
    ]
    assert values(room, "p0", *lines, "[p40]", "nodes = 7") == {"nodes": 7}


def test_a_variable_is_a_secret_or_not_as_the_upper_profile_says(room: Path) -> None:
    lines = (
        *("[a]", "env_vars = {A = 'x', B = 'y'}", "[b]", "extends = 'a'"),
        *("secrets = {A = 'env:A'}", "[c]", "extends = 'b'", "env_vars = {A = 'z'}"),
    )
    assert values(room, "b", *lines) == {
        "env_vars": {"B": "y"},
        "secrets": {"A": "env:A"},
    }
    found = values(room, "c", *lines)
    assert found == {"env_vars": {"B": "y", "A": "z"}, "secrets": {}}


# Secrets


@pytest.mark.parametrize(
    "value",
    [f'"{HIDDEN}"', f'"env{HIDDEN}"', '"env:"', f'["{HIDDEN}"]', "1"],
)
def test_a_secret_that_is_no_reference_is_never_shown(room: Path, value: str) -> None:
    path = room / "env.toml"
    path.write_text(f"[a]\nsecrets = {{X = 'env:X', A = {value}}}\nnodes = 'x'\n")
    with pytest.raises(SpecError) as caught:
        load(str(path)).values("a")
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["secret-reference", "field-type"]
    assert HIDDEN not in str(caught.value)


def test_references_to_secrets_are_kept_as_they_are(room: Path) -> None:
    lines = (
        "[a]",
        "[a.secrets]",
        "A = 'env:HF_TOKEN'",
        "B = 'file:~/t'",
        "C = 'cmd:x'",
    )
    kept = {"A": "env:HF_TOKEN", "B": "file:~/t", "C": "cmd:x"}
    assert values(room, "a", *lines) == {"secrets": kept}


def test_a_secret_for_wandb_is_refused(room: Path) -> None:
    with pytest.raises(SpecError) as caught:
        profiles(room, "[wandb]", f"api_key = '{HIDDEN}'").special("wandb")
    (fault,) = caught.value.faults
    assert where(fault) == "secret-in-settings env.toml:2:1"
    assert HIDDEN not in str(caught.value)


# The layers


def script(room: Path, *lines: str) -> Path:
    path = room / "train.py"
    head = ["# /// script", "# [tool.runspec]", '# name = "t"']
    table = ["# [tool.runspec.config]", '# format = "json"']
    path.write_text("\n".join([*head, *lines, *table, "# ///", ""]), "utf-8")
    return path


def settled(
    room: Path,
    *,
    config: object = None,
    name: str | None = None,
    overrides: tuple[str, ...] = (),
    options: Mapping[str, object] | None = None,
    lines: tuple[str, ...] = (),
    recipe: tuple[str, ...] = (),
) -> Settings:
    found = parse(script(room, *recipe))
    (room / "config").mkdir(exist_ok=True)
    (room / "config" / "default.json").write_text(json.dumps({"run": {"env": config}}))
    typed, _ = split(overrides)
    merged: Merged | None = merge(found, None, typed, inject={}, artifacts=None)
    assert merged is not None
    profile = profiles(room, *lines).values(name) if name else {}
    return settle(found, merged.run_env, profile, options or {})  # type: ignore[arg-type]


def test_each_layer_wins_over_the_one_below_and_says_where_it_came_from(
    room: Path,
) -> None:
    found = settled(
        room,
        recipe=(
            *('# image = "img"', "# [tool.runspec.resources]", "# nodes = 9"),
            *("# [tool.runspec.env]", '# A = "0"', '# Z = "0"'),
        ),
        config={"nodes": 2, "mem": 0, "time": "1", "env_vars": {"A": 1, "B": 1}},
        name="p",
        lines=(
            "[p]",
            'extends = "q"',
            "[q]",
            'time = "2"',
            "env_vars = {B = 2, C = 2}",
        ),
        overrides=("run.env.env_vars.C=3", "run.env.account=007"),
        options={"partition": "gpu", "mounts": ("a:b",)},
    )
    record = found.record
    assert (record.nodes, record.mem, record.time, record.account) == (2, "0", "2", "7")
    assert (record.partition, record.mounts) == ("gpu", ("a:b",))
    assert record.env_vars == {"A": "1", "B": "2", "C": "3"}
    assert not record.declares("container_image")
    assert found.sources == {
        "nodes": "config config/default.json:1 run.env.nodes",
        "gpus_per_node": "default",
        "launch": "default",
        "container_image": "recipe train.py:4",
        "env_vars.A": "config config/default.json:1 run.env.env_vars.A",
        "env_vars.B": "profile p (env.toml:5), from q",
        "env_vars.C": "override run.env.env_vars.C",
        "env_vars.Z": "recipe train.py:9",
        "mem": "config config/default.json:1 run.env.mem",
        "time": "profile p (env.toml:4), from q, over 1 of config "
        "config/default.json:1 run.env.time",
        "account": "override run.env.account",
        "partition": "--partition",
        "mounts": "--mounts",
    }


def test_the_configurations_own_settings_are_checked_in_their_place(
    room: Path,
) -> None:
    config = {"nodes": "two", "mounts": "a:b", "secrets": {"A": HIDDEN}, "nodez": 1}
    with pytest.raises(SpecError) as caught:
        settled(room, config=config)
    said = {(fault.code, fault.subject) for fault in caught.value.faults}
    assert said == {
        ("field-type", "run.env.nodes"),
        ("field-type", "run.env.mounts"),
        ("secret-reference", "run.env.secrets.A"),
    }
    places = [fault.place for fault in caught.value.faults]
    assert {getattr(place, "path", "") for place in places} == {"config/default.json"}
    assert HIDDEN not in str(caught.value)
    found = settled(room, config={"nodez": 1})
    assert [each.code for each in found.warnings] == ["setting-unknown"]


def test_what_was_typed_wrongly_is_a_wrong_call(room: Path) -> None:
    with pytest.raises(CallError) as caught:
        settled(room, options={"cpus_per_task": 0})
    (fault,) = caught.value.faults
    assert fault.subject == "--cpus-per-task"
    with pytest.raises(CallError):
        settled(room, config={"nodes": 1}, overrides=("run.env.nodes=x",))
    with pytest.raises(CallError) as caught:
        settled(room, config={}, overrides=(f"+run.env.secrets.A={HIDDEN}",))
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("HF_TOKEN", HIDDEN, True),
        ("DB_PASSWORD", HIDDEN, True),
        ("PLAIN", "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", True),
        ("HTTP_PROXY", f"http://me:{HIDDEN}@proxy/", True),
        ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", False),
        ("USE_TOKEN", "false", False),
        ("MAX_TOKENS", "4096", False),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("HF_TOKEN_PATH", "/home/me/token", False),
        ("NCCL_DEBUG", "INFO", False),
    ],
)
def test_a_secret_among_plain_variables_is_refused(
    room: Path, name: str, value: str, refused: bool
) -> None:
    lines = ("[p]", "[p.env_vars]", f"{name} = {json.dumps(value)}")
    if not refused:
        assert settled(room, name="p", lines=lines).record.env_vars == {name: value}
        return
    with pytest.raises(SpecError) as caught:
        settled(room, name="p", lines=lines)
    (fault,) = caught.value.faults
    assert (fault.code, fault.subject) == ("secret-in-settings", f"env_vars.{name}")
    assert HIDDEN not in str(caught.value)
    assert "ghp_" not in str(caught.value)


def test_variables_of_this_machine_stand_in_settings_but_no_secrets(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "me")
    monkeypatch.setenv("HF_TOKEN", HIDDEN)
    monkeypatch.delenv("ABSENT", raising=False)
    lines = (
        *("[p]", "remote_job_dir = '/jobs/${oc.env:WHO}/x'"),
        *("mounts = ['${oc.env:ABSENT,/data}:/data']", "[p.env_vars]"),
        *("HERE = '$HOME/${oc.env:WHO}/${X}'", "[q]", "host = '${oc.env:ABSENT}'"),
        *("[r]", "host = '${oc.env:HF_TOKEN}'"),
    )
    record = settled(room, name="p", lines=lines).record
    assert record.remote_job_dir == "/jobs/me/x"
    assert record.mounts == ("/data:/data",)
    assert record.env_vars == {"HERE": "$HOME/me/${X}"}
    for name, code in (("q", "config-interpolation"), ("r", "secret-in-settings")):
        with pytest.raises(RunspecError) as caught:
            settled(room, name=name, lines=lines)
        assert [fault.code for fault in caught.value.faults] == [code]
        assert HIDDEN not in str(caught.value)


def test_a_launch_explains_itself_without_showing_a_secret(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", HIDDEN)
    script(room)
    (room / "config").mkdir()
    (room / "config" / "default.json").write_text('{"lr": 1}')
    (room / "env.toml").write_text("[p]\nsecrets = {HF_TOKEN = 'env:HF_TOKEN'}\n")
    words = ("launch", "./train.py", "--on", "p", "--explain", "lr=2")
    done = subprocess.run(
        [sys.executable, "-m", "runspec", *words],
        env={**os.environ, "XDG_STATE_HOME": str(room)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "override lr=2" in done.stdout, done.stderr
    assert "profile p (env.toml:2)" in done.stdout
    assert HIDDEN not in done.stdout + done.stderr
