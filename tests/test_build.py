"""What a right spec becomes: the model, with everything that is left unsaid."""

from __future__ import annotations

import datetime

import pytest

from runspec.model import Arg, Runnable, revive
from runspec.source.toml import parse_toml
from runspec.spec.build import Spec, build
from runspec.spec.keep import dump

PIPELINE = """\
[config]
autonomy-default = "confirm"
lang = "python"
version = "1"

[pipeline]
description = "Process and validate data pipeline files"
autonomy = "confirm"

[pipeline.commands.run]
description = "Run the pipeline against one or more input files"
autonomy = "confirm"
autonomy-reason = "Writes output files and may call external APIs"

[pipeline.commands.run.args]
input = {type = "path"}
tag = {type = "str", multiple = true}
fields = {type = "str", multiple = true, delimiter = ","}
format = {options = ["json", "csv", "parquet"], default = "json"}
workers = {default = 4, range = [1, 32]}
batch-size = {default = 1000, range = [1, 100000]}
dry-run = {default = false}
verbose = {default = false, short = "-v"}
strict = {default = false}
api-key = {type = "str", env = "PIPELINE_API_KEY", autonomy = "manual"}
timeout = {default = 30, range = [1, 300]}
threads = {default = 4, deprecated = "use --workers instead"}

[pipeline.commands.run.groups.input-format]
exclusive = true
args = ["format", "raw"]

[pipeline.commands.run.groups.api-auth]
inclusive = true
args = ["api-key", "api-endpoint"]

[pipeline.commands.validate]
description = "Validate pipeline config and input files without running"
autonomy = "autonomous"

[pipeline.commands.validate.args]
input = {type = "path"}
schema = {type = "path"}
strict = {default = false}
format = {options = ["json", "csv", "parquet"], default = "json"}
"""


def built(text: str, name: str | None = None) -> Spec:
    """The spec of a text that must have no errors."""
    spec = build(parse_toml(text, "runspec.toml"), name)
    assert [fault for fault in spec.faults if fault.severity == "error"] == []
    return spec


def runnable(fields: str) -> Runnable:
    return built(f"[x]\n{fields}").runnables["x"]


def argument(fields: str) -> Arg:
    return built(f"[x.args]\na = {fields}").runnables["x"].args["a"]


def test_the_complete_example_has_no_errors_and_warns_of_the_undeclared_names():
    spec = built(PIPELINE)
    warned = {(f.code, f.received) for f in spec.faults if f.code != "no-description"}
    assert warned == {
        ("group-unknown-argument", "raw"),
        ("group-unknown-argument", "api-endpoint"),
    }


def test_the_complete_example_keeps_its_commands_and_their_fields():
    pipeline = built(PIPELINE).runnables["pipeline"]
    run = pipeline.commands["run"]
    assert list(pipeline.commands) == ["run", "validate"]
    assert run.autonomy_reason == "Writes output files and may call external APIs"
    assert run.args["workers"].range == (1, 32)
    assert run.args["verbose"].short == "-v"
    assert run.args["api-key"].env == ("PIPELINE_API_KEY",)
    assert run.args["threads"].deprecated == "use --workers instead"
    assert run.groups["api-auth"].inclusive
    assert run.groups["api-auth"].args == ("api-key", "api-endpoint")
    assert pipeline.commands["validate"].autonomy == "autonomous"


@pytest.mark.parametrize(
    ("fields", "kind", "rule"),
    [
        ('{type = "path"}', "path", None),
        ('{options = ["a", "b"]}', "choice", "INF-02"),
        ('{options = ["a", "b"], default = "a"}', "choice", "INF-02"),
        ("false", "flag", "INF-03"),
        ("4", "int", "INF-04"),
        ("4.5", "float", "INF-05"),
        ('"main"', "str", "INF-06"),
        ("[1, 2]", "int", "INF-07"),
        ("[1.5, 2.5]", "float", "INF-07"),
        ("[true]", "bool", "INF-07"),
        ('["a"]', "str", "INF-07"),
        ("[]", "str", "INF-07"),
        ("{}", "str", "INF-07"),
    ],
)
def test_the_type_is_inferred_and_the_rule_is_kept(fields, kind, rule):
    arg = argument(fields)
    assert (arg.type, arg.inferred.get("type")) == (kind, rule)


@pytest.mark.parametrize(
    ("fields", "required"),
    [
        ("{}", True),
        ('{type = "path"}', True),
        ('{type = "password"}', True),
        ("{required = false}", False),
        ("{default = 1}", False),
        ('{type = "flag"}', False),
        ('{type = "rest"}', False),
    ],
)
def test_an_argument_without_default_is_required_unless_it_can_do_without(
    fields, required
):
    assert argument(fields).required is required


