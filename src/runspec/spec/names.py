"""Which names sections and arguments may have, and what they become."""

from __future__ import annotations

from ..model import attribute_of

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
IN_ARG = LETTERS + DIGITS + "-_"
IN_SECTION = IN_ARG + "."

OWN_VARIABLES = frozenset(
    "RUNSPEC_" + name
    for name in (
        "AGENT",
        "APPROVAL",
        "ARTIFACTS_DIR",
        "COMMAND",
        "CONFIG",
        "CONFIG_FILE",
        "DEBUG",
        "DEFAULTS",
        "ENV_FILE",
        "ENV_TOML",
        "EXPORTS",
        "FORCE_HOST",
        "JUMP_BIN",
        "MOCK",
        "PID",
        "PROGRESS",
        "RUNNABLE",
        "RUNS_DIR",
        "RUN_DIR",
        "RUN_ID",
        "RUN_LABEL",
        "SERVE_CONTEXT",
    )
)
"""Variables with a meaning of their own, never an argument's (ARG-23, INJ-03)."""

LOGGING_SWITCHES = ("--debug", "--no-summary")
"""What every program takes whose spec configures logging (LOG-06)."""

METHODS = frozenset({"as_dict", "get", "get_runspec_env"})
"""Attributes of the result that an argument can't be (ARG-23)."""


def section_name(name: str) -> bool:
    """Whether a runnable or a command may have this name (SEC-02)."""
    return bool(name) and not name.strip(IN_SECTION) and name[0] not in "-_."


def arg_name(name: str) -> bool:
    """Whether an argument may have this name (ARG-02)."""
    return bool(name) and not name.strip(IN_ARG) and name[0] != "-"


def reserved(name: str) -> bool:
    """Whether an argument's name is runspec's own (ARG-03)."""
    attribute = attribute_of(name)
    return attribute == "help" or attribute.startswith("runspec_")


def name_of_switch(name: str) -> bool:
    """Whether it is that of a switch that logging brings (LOG-06)."""
    return "--" + name.replace("_", "-") in LOGGING_SWITCHES


def shadowed(name: str) -> bool:
    """Whether the result has another attribute of this name (ARG-23)."""
    attribute = attribute_of(name)
    return attribute in METHODS or attribute.startswith("__")


def exported(name: str) -> str:
    """The short variable an argument is exported as (INJ-01)."""
    return f"RUNSPEC_{attribute_of(name).upper()}"
