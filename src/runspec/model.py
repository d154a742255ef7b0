"""What a spec declares, as read-only records, and what it demands of a value.

One class serves every table, because a class of its own costs each start of each
program: `model.pyi` tells type checkers the attributes of each. Both that file and
everything below the marker are written by `make generate` from `spec/fields.py`;
change that table.
"""

NEEDED = ("args", "commands", "groups")
"""The fields holding records that every call needs."""
OWN = ("_later", "table")


class Record:
    """The values of one table by attribute; what isn't set is its default.

    `table` is the table's name in `spec/fields.py`.
    """

    def __init__(self, table, values):
        self.__dict__.update(values)
        self.__dict__["table"] = table

    def __getattr__(self, name):
        later = self.__dict__.get("_later", {})
        if name in later:
            self.__dict__[name] = revive(later.pop(name))
            return self.__dict__[name]
        try:
            return _defaults(self.__dict__["table"])[name]
        except KeyError:
            raise AttributeError(f"no attribute {name!r} in {self!r}") from None

    def __setattr__(self, name, value):
        raise AttributeError(f"{name!r} can't be set: a record is read-only")

    def __eq__(self, other):
        return isinstance(other, Record) and (self.table, self._now()) == (
            other.table,
            other._now(),
        )

    __hash__ = None

    def __reduce__(self):
        values = {name: each for name, each in vars(self).items() if name != "table"}
        return Record, (self.table, values)

    def __repr__(self):
        values = ", ".join(f"{name}={value!r}" for name, value in self._now().items())
        return f"<{self.__dict__.get('table')}: {values}>"

    def declared(self):
        """The attributes the spec set."""
        later = self.__dict__.get("_later", ())
        return [name for name in (*self.__dict__, *later) if name not in OWN]

    def declares(self, attribute):
        """Whether the spec set this attribute, rather than its default."""
        return attribute in self.declared()

    def _now(self):
        return {name: getattr(self, name) for name in self.declared()}


def revive(data):
    """The record that `spec.keep.dump` made data of: (..., table, values, nested).

    `nested` names the values that hold records themselves; those that a call needs
    are revived at once, the others when they are read.
    """
    if isinstance(data, tuple):
        if not data or data[0] is not ...:
            return tuple(revive(each) for each in data)
        _, table, values, nested = data
        now = dict(values)
        later = {key: now.pop(key) for key in nested if key not in NEEDED}
        if later:
            now["_later"] = later
        for key in nested:
            if key in NEEDED:
                now[key] = revive(now[key])
        return Record(table, now)
    if isinstance(data, dict):
        return {key: revive(each) for key, each in data.items()}
    return data


def attribute_of(name):
    """The attribute of an argument's name: hyphens are underscores (ARG-04)."""
    return name.replace("-", "_")


def failed_check(arg, value):
    """The first check that a typed item doesn't pass: its code, what was expected.

    For values of a call and defaults of a spec alike (ARG-05 to ARG-08); None where
    all pass.
    """
    if arg.options is not None and value not in arg.options:
        return "not-an-option", arg.options
    if arg.range is not None and isinstance(value, (int, float)):
        low, high = arg.range
        if not low <= value <= high:
            return "out-of-range", arg.range
    if isinstance(value, str) and arg.type in ("str", "password"):
        return _failed_text_check(arg, value)
    return None


def _failed_text_check(arg, text):
    if arg.min_length is not None and len(text) < arg.min_length:
        return "too-short", (arg.min_length,)
    if arg.max_length is not None and len(text) > arg.max_length:
        return "too-long", (arg.max_length,)
    if arg.matcher is None:
        return None
    from .spec.match import fullmatch, longest

    if len(text) > longest(arg.matcher):
        return "too-long", (longest(arg.matcher),)
    if not fullmatch(arg.matcher, text):
        return "pattern-mismatch", (arg.pattern,)
    return None


PLAIN_TYPES = ("int", "float", "bool", "flag", "choice")
UNTYPED = ("env", "runspec_env", "config")
"""Sources of a value that nobody types."""


def autonomy_of(chain, config):
    """The level of the last of `chain`: its own, or the nearest above, or the default.

    `chain` is a runnable and the commands below it, outermost first (AUT-01, AUT-02).
    """
    for runnable in reversed(chain):
        if runnable.autonomy is not None:
            return runnable.autonomy
    return config.autonomy_default


def is_secret(arg, source):
    """Whether a value is to be masked: a password, and what may be one (TYPE-09).

    The format advises `manual` for a text that is a secret and comes from a variable
    or a file; a number, a flag or a choice isn't one.
    """
    if arg.type == "password":
        return True
    text = arg.type not in PLAIN_TYPES and not arg.options
    return arg.autonomy == "manual" and text and source in UNTYPED


def maker(table):
    """What makes a record of one table from its values by attribute."""
    return lambda **values: Record(table, values)


def _defaults(table):
    if table in DEFAULTS:
        return DEFAULTS[table]
    from .model_more import DEFAULTS as MORE

    return MORE[table]


# --- generated ---


FINGERPRINT = "9c3f7f75b162"

DEFAULTS = {
    "config": {
        "autonomy_default": "confirm",
        "lang": None,
        "name": None,
        "version": "1",
        "runspec_env": None,
        "types": (),
        "enforce_run_as": "error",
        "confirm": "auto",
        "help_autonomy": False,
        "history": True,
        "audit": "off",
        "jump_hosts": {},
        "logging": None,
        "run_as": None,
        "meta": {},
    },
    "runnable": {
        "name": "",
        "description": None,
        "autonomy": None,
        "autonomy_reason": None,
        "effects": None,
        "idempotent": None,
        "open_world": None,
        "output": "text",
        "output_schema": None,
        "timeout": None,
        "warm": None,
        "discoverable": True,
        "serve": ("local", "remote"),
        "hosts": None,
        "run_as": None,
        "become_method": "sudo",
        "become_flags": None,
        "enforce_run_as": None,
        "audit": None,
        "examples": (),
        "runspec_env": None,
        "program": None,
        "section": None,
        "require_command": False,
        "meta": {},
        "args": {},
        "groups": {},
        "commands": {},
        "schema": "1",
        "docs": "",
        "recipe_name": "",
        "image": None,
        "setup": "",
        "run": None,
        "config": None,
        "resources": None,
        "env": {},
    },
    "arg": {
        "name": "",
        "type": "str",
        "default": None,
        "required": False,
        "description": None,
        "options": None,
        "range": None,
        "pattern": None,
        "min_length": None,
        "max_length": None,
        "multiple": False,
        "delimiter": None,
        "short": None,
        "env": (),
        "deprecated": None,
        "autonomy": None,
        "discoverable": False,
        "ui": None,
        "hint": None,
        "meta": {},
        "position": None,
        "matcher": None,
        "inferred": {},
    },
}

Config = maker("config")
Runnable = maker("runnable")
Arg = maker("arg")
