"""What a spec declares, as read-only records.

Everything below the marker, and the types in `model.pyi`, is written by
`make generate` from `spec/fields.py`; change that table, not the classes.
"""

NEEDED = ("args", "commands", "groups")
"""Record-holding fields that every call needs."""
UNSET = {
    "config": None,
    "examples": (),
    "jump_hosts": {},
    "logging": None,
    "resources": None,
    "run": None,
    "run_as": None,
}
"""The other record-holding fields, with what they are where a spec sets none."""


class Record:
    """Read-only values by attribute; what isn't set is the class's default."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def __setattr__(self, name, value):
        raise AttributeError(f"{type(self).__name__} is read-only")

    def __eq__(self, other):
        return type(self) is type(other) and self._now() == other._now()

    __hash__ = None

    def __repr__(self):
        values = ", ".join(f"{k}={v!r}" for k, v in self._now().items())
        return f"{type(self).__name__}({values})"

    def declared(self):
        """The attributes the spec set."""
        later = self.__dict__.get("_later", ())
        return [name for name in (*self.__dict__, *later) if name != "_later"]

    def _now(self):
        return {name: getattr(self, name) for name in self.declared()}

    def __getattr__(self, name):
        later = self.__dict__.get("_later", {})
        if name in later:
            self.__dict__[name] = revive(later.pop(name))
            return self.__dict__[name]
        if name in UNSET:
            return UNSET[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def declares(self, attribute):
        """Whether the spec set this attribute, rather than its default."""
        return attribute in self.declared()


def revive(data):
    """The record that `spec.keep.dump` made data of: (..., class, values, nested).

    `nested` names the values that hold records themselves; those that a call needs
    are revived at once, the others when they are read.
    """
    if isinstance(data, tuple):
        if data and data[0] is ...:
            _, name, values, nested = data
            record = Record.__new__(class_of(name))
            record.__dict__.update(values)
            for key in nested:
                if key in NEEDED:
                    record.__dict__[key] = revive(values[key])
                else:
                    record.__dict__.setdefault("_later", {})[key] = values[key]
                    del record.__dict__[key]
            return record
        return tuple(revive(each) for each in data)
    if isinstance(data, dict):
        return {key: revive(each) for key, each in data.items()}
    return data


def class_of(name):
    """The record class of that name, wherever it lives."""
    if name in RECORDS:
        return RECORDS[name]
    from .model_more import MORE

    return MORE[name]


# --- generated ---


class Config(Record):
    autonomy_default = "confirm"
    lang = None
    name = None
    version = "1"
    runspec_env = None
    types = ()
    enforce_run_as = "error"


class Runnable(Record):
    name = ""
    description = None
    autonomy = None
    autonomy_reason = None
    output = "text"
    discoverable = ("operator",)
    serve = ("local", "remote")
    hosts = None
    become_method = "sudo"
    become_flags = None
    enforce_run_as = None
    runspec_env = None
    require_command = False
    args = {}
    groups = {}
    commands = {}
    schema = "1"
    docs = ""
    recipe_name = ""
    image = None
    setup = ""
    env = {}


class Arg(Record):
    name = ""
    type = "str"
    default = None
    required = False
    description = None
    options = None
    range = None
    pattern = None
    min_length = None
    max_length = None
    multiple = False
    delimiter = None
    short = None
    env = ()
    deprecated = None
    autonomy = None
    discoverable = ()
    ui = None
    hint = None
    meta = {}
    position = None
    matcher = None
    inferred = {}


RECORDS = {
    "Config": Config,
    "Runnable": Runnable,
    "Arg": Arg,
}