def test_what_was_written_is_not_called_inferred():
    arg = argument('{type = "int", required = true, ui = "slider"}')
    assert arg.inferred == {}
    assert arg.declares("required")


def test_flags_default_to_false_and_rest_to_an_empty_list():
    assert argument('{type = "flag"}').default is False
    assert argument('{type = "rest"}').default == []
    assert argument('{type = "flag"}').inferred["default"] == "INF-08"


@pytest.mark.parametrize(
    ("fields", "control"),
    [
        ('{type = "password"}', "password"),
        ("4", "number"),
        ("4.5", "number"),
        ("false", "checkbox"),
        ('{type = "bool"}', "checkbox"),
        ('{options = ["a"]}', "select"),
        ('{options = ["a"], multiple = true}', "multiselect"),
        ('{type = "path"}', "path"),
        ('{type = "path", multiple = true}', "tags"),
        ('{type = "rest"}', "tags"),
        ("{}", "text"),
        ('{default = 4, ui = "slider"}', "slider"),
    ],
)
def test_the_form_control_follows_from_the_type(fields, control):
    assert argument(fields).ui == control


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ('["a"]', "ARG-09"),
        ('{type = "str", delimiter = ","}', "ARG-10"),
        ("{multiple = true}", None),
    ],
)
def test_an_array_or_a_delimiter_makes_a_list(fields, rule):
    arg = argument(fields)
    assert arg.multiple
    assert arg.inferred.get("multiple") == rule


@pytest.mark.parametrize(
    ("fields", "default"),
    [
        ('{type = "float", default = 3}', 3.0),
        ('{type = "float", default = [1, 2.5]}', [1.0, 2.5]),
        ("{options = [1, 2], default = 2}", 2),
        ("{options = [0.5, 1.0], default = 1}", 1.0),
        ('{type = "str", multiple = true, default = "a"}', ["a"]),
        ('{type = "str", delimiter = ",", default = "a,b"}', ["a", "b"]),
        ('{type = "str", delimiter = ",", default = ""}', []),
        ('{type = "path", default = "~/x"}', "~/x"),
        ("{default = true}", True),
    ],
)
def test_a_default_has_the_type_of_its_argument(fields, default):
    value = argument(fields).default
    assert value == default
    assert type(value) is type(default)


def test_options_of_a_float_are_floats():
    assert argument('{type = "float", options = [1, 2]}').options == (1.0, 2.0)
    assert isinstance(argument('{type = "float", options = [1, 2]}').options[0], float)


def test_the_three_ways_to_write_an_argument_say_the_same():
    bare = built("[x.args]\na = 4").runnables["x"].args["a"]
    inline = built("[x.args]\na = {default = 4}").runnables["x"].args["a"]
    table = built("[x.args.a]\ndefault = 4").runnables["x"].args["a"]
    assert bare == inline == table


def test_fields_that_say_nothing_about_the_type_are_left_out():
    arg = argument('{type = "int", pattern = "a", min-length = 1, options = [1, 2]}')
    assert (arg.pattern, arg.matcher, arg.min_length) == (None, None, None)
    assert arg.options == (1, 2)


def test_a_pattern_carries_its_program():
    assert argument('{type = "str", pattern = "[a-z]+"}').matcher is not None


def test_developer_data_is_passed_through_untouched():
    meta = argument("{default = 1, meta = {day = 2024-01-01, deep = [{a = 1}]}}").meta
    assert meta == {"day": datetime.date(2024, 1, 1), "deep": [{"a": 1}]}


@pytest.mark.parametrize(
    ("written", "audiences"),
    [
        ("true", True),
        ("false", False),
        ('["self-service", "operator"]', ("self-service", "operator")),
        ('["self-service"]', ("self-service",)),
    ],
)
def test_audiences_are_read_as_written(written, audiences):
    assert runnable(f"discoverable = {written}").discoverable == audiences
    assert argument(f"{{discoverable = {written}}}").discoverable == audiences


def test_audiences_default_to_operators_for_runnables_and_to_none_for_arguments():
    assert runnable("").discoverable is True
    assert argument("1").discoverable is False


@pytest.mark.parametrize(
    ("written", "contexts"),
    [
        ("true", ("local", "remote")),
        ("false", ()),
        ('["remote"]', ("remote",)),
    ],
)
def test_serving_contexts_are_read_as_a_list(written, contexts):
    assert runnable(f"serve = {written}").serve == contexts


