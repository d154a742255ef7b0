"""The configuration that a recipe's script gets: files, defaults, interpolations."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from environments import ROOT
from rigs import omegaconf as versions
from rigs.setup import rig
from runspec.errors import CallError, Fault, FilePlace, RunspecError
from runspec.launch.config.merged import Merged, merge
from runspec.launch.config.overrides import split
from runspec.recipe import parse

SECRET = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
Files = Mapping[str, str]


def recipe(folder: Path, form: str = "omegaconf", declared: bool = True) -> Path:
    table = f'# [tool.runspec.config]\n# format = "{form}"\n' if declared else ""
    head = '# /// script\n# [tool.runspec]\n# name = "t"\n'
    path = folder / "train.py"
    path.write_text(f"{head}{table}# ///\n", "utf-8")
    return path


class Room:
    """A folder with a recipe and configurations, which is the working directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def merge(
        self,
        files: Files,
        *tokens: str,
        form: str = "omegaconf",
        name: str | None = None,
        declared: bool = True,
        inject: Mapping[str, object] | None = None,
        artifacts: str | None = None,
    ) -> Merged | None:
        self.write(files)
        found = parse(recipe(self.folder, form, declared))
        overrides, _ = split(tokens)
        return merge(
            found,
            name,
            overrides,
            inject=inject or {},  # type: ignore[arg-type]
            artifacts=artifacts,
        )

    def data(self, files: Files, *tokens: str, **how: str) -> dict[str, object]:
        found = self.merge(files, *tokens, **how)  # type: ignore[arg-type]
        assert found is not None
        return dict(found.data)

    def faults(self, files: Files, *tokens: str, **how: object) -> tuple[Fault, ...]:
        with pytest.raises(RunspecError) as caught:
            self.merge(files, *tokens, **how)  # type: ignore[arg-type]
        assert str(caught.value)
        return caught.value.faults


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.chdir(tmp_path)
    return Room(tmp_path)


def only(files: str) -> Files:
    return {"config/default.yaml": files}


def where(fault: Fault) -> str:
    assert isinstance(fault.place, FilePlace)
    return f"{fault.code} {fault.place.path}:{fault.place.line}:{fault.place.column}"


# Which file


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((None, 1), ("tiny", 2), ("tiny.yaml", 2), ("sub/x", 3), ("here.yaml", 4)),
        *(("./here.yaml", 4), ("other", 5)),
    ],
)
def test_a_configuration_is_found_by_name_or_path(
    room: Room, name: str | None, value: int
) -> None:
    files = {
        "config/default.yaml": "a: 1",
        "config/tiny.yaml": "a: 2",
        "config/sub/x.yml": "a: 3",
        "here.yaml": "a: 4",
        "config/other.json": '{"a": 5}',
    }
    found = room.merge(files, name=name)
    assert found is not None
    assert found.data == {"a": value}
    assert Path(found.path).is_absolute()


def test_a_configuration_that_is_missing_names_all_places_and_the_nearest(
    room: Room,
) -> None:
    (fault,) = room.faults(only("a: 1"), name="defualt")
    assert fault.code == "config-not-found"
    assert fault.candidates == ("default",)
    places = [f"config/defualt{suffix}" for suffix in (".yaml", ".yml", ".json")]
    assert list(fault.expected) == places


def test_a_recipe_without_config_table_may_have_no_configuration(room: Room) -> None:
    assert room.merge({}, declared=False) is None
    (fault,) = room.faults({}, declared=False, name="x")
    assert fault.code == "config-not-found"
    (fault,) = room.faults({}, "a=1", declared=False)
    assert fault.code == "override-without-config"


def test_a_recipe_that_declares_its_configurations_must_have_the_default(
    room: Room,
) -> None:
    (fault,) = room.faults({})
    assert fault.code == "config-not-found"


