"""The names a program may use. A change here is a change for every program."""

from __future__ import annotations

import inspect

import pytest

import runspec

NAMES = [
    "Arg",
    "Args",
    "AuditError",
    "CallError",
    "Group",
    "RunSpec",
    "RunspecError",
    "SpecError",
    "Value",
    "__version__",
    "audit",
    "load_spec",
    "parse",
    "register_type",
]


def test_the_public_names_are_these():
    assert sorted(runspec.__all__) == NAMES
    assert dir(runspec) == NAMES


def test_a_star_import_gives_the_public_names_and_no_others():
    found: dict[str, object] = {}
    exec("from runspec import *", found)
    del found["__builtins__"]
    assert sorted(found) == NAMES


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (
            "parse",
            ["script_name", "argv", "config_path", "into", "exit_on_error"],
        ),
        ("load_spec", ["script_name", "config_path"]),
        ("register_type", ["name", "coercer"]),
    ],
)
def test_the_parameters_of_a_function_keep_their_names(
    name: str, parameters: list[str]
):
    assert list(inspect.signature(getattr(runspec, name)).parameters) == parameters


@pytest.mark.parametrize("name", ["parse", "load_spec"])
def test_every_parameter_may_be_left_out(name: str):
    parameters = inspect.signature(getattr(runspec, name)).parameters.values()
    defaults = [each.default for each in parameters if each.name != "exit_on_error"]
    assert defaults == [None] * len(defaults)


def test_into_is_given_by_name_only():
    into = inspect.signature(runspec.parse).parameters["into"]
    assert into.kind is inspect.Parameter.KEYWORD_ONLY


def test_an_error_is_caught_as_any_error_of_runspec():
    assert issubclass(runspec.SpecError, runspec.RunspecError)
    assert issubclass(runspec.CallError, runspec.RunspecError)
    assert issubclass(runspec.RunspecError, Exception)
    assert runspec.SpecError().exit_status == 1
    assert runspec.CallError().exit_status == 2


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'prase'"):
        runspec.prase  # noqa: B018
    with pytest.raises(ImportError, match="prase"):
        exec("from runspec import prase", {})