@pytest.mark.parametrize(
    ("written", "default", "hosts", "patterns"),
    [
        ('run_as.default = "a"', "a", {}, {}),
        ('run_as = {hosts = {h = ""}}', None, {"h": ""}, {}),
        ('run_as.patterns."web[0-9]+" = "w"', None, {}, {"web[0-9]+": "w"}),
    ],
)
def test_the_user_can_depend_on_the_host(written, default, hosts, patterns):
    user = runnable(written).run_as
    assert (user.default, user.hosts, user.patterns) == (default, hosts, patterns)


def test_the_user_can_be_one_word():
    assert runnable('run_as = "oracle"').run_as == "oracle"


def test_examples_are_lines_or_tables():
    examples = runnable('examples = ["x -v", {cmd = "x", description = "D"}]').examples
    assert [(e.cmd, e.description) for e in examples] == [("x -v", None), ("x", "D")]


def test_launch_tables_are_carried():
    train = runnable(
        """
        image = "img:1"
        name = "nano/train"
        run = {launch = "python", workdir = "/opt"}
        config = {dir = "./c", format = "yaml"}
        resources = {nodes = 2, gpus_per_node = "auto"}
        env = {A = "x", B = 0, C = true, D = 1.5}
        """
    )
    assert (train.name, train.recipe_name, train.image) == ("x", "nano/train", "img:1")
    assert (train.run.launch, train.run.workdir) == ("direct", "/opt")
    assert train.run.cmd == "python {script} --config {config}"
    assert (train.config.dir, train.config.format) == ("./c", "yaml")
    assert (train.resources.nodes, train.resources.gpus_per_node) == (2, "auto")
    assert train.env == {"A": "x", "B": "0", "C": "1", "D": "1.5"}


def test_the_config_section_is_read_whole():
    config = built(
        """
        [config]
        autonomy-default = "manual"
        enforce_run_as = "warn"
        types = ["date"]
        [config.logging]
        rotate = "10 MB"
        [config.jump-hosts.web]
        host = "web.example"
        port = 2222
        options = ["-4"]
        """
    ).config
    assert (config.autonomy_default, config.enforce_run_as) == ("manual", "warn")
    assert (config.logging.rotate, config.logging.keep) == ("10 MB", 7)
    web = config.jump_hosts["web"]
    assert (web.name, web.host, web.port, web.options) == (
        "web",
        "web.example",
        2222,
        ("-4",),
    )


def test_a_registered_type_is_known_and_takes_any_default():
    spec = built('[config]\ntypes = ["date"]\n[x.args]\na = {type="date", default=1}')
    assert spec.runnables["x"].args["a"].type == "date"
    assert spec.runnables["x"].args["a"].default == 1


def test_a_deeper_argument_may_replace_one_above_it():
    x = runnable('args.a = {short = "-a"}\ncommands.c.args.a = {short = "-a"}')
    assert x.commands["c"].args["a"].short == "-a"


def test_commands_beside_each_other_may_use_the_same_short():
    x = runnable('commands.c.args.a.short = "-a"\ncommands.d.args.b.short = "-a"')
    assert list(x.commands) == ["c", "d"]


def test_a_group_may_name_an_argument_of_a_level_above_in_either_spelling():
    spec = built(
        """
        [x.args]
        dry-run = false
        [x.commands.c.args]
        b = 1
        [x.commands.c.groups.g]
        exclusive = true
        args = ["dry_run", "b"]
        """
    )
    assert "group-unknown-argument" not in {fault.code for fault in spec.faults}


def test_a_name_twice_in_a_group_counts_once():
    group = "groups.g = {exactly-one = true, args = ['a-b', 'a_b', 'c']}"
    x = runnable(f"args = {{a-b = 1, c = 2}}\n{group}")
    assert x.groups["g"].args == ("a-b", "c")


def test_commands_nest_to_the_depth_that_a_file_may_have():
    path = "x" + ".commands.c" * 30
    level = built(f"[{path}]\ndescription = 'deep'").runnables["x"]
    for _ in range(30):
        level = level.commands["c"]
    assert level.description == "deep"


def test_one_section_can_be_built_alone():
    text = "[config]\nlang = 'bash'\n[x]\n[y]\nautonomy = 'nope'\n"
    spec = built(text, "x")
    assert list(spec.runnables) == ["x"]
    assert spec.names == ("x", "y")
    assert spec.config.lang == "bash"
    assert {fault.runnable for fault in spec.faults} == {"x"}


def test_the_model_survives_being_kept():
    pipeline = built(PIPELINE).runnables["pipeline"]
    assert revive(dump(pipeline)) == pipeline