# What a file may hold


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [1\nc: 2", "config-syntax config/default.yaml:3:2"),
        ("a: 1\nb: {x: 1,\n  x: 2}", "duplicate-key config/default.yaml:3:3"),
        ("a: 1\n---\nb: 1", "config-syntax config/default.yaml:2:1"),
        ("a: !!python/object:os.system x", "config-syntax config/default.yaml:1:4"),
        ("a: !!int x", "config-syntax config/default.yaml:1:4"),
        ("? [1]\n: 2", "config-syntax config/default.yaml:1:3"),
        ("a: *b", "config-syntax config/default.yaml:1:4"),
        ("a: &x [*x]", "config-syntax config/default.yaml:1:8"),
        ("a: \x01", "config-syntax config/default.yaml:1:4"),
        ("a: 1\n\tb: 2", "config-syntax config/default.yaml:2:1"),
        ("- 1", "field-type config/default.yaml:1:1"),
        ("a: " + "[" * 80, "too-deep config/default.yaml:1:67"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(
    room: Room, text: str, said: str
) -> None:
    (fault,) = room.faults(only(text))
    assert where(fault) == said


def test_all_repeated_keys_of_a_file_are_told_at_once(room: Room) -> None:
    faults = room.faults(only("a: 1\nb: 2\na: 3\nb: 4\n"))
    assert [where(fault)[-3:] for fault in faults] == ["3:1", "4:1"]


@pytest.mark.parametrize("form", ["yaml", "omegaconf"])
def test_aliases_that_grow_without_bound_end_at_once(room: Room, form: str) -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        items = ", ".join([f"*l{level - 1}"] * 10)
        lines.append(f"l{level}: &l{level} [{items}]")
    files = {"bomb.yaml": "\n".join(lines)}
    (fault,) = room.faults(files, form=form, name="bomb.yaml")
    assert fault.code == "config-syntax"
    assert "100000" in fault.detail


@pytest.mark.parametrize(
    "text",
    [
        '"<<": 1\nb: 2\n',
        "'<<': {a: 1}\n",
        "!!str <<: 1\n",
        "base: &b {x: 1}\na: {<<: *b, '<<': 3}\n",
    ],
)
def test_a_merge_key_in_quotes_is_a_key_like_any_other(room: Room, text: str) -> None:
    found = room.merge(only(text), form="yaml")
    assert found is not None
    assert yaml.safe_load(found.content()) == found.data == yaml.safe_load(text)


def test_aliases_and_merge_keys_are_followed(room: Room) -> None:
    text = "base: &b {x: 1, y: [1]}\na: {<<: *b, x: 2}\nc: {<<: [*b, {z: 3}]}\nd: *b\n"
    data = room.data(only(text), "base.y.0=9")
    assert data["a"] == {"x": 2, "y": [1]}
    assert data["c"] == {"x": 1, "y": [1], "z": 3}
    assert data["d"] == {"x": 1, "y": [1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,\n "b": }', "config-syntax config/default.json:2:7"),
        ('{"a": {\n "c": 1, "c": 2}}', "duplicate-key config/default.json:2:10"),
        ('{"a": NaN}', "config-syntax config/default.json:1:7"),
        ('{"a": 1e999}', "config-syntax config/default.json:1:7"),
        ('{"a": 01}', "config-syntax config/default.json:1:7"),
        ('{"a": "x\ny"}', "config-syntax config/default.json:1:9"),
        ('{"a": 1} x', "config-syntax config/default.json:1:10"),
        ("[1 2]", "config-syntax config/default.json:1:4"),
        ("[1,]", "config-syntax config/default.json:1:4"),
        ("{a: 1}", "config-syntax config/default.json:1:2"),
        ("", "config-syntax config/default.json:1:1"),
        ("[" * 5000, "too-deep config/default.json:1:65"),
        ("[1]", "field-type config/default.json:1:1"),
    ],
)
def test_json_faults_have_their_place_too(room: Room, text: str, said: str) -> None:
    (fault,) = room.faults({"config/default.json": text}, form="json")
    assert where(fault) == said


@given(st.text('{}[]",:01.e-tru \n\\', max_size=12).map("[{}]".format))
def test_what_python_takes_for_json_is_json_and_nothing_else(
    room: Room, text: str
) -> None:
    text = f'{{"a": {text}}}'
    try:
        wanted = json.loads(text)
    except ValueError:
        wanted = None
    try:
        found = room.merge({"config/default.json": text}, form="json")
    except RunspecError as error:
        codes = {fault.code for fault in error.faults}
        assert wanted is None or codes == {"duplicate-key"}
        return
    assert found is not None
    assert found.data == wanted


def test_a_file_over_16_megabytes_is_refused(room: Room) -> None:
    path = room.folder / "big.json"
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    (fault,) = room.faults({}, form="json", name="big.json")
    assert fault.code == "too-large"


# What the script gets

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | TEXT
    | st.sampled_from(["a\nb", " x\n", "12:30:00", "1e5", "- a", "${", "\\${x}", "#"])
)
TREE = st.dictionaries(
    TEXT,
    st.recursive(
        LEAF,
        lambda below: (
            st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@given(TREE)
@example({"<<": None})
def test_the_script_reads_the_values_that_were_merged(
    room: Room, tree: dict[str, object]
) -> None:
    tree.pop("defaults", None)
    text = yaml.safe_dump(tree, default_style='"', sort_keys=False)
    found = room.merge(only(text), form="yaml")
    assert found is not None
    read = yaml.safe_load(found.content())
    assert read == found.data
    assert list(read) == list(found.data)
    if b"${" in found.content():
        return  # OmegaConf reads it as its own
    (room.folder / "out.yaml").write_bytes(found.content())
    theirs = OmegaConf.to_container(OmegaConf.load(room.folder / "out.yaml"))
    assert theirs == found.data


@given(TREE)
@example({"<<": None})
def test_json_comes_out_as_it_went_in(room: Room, tree: dict[str, object]) -> None:
    try:
        text = json.dumps(tree, allow_nan=False, indent=1)
    except ValueError:
        return  # JSON has no such number
    found = room.merge({"config/default.json": text}, form="json")
    assert found is not None
    assert found.name == "config.json"
    assert json.loads(found.content()) == tree == found.data


def test_keys_that_are_no_texts_stay_what_they_are(room: Room) -> None:
    found = room.merge(only("0: a\ntrue: b\n'2': c\n1.5: d\n"), form="yaml")
    assert found is not None
    keys = {0: "a", True: "b", "2": "c", 1.5: "d"}
    assert yaml.safe_load(found.content()) == keys


def test_plain_yaml_and_json_keep_what_looks_like_an_interpolation(room: Room) -> None:
    assert room.data(only("a: ${b}\nrun: {x: '${oc.env:HOME}'}"), form="yaml") == {
        "a": "${b}",
        "run": {"x": "${oc.env:HOME}"},
    }


def test_wandb_lies_over_the_file_and_under_the_overrides(room: Room) -> None:
    files = only("run: {wandb: {project: a, entity: b}}")
    inject = {"wandb": {"project": "c", "entity": "d"}}
    found = room.merge(files, "run.wandb.entity=e", inject=inject)
    assert found is not None
    assert found.data == {"run": {"wandb": {"project": "c", "entity": "e"}}}
    assert found.sources == {
        "run.wandb.project": "env.toml [wandb]",
        "run.wandb.entity": "override run.wandb.entity=e",
    }


# Overrides

CONFIG = only("a: {b: [1, {c: 2}], x: null}\nname: n\n")


@pytest.mark.parametrize(
    ("tokens", "path", "value"),
    [
        (["a.b.0=5"], "a.b.0", 5),
        (["a.b[1].c=5"], "a.b.1.c", 5),
        (["a.b[-1].c=5"], "a.b.1.c", 5),
        (["a.x={k: 1}"], "a.x", {"k": 1}),
        (["+a.y.z=1"], "a.y.z", 1),
        (["+a.b.2=3"], "a.b.2", 3),
        (["++a.y=1", "a.y=2"], "a.y", 2),
        (["++a.b=[]"], "a.b", []),
        (["a={x: 7}"], "a", {"b": [1, {"c": 2}], "x": 7}),
        (["++a={y: 7}"], "a", {"b": [1, {"c": 2}], "x": None, "y": 7}),
        (["a={}"], "a", {}),
        (["~a.b.0"], "a.b", [{"c": 2}]),
        (["~a"], "a", None),
        (["~name=n"], "name", None),
        (["run.env.nodes=2"], "run.env.nodes", 2),
    ],
)
@pytest.mark.parametrize("form", ["omegaconf", "yaml", "json"])
def test_overrides_change_add_and_remove(
    room: Room, tokens: Sequence[str], path: str, value: object, form: str
) -> None:
    files = CONFIG
    if form == "json":
        plain = yaml.safe_load(CONFIG["config/default.yaml"])
        files = {"config/default.json": json.dumps(plain)}
    found: object = room.data(files, *tokens, form=form)
    for key in path.split("."):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list):
            found = found[int(key)]
    assert found == value


@pytest.mark.parametrize(
    ("token", "code", "near"),
    [
        ("nmae=1", "override-unknown", ("name",)),
        ("a.z=1", "override-unknown", ("a.x",)),
        ("far.off.x=1", "override-unknown", ("a.x",)),
        ("a.b.7=1", "override-unknown", ()),
        ("+a.b.7=1", "override-unknown", ()),
        ("name.x=1", "override-unknown", ("a.x",)),
        ("+name.x=1", "override-unknown", ("a.x",)),
        ("a={q: 1}", "override-unknown", ()),
        ("+name=1", "override-exists", ()),
        ("~nmae", "override-unknown", ("name",)),
        ("~name=m", "override-differs", ()),
    ],
)
def test_an_override_that_does_not_fit_is_a_wrong_call(
    room: Room, token: str, code: str, near: tuple[str, ...]
) -> None:
    with pytest.raises(CallError) as caught:
        room.merge(CONFIG, "name=x", token, "also.wrong=1")
    first, second = caught.value.faults
    assert (first.code, second.code) == (code, "override-unknown")
    assert set(near) <= set(first.candidates) or not near
    assert getattr(first.place, "index", None) == 1


def test_json_has_no_infinite_number(room: Room) -> None:
    files = {"config/default.json": '{"a": 1}'}
    (fault,) = room.faults(files, "a=[.inf]", form="json")
    assert fault.code == "override-invalid"


# `defaults`

GROUPS = {
    "config/base.yaml": "lr: 1\nsteps: 1\n",
    "config/optim/adam.yaml": "defaults: [common]\nname: adam\n",
    "config/optim/common.yaml": "eps: 1\nname: none\n",
    "config/optim/sgd.yaml": "name: sgd\n",
    "config/a/b/c.yaml": "x: 1\n",
    "config/packed.yaml": "# @package one.two\nx: 1\n",
}


@pytest.mark.parametrize(
    ("text", "tokens", "data"),
    [
        ("defaults: base\nlr: 2", [], {"lr": 2, "steps": 1}),
        ("defaults: [_self_, base]\nlr: 2", [], {"lr": 1, "steps": 1}),
        ("defaults: [base, _self_]\nlr: 2", [], {"lr": 2, "steps": 1}),
        (
            "defaults: [optim/adam]",
            [],
            {"optim": {"eps": 1, "name": "adam"}},
        ),
        ("defaults: [{optim: sgd}]", [], {"optim": {"name": "sgd"}}),
        (
            "defaults: [{optim: sgd}]",
            ["optim=adam"],
            {"optim": {"eps": 1, "name": "adam"}},
        ),
        ("defaults: [{optim: null}]\nz: 1", [], {"z": 1}),
        ("defaults: [{optim: null}]", ["optim=sgd"], {"optim": {"name": "sgd"}}),
        (
            "defaults: [{optim: [common, sgd]}]",
            [],
            {"optim": {"eps": 1, "name": "sgd"}},
        ),
        ("defaults: [{optim@o.p: sgd}]", [], {"o": {"p": {"name": "sgd"}}}),
        ("defaults: [optim/sgd@_global_]", [], {"name": "sgd"}),
        ("defaults: [{a/b: c}]", [], {"a": {"b": {"x": 1}}}),
        ("defaults: [packed]", [], {"one": {"two": {"x": 1}}}),
        ("defaults: [optional nothing, {optional optim: none}]\nz: 1", [], {"z": 1}),
        ("defaults: {mine: 1}", [], {"defaults": {"mine": 1}}),
    ],
)
def test_defaults_add_files(
    room: Room, text: str, tokens: Sequence[str], data: object
) -> None:
    assert room.data({**GROUPS, **only(text)}, *tokens) == data


def test_a_file_elsewhere_builds_on_the_configurations_of_the_recipe(
    room: Room,
) -> None:
    files = {**GROUPS, "mine/x.yaml": "defaults: [base, /optim/sgd]\nlr: 9\n"}
    data = room.data(files, name="mine/x.yaml")
    assert data == {"lr": 9, "steps": 1, "optim": {"name": "sgd"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defaults:\n  - bsae", "config-not-found config/default.yaml:2:5"),
        ("defaults: [{optim: agd}]", "config-not-found config/default.yaml:1:20"),
        ("defaults: [loop]", "config-cycle config/loop.yaml:1:12"),
        ("defaults: [3]", "field-type config/default.yaml:1:12"),
        ("defaults: [{a: 1, b: 2}]", "field-type config/default.yaml:1:12"),
        (
            "defaults: [{override optim: sgd}]",
            "config-defaults config/default.yaml:1:12",
        ),
        ("defaults: [_self_, _self_]", "config-defaults config/default.yaml:1:12"),
    ],
)
def test_a_default_that_cannot_be_followed_is_told_with_its_place(
    room: Room, text: str, said: str
) -> None:
    files = {**GROUPS, "config/loop.yaml": "defaults: [default]\n", **only(text)}
    (fault,) = room.faults(files)
    assert where(fault) == said
    if fault.code == "config-cycle":
        assert fault.detail == "default.yaml → loop.yaml → default.yaml"


def test_defaults_that_multiply_end(room: Room) -> None:
    files = {f"config/c{n}.yaml": f"defaults: [c{n + 1}, c{n + 1}]" for n in range(30)}
    (fault,) = room.faults({**files, "config/c30.yaml": "a: 1"}, name="c0")
    assert fault.code == "config-defaults"


# Interpolations


@pytest.fixture
def artifacts(tmp_path: Path) -> str:
    folder = tmp_path / "artifacts"
    (folder / "Model" / "x").mkdir(parents=True)
    blend = {"path": "/data/blend", "version": "v3", "size": 7}
    (folder / "Blend.json").write_text(json.dumps(blend))
    (folder / "Model" / "metadata.json").write_text('{"iteration": 10}')
    return str(folder)


def test_what_depends_on_this_machine_is_resolved_and_nothing_else(
    room: Room, monkeypatch: pytest.MonkeyPatch, artifacts: str
) -> None:
    monkeypatch.setenv("WHERE", "/here/${x}")
    monkeypatch.setenv("TWO", "2")
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.delenv("RANK", raising=False)
    text = """
run: {data: 'Blend:latest', model: Model, out: '${dir}/out', twice: '${mul:${n},2}'}
dir: ${oc.env:WHERE}
n: 21
rank: ${oc.env:RANK,0}
job: ${oc.env:SLURM_JOB_NAME_OF_NOBODY}
token: ${oc.env:HF_TOKEN}
both: ${oc.env:TWO}/${n}/\\${y}/${mul:${oc.decode:${oc.env:TWO}},2}
data: ${art:data,path}/blend.json
step: ${art:model,iteration}
model: ${art:model}
other: ${n}
own: ${their:1}
shell: \\${HOME}
"""
    found = room.merge(only(text), artifacts=artifacts)
    assert found is not None
    out = room.folder / "config.yaml"
    out.write_bytes(found.content())
    loaded = OmegaConf.load(out)
    raw = OmegaConf.to_container(loaded)
    assert isinstance(raw, dict)
    assert raw["run"]["twice"] == 42
    assert loaded.run.out == "/here/${x}/out"
    assert loaded.dir == "/here/${x}"
    assert raw["data"] == "/data/blend/blend.json"
    assert raw["step"] == 10
    assert raw["both"] == "2/${n}/\\${y}/4"
    assert loaded.both == "2/21/${y}/4"
    assert raw["model"] == f"{artifacts}/Model"
    stays = {"rank": "${oc.env:RANK,0}", "other": "${n}", "own": "${their:1}"}
    assert {key: raw[key] for key in stays} == stays
    assert loaded.shell == "${HOME}"
    assert SECRET not in out.read_text("utf-8")
    said = {(fault.code, fault.subject) for fault in found.warnings}
    assert said == {("config-secret", "token"), ("config-unresolved", "job")}
    assert SECRET not in "".join(map(str, (fault.detail for fault in found.warnings)))


@given(st.text("${}\\ab:.", max_size=8))
def test_a_value_that_looks_like_an_interpolation_arrives_as_it_is(
    room: Room, text: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHERE", text)
        files = only("run: {env: {host: '${oc.env:WHERE}'}}\na: ${oc.env:WHERE}")
        found = room.merge(files)
    assert found is not None
    assert found.run_env == {"host": text}
    (room.folder / "out.yaml").write_bytes(found.content())
    loaded = OmegaConf.load(room.folder / "out.yaml")
    assert (loaded.a, loaded.run.env.host) == (text, text)


def test_a_secret_is_not_reached_through_another_value(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    text = "run: {a: '${x.y}', b: '${x}'}\nx: {y: '${oc.env:HF_TOKEN}'}"
    found = room.merge(only(text))
    assert found is not None
    assert SECRET.encode() not in found.content()
    assert {each.subject for each in found.warnings} == {"run.a", "run.b", "x.y"}


def test_a_value_that_looks_like_a_secret_is_not_read_under_any_name(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INNOCENT", SECRET)
    found = room.merge(only("a: ${oc.env:INNOCENT}"))
    assert found is not None
    assert found.data == {"a": "${oc.env:INNOCENT}"}
    assert [each.code for each in found.warnings] == ["config-secret"]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("run:\n  x: ${nope}", "nope"),
        ("run:\n  x: ${oc.env:NOPE_NOPE}", "NOPE_NOPE isn't set"),
        ("run:\n  x: ${foo:1}", "foo"),
        ("run:\n  x: ${mul:a,2}", "'a' is no number"),
        ("run:\n  x: ${run.x}", ""),
        ("run:\n  x: ${a", ""),
        ("a:\n  x: ${a", ""),
        ("a:\n  x: ${art:Blend,nope}", "has no field nope"),
        ("a:\n  x: ${art:Other}", "there is no artifact Other"),
        ("a:\n  x: ${art:../Blend}", "can't be the name"),
        ("run: {d: 'Blend:v2'}\na: ${art:d}", "as version v3, not v2"),
        ("run:\n  x: ${art:Other}", "there is no artifact Other"),
    ],
)
def test_what_cannot_be_resolved_says_where_and_what(
    room: Room, artifacts: str, text: str, detail: str
) -> None:
    (fault,) = room.faults(only(text), artifacts=artifacts)
    assert where(fault).startswith("config-interpolation config/default.yaml:2:")
    assert detail in fault.detail


def test_artifacts_stay_for_the_script_where_their_folder_is_not_known(
    room: Room,
) -> None:
    found = room.merge(only("a: ${art:data,path}"))
    assert found is not None
    assert found.data == {"a": "${art:data,path}"}
    assert [fault.code for fault in found.warnings] == ["config-unresolved"]


def test_an_interpolation_that_was_typed_wrongly_is_a_wrong_call(room: Room) -> None:
    with pytest.raises(CallError):
        room.merge(only("run: {x: 1}"), "run.x=${nope}")


def test_resolvers_of_omegaconf_are_as_they_were(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    room.merge(only("run: {x: '${mul:2,3}'}"))
    assert OmegaConf.create({"x": "${oc.env:HF_TOKEN}"}).x == SECRET
    assert not OmegaConf.has_resolver("mul")


# Both versions, and what is imported

PROBE = """
import sys
from runspec.recipe import parse
from runspec.launch.config.merged import merge
from runspec.launch.config.overrides import split
found = merge(parse(sys.argv[1]), None, split(sys.argv[3:])[0], inject={},
              artifacts=sys.argv[2])
found.content()
modules = sorted(sys.modules)
import json
print(json.dumps({"data": found.data, "codes": [f.code for f in found.warnings],
                  "modules": modules}))
"""


def probed(
    python: str | Path, folder: Path, *tokens: str, site: bool = True
) -> dict[str, object]:
    words = [str(python), "-W", "error", "-c", PROBE, "train.py", "artifacts", *tokens]
    if not site:
        words.insert(1, "-S")
    environ = {"PYTHONPATH": str(ROOT / "src"), "HOME": "/h", "HF_TOKEN": SECRET}
    done = subprocess.run(
        words, cwd=folder, env=environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("version", list(versions.VERSIONS))
def test_each_supported_version_of_omegaconf_resolves_the_same(
    room: Room, artifacts: str, version: str
) -> None:
    def omegaconf_python() -> Path:
        return versions.python(version)

    python = rig(omegaconf_python)
    text = """
defaults: [base]
run: {data: Blend, n: '${mul:${n},2}', list: ['${oc.env:HOME}', '${n}'], m: '${map}'}
map: {k: '${oc.env:HOME}/x', s: '${oc.env:HF_TOKEN}'}
path: ${art:data,path}
later: ${oc.env:NOPE,1}
other: ${.n}
"""
    room.write({**only(text), "config/base.yaml": "n: 2\n"})
    recipe(room.folder)
    found = probed(python, room.folder, "~map.s", "n=5")
    assert found["data"] == {
        "n": 5,
        "run": {
            "data": "Blend",
            "n": 10,
            "list": ["/h", 5],
            "m": {"k": "/h/x"},
        },
        "map": {"k": "/h/x"},
        "path": "/data/blend",
        "later": "${oc.env:NOPE,1}",
        "other": "${.n}",
    }
    assert found["codes"] == []


HEAVY = {
    "json",
    "yaml",
    "omegaconf",
    "antlr4",
    "typing",
    "dataclasses",
    "re",
    "subprocess",
}


@pytest.mark.parametrize(
    ("form", "text", "kept_out"),
    [
        ("json", '{"a": "${b}", "n": 1}', HEAVY),
        ("yaml", '{"a": "${b}", "n": 1}', {"yaml", "omegaconf"}),
        ("omegaconf", '{"a": 1, "n": 1}', {"yaml", "omegaconf"}),
    ],
)
def test_json_needs_neither_yaml_nor_omegaconf_nor_json(
    room: Room, form: str, text: str, kept_out: set[str]
) -> None:
    room.write({"config/default.json": text})
    recipe(room.folder, form)
    found = probed(sys.executable, room.folder, "n=3", "+m=[1, {b: 2}]", site=False)
    modules = found["modules"]
    assert isinstance(modules, list)
    assert kept_out & set(modules) == set()


def test_yaml_without_interpolations_needs_no_omegaconf(room: Room) -> None:
    room.write(only("n: 1\nx: {y: [1]}\n"))
    recipe(room.folder)
    found = probed(sys.executable, room.folder, "n=3")
    assert found["data"] == {"n": 3, "x": {"y": [1]}}
    assert "omegaconf" not in str(found["modules"])


def test_without_the_extra_one_clear_fault_says_what_to_install(room: Room) -> None:
    room.write(only("n: 1\n"))
    recipe(room.folder)
    words = [sys.executable, "-S", "-c", PROBE, "train.py", "artifacts"]
    environ = {"PYTHONPATH": str(ROOT / "src"), "HOME": str(room.folder)}
    done = subprocess.run(
        words, cwd=room.folder, env=environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "pip install 'runspec[recipes]~=1.0'" in done.stderr.splitlines()[-1]


def test_a_recipe_without_configuration_loads_none_of_this(room: Room) -> None:
    recipe(room.folder, declared=False)
    code = (
        "import sys\nfrom runspec.recipe import parse\n"
        "from runspec.launch.config.merged import merge\n"
        "assert merge(parse('train.py'), None, (), inject={}, artifacts=None) is None\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=room.folder,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "runspec.launch.config.merged" in loaded
    unneeded = {"json", "yaml", "omegaconf", "runspec.launch.config.resolvers"}
    assert (
        unneeded | {"runspec.launch.config.yamlfile", "runspec.launch.config.edit"}
    ) & loaded == set()
