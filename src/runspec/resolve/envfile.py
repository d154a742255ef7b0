"""The `.runspec_env` file (ENV).

line  = [ "export " ] NAME "=" value | "#" anything | nothing
value = "'" anything "'" | '"' anything with escapes '"' | text; [ " #" comment ]
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ..errors import CallError, Fault, FilePlace, Refused, RunspecError
from ..paths import CLOSED
from . import variable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..call import Invocation
    from ..model import Config, Runnable

LARGEST = 1_048_576
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
FILE_NAME = ".runspec_env"


class EnvFile:
    """The variables of one file; `rule` says how the file was found."""

    __slots__ = ("_lines", "path", "rule", "variables")

    def __init__(self, path: str, rule: str) -> None:
        self.path = path
        self.rule = rule
        self.variables: dict[str, str] = {}
        self._lines: dict[str, int] = {}

    def set(self, name: str, value: str, line: int) -> None:
        self.variables[name] = value
        self._lines[name] = line

    def place(self, name: str) -> FilePlace:
        """Where the variable stands; the line's text is kept out, it may be secret."""
        return FilePlace(self.path, self._lines[name], 1)


def env_file_of(
    runnable: Runnable, config: Config, spec_path: str, environ: Mapping[str, str]
) -> EnvFile | None:
    """The one file in force (ENV-01), read and trusted; None where there is none.

    Raises CallError, or SpecError (`spec-untrusted`) for one that a spec names which
    somebody else could have written.
    """
    path, rule = find_env_file(runnable, config, environ)
    if not path:
        return None
    if rule in ("runnable", "config"):
        from ..source.trust import require_trusted_spec

        require_trusted_spec(spec_path, "runspec_env")
    if not os.path.lexists(path):
        if rule != "variable":
            return None
        raise _refused("env-file-missing", path, detail=rule)
    text, status = _trusted_text(path)
    file = _parsed(EnvFile(path, rule), text)
    if file.variables.keys() & secret_variables(runnable):
        require_trusted(path, status, private=True)
    return file


def secret_variables(runnable: Runnable) -> set[str]:
    """The variables that give a secret to the runnable or to a command of it."""
    found: set[str] = set()
    levels = [runnable]
    for level in levels:
        levels.extend(level.commands.values())
        for arg in level.args.values():
            if arg.type == "password":
                found.update((variable_of(runnable.name, arg.name), *arg.env))
    return found


def further(file: EnvFile, environ: Mapping[str, str]) -> dict[str, str]:
    """What the file adds to an environment: names that aren't set there (ENV-03).

    Of runspec's own variables only those that give an argument a value are added.
    """
    return {
        name: value
        for name, value in file.variables.items()
        if name not in environ
        and (not name.startswith("RUNSPEC_") or "_ARG_" in name)
        and "\0" not in value
    }


def env_file_or_faults(call: Invocation) -> EnvFile | None:
    """As `env_file_of`, with what is wrong added to the faults of the call."""
    try:
        return env_file_of(call.chain[0], call.config, call.spec_path, call.environ)
    except RunspecError as error:
        call.faults.extend(error.faults)
        call.unread = True
        return None


def find_env_file(
    runnable: Runnable, config: Config, environ: Mapping[str, str]
) -> tuple[str, str]:
    """The path of the file that counts, "" for none, and how it was found.

    `variable`, `runnable` and `config` name one, `prefix` is the environment's own.
    Whether it is there isn't asked.
    """
    named = environ.get("RUNSPEC_ENV_FILE")
    if named is not None:
        return (os.path.abspath(os.path.expanduser(named)) if named else ""), "variable"
    for value, rule in (
        (runnable.runspec_env, "runnable"),
        (config.runspec_env, "config"),
    ):
        if value is not None:
            return os.path.join(sys.prefix, os.path.expanduser(value)), rule
    return os.path.join(sys.prefix, FILE_NAME), "prefix"


def _trusted_text(path: str) -> tuple[str, os.stat_result]:
    try:
        descriptor = os.open(path, os.O_RDONLY | CLOSED)
    except OSError as error:
        raise _refused("unreadable", path, detail=error.strerror or "") from None
    try:
        status = os.fstat(descriptor)
        require_trusted(path, status)
        content = os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST:
        raise _refused("too-large", path, received=len(content))
    try:
        return content.decode("utf-8-sig"), status
    except UnicodeDecodeError:
        raise _refused("encoding", path) from None


def require_trusted(
    path: str, status: os.stat_result, *, private: bool = False
) -> None:
    """Raise CallError where another user could have written the file (ENV-04).

    `private`: or could read it. `detail` of the fault is the command that mends it.
    """
    from ..source.ownership import OPEN, WRITABLE, distrust

    open_to = OPEN if private else WRITABLE
    owners = [0]
    with suppress(FileNotFoundError):
        owners.append(os.stat(sys.prefix).st_uid)
    found = distrust(path, status, open_to=open_to, owners=tuple(owners))
    if found:
        raise _refused(
            "env-file-untrusted", path, received=found.why, detail=found.mend
        )


def _parsed(file: EnvFile, text: str) -> EnvFile:
    """Raises CallError with the fault of each line; an open quote is one fault."""
    faults: list[Fault] = []
    open_mark = ""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if open_mark:
            open_mark = "" if open_mark in line else open_mark
        elif stripped and stripped[0] != "#":
            name, equals, value = stripped.removeprefix("export ").partition("=")
            try:
                file.set(_name(name, equals), _value(value), number)
            except Refused as refused:
                place = FilePlace(file.path, number, 1)
                detail = refused.detail
                faults.append(Fault(refused.code, file.path, place, detail=detail))
                if detail == "quote":
                    open_mark = value.strip()[0]
    if faults:
        raise CallError(*faults)
    return file


def _name(text: str, equals: str) -> str:
    name = text.strip()
    if equals and name.isascii() and name.isidentifier():
        return name
    raise Refused("env-file-syntax")


def _value(text: str) -> str:
    """The value of one line. Raises Refused, `detail` says why (ENV-02)."""
    bare = text.lstrip()
    if bare[:1] in ("'", '"'):
        body, rest = _quoted_body(bare)
        if rest.strip() and not (rest[0].isspace() and rest.lstrip()[0] == "#"):
            raise Refused("env-file-syntax", detail="behind")
        return body
    for at, character in enumerate(text):
        if character == "#" and text[:at][-1:].isspace():
            return text[:at].strip()
    return text.strip()


def _quoted_body(text: str) -> tuple[str, str]:
    """What stands between the quotes, and what behind them."""
    mark = text[0]
    made: list[str] = []
    at = 1
    while at < len(text):
        character = text[at]
        if character == mark:
            return "".join(made), text[at + 1 :]
        if character == "\\" and mark == '"':
            at += 1
            escaped = ESCAPES.get(text[at : at + 1])
            if escaped is None:
                raise Refused("env-file-syntax", detail="escape")
            character = escaped
        made.append(character)
        at += 1
    raise Refused("env-file-syntax", detail="quote")


def _refused(
    code: str, path: str, *, received: str | int | None = None, detail: str = ""
) -> CallError:
    place = FilePlace(path, 0, 0)
    return CallError(Fault(code, path, place, received=received, detail=detail))
