"""Words of argparse, click, typer and the like, and what is written here (SEC-06)."""

from __future__ import annotations

NARROWING = frozenset(("choices", "enum", "min", "max", "nargs"))
"""Keys that would have constrained a value: to ignore one lets wrong values in."""

KEYS = {
    "help": "write description",
    "choices": "choices are called options here",
    "enum": "write options",
    "min": "write range = [min, max]",
    "max": "write range = [min, max]",
    "nargs": 'write multiple = true, or position, or type = "rest"',
    "envvar": "write env",
    "positional": "write position = 1",
    "metavar": "there is no such field; put the form into description or pattern",
    "alias": "the name is the long option; short is for one letter",
    "aliases": "the name is the long option; short is for one letter",
    "long": "the name is the long option; short is for one letter",
}
"""Keys of an argument."""

RUNNABLE_KEYS = {
    "help": "write description",
    "epilog": "write it into description or examples",
    "version": "it is the distribution's version, which --version shows",
    "cmd": "write program, or cmd in a table run where it is a recipe",
    "alias": "a runnable has one name; a second section can have the same program",
    "aliases": "a runnable has one name; a second section can have the same program",
    "hidden": "write discoverable = false",
}
"""Keys of a runnable or a command."""

TYPES = {
    "file": ("path",),
    "number": ("int", "float"),
    "count": ("int",),
    "integer": ("int",),
    "string": ("str",),
    "boolean": ("flag", "bool"),
}
"""Types under another name."""

FORMS = {
    "list": "write multiple = true, and the type of one item",
    **dict.fromkeys(
        ("date", "datetime", "url", "email"),
        'write type = "str" with a pattern, or register_type() in the program',
    ),
}
"""Types that aren't there."""


def advice(table: str, key: str) -> str:
    """What to write instead of a key; "" for one that nobody else has either."""
    if table == "arg":
        return KEYS.get(key, "")
    return RUNNABLE_KEYS.get(key, "") if table == "runnable" else ""
