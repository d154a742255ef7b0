"""The kill switch of an environment: what must not run, whoever asks (DNY).

Two files count: `.runspec_deny` in the environment, which holds for everybody, and
`deny.json` among a user's records, which holds for that user.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rule import Denial

MOCK = "RUNSPEC_MOCK"
REAL = ("", "0")
"""With another value, a trial is meant, which must not do the real thing (DNY-04)."""


def files(environ: "Mapping[str, str]") -> tuple[str, ...]:
    """The paths of the files that count, the environment's first."""
    from ..specfile import deny_files, environment_directory

    return deny_files(environment_directory(environ))


def present(environ: "Mapping[str, str]") -> bool:
    """Whether anything may be denied here: there is a file, or it can't be told."""
    from ..specfile import environment_directory, may_be_denied

    return may_be_denied(environment_directory(environ))


def check(
    runnable: str, users: tuple[str, ...], host: str, environ: "Mapping[str, str]"
) -> "Denial | None":
    """What denies a call, or None.

    `runnable` is its name and those of its commands, with spaces between; `users` are
    all names of who runs it (`who.people`), `host` that of the machine. A file that
    isn't right denies everything (DNY-03). Raises nothing.
    """
    if not present(environ):
        return None
    from .verdict import denial

    return denial(runnable, users, host, files(environ))


def require_allowed(runnable: str, environ: "Mapping[str, str]") -> None:
    """Raise RunspecError where this user may not run it here, on this machine."""
    mock = environ.get(MOCK, "")
    if mock not in REAL:
        from ..errors import Fault, RunspecError

        raise RunspecError(Fault("mock-unsupported", runnable, received=mock))
    if not present(environ):
        return
    from ..errors import RunspecError
    from .who import people

    found = check(runnable, people(), os.uname().nodename, environ)
    if found is not None:
        raise RunspecError(found.fault)
