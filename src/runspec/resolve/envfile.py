"""The `.runspec_env` file (ENV).

line  = [ "export " ] NAME "=" value | "#" anything | nothing
value = "'" anything "'" | '"' anything with escapes '"' | text [ " #" comment ]
"""

from __future__ import annotations

import os
import sys

from ..errors import CallError, Fault, FilePlace, RunspecError
from ..paths import CLOSED

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
    path, rule = _which(runnable, config, spec_path, environ)
    if not path:
        return None
    if rule in ("runnable", "config"):
        from ..source.trust import require_trusted_spec

        require_trusted_spec(spec_path, "runspec_env")
    if not os.path.lexists(path):
        if rule == "prefix":
            return None
        raise _refused("env-file-missing", path, detail=rule)
    return _parsed(EnvFile(path, rule), _trusted_text(path))


def env_file_or_faults(call: Invocation) -> EnvFile | None:
    """As `env_file_of`, with what is wrong added to the faults of the call."""
    try:
        return env_file_of(call.chain[0], call.config, call.spec_path, call.environ)
    except RunspecError as error:
        call.faults.extend(error.faults)
        call.unread = True
        return None


def _which(
    runnable: Runnable, config: Config, spec_path: str, environ: Mapping[str, str]
) -> tuple[str, str]:
    named = environ.get("RUNSPEC_ENV_FILE")
    if named is not None:
        return (os.path.abspath(os.path.expanduser(named)) if named else ""), "variable"
    for value, rule in (
        (runnable.runspec_env, "runnable"),
        (config.runspec_env, "config"),
    ):
        if value is not None:
            beside = os.path.dirname(spec_path)
            return os.path.join(beside, os.path.expanduser(value)), rule
    return os.path.join(sys.prefix, FILE_NAME), "prefix"


def _trusted_text(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | CLOSED)
    except OSError as error:
        raise _refused("unreadable", path, detail=error.strerror or "") from None
    try:
        require_trusted(path, os.fstat(descriptor), private=True)
        content = os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST:
        raise _refused("too-large", path, received=len(content))
    try:
        return content.decode("utf-8-sig")
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
    found = distrust(path, status, open_to=open_to, owners=(0,))
    if found:
        raise _refused(
            "env-file-untrusted", path, received=found.why, detail=found.mend
        )


def _parsed(file: EnvFile, text: str) -> EnvFile:
    faults: list[Fault] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        name = name.strip()
        made = _value(value.strip()) if equals and _is_name(name) else None
        if made is None:
            place = FilePlace(file.path, number, 1)
            faults.append(Fault("env-file-syntax", file.path, place))
        else:
            file.set(name, made, number)
    if faults:
        raise CallError(*faults)
    return file


def _is_name(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _value(text: str) -> str | None:
    """The value of one line; None where its quotes don't close."""
    if text[:1] in ("'", '"'):
        body, rest = _quoted_body(text)
        if body is None or (rest and not rest.startswith("#")):
            return None
        return body
    at = 0 if text.startswith("#") else text.find(" #")
    return text if at < 0 else text[:at].rstrip()


def _quoted_body(text: str) -> tuple[str | None, str]:
    mark = text[0]
    made: list[str] = []
    at = 1
    while at < len(text):
        character = text[at]
        if character == mark:
            return "".join(made), text[at + 1 :].strip()
        if character == "\\" and mark == '"':
            at += 1
            escaped = ESCAPES.get(text[at : at + 1])
            if escaped is None:
                return None, ""
            character = escaped
        made.append(character)
        at += 1
    return None, ""


def _refused(
    code: str, path: str, *, received: str | int | None = None, detail: str = ""
) -> CallError:
    place = FilePlace(path, 0, 0)
    return CallError(Fault(code, path, place, received=received, detail=detail))
