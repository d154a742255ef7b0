"""Ask a person for a secret (SRC-07)."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def prompted(name: str, environ: Mapping[str, str]) -> str | None:
    """What was typed, without echo; None where nobody is there to ask.

    Somebody is there when stdin and stderr are terminals and no agent calls.
    """
    if environ.get("RUNSPEC_AGENT") == "1":
        return None
    for stream in (sys.stdin, sys.stderr):
        if stream is None or stream.closed or not stream.isatty():
            return None
    from getpass import getpass

    try:
        return getpass(f"{name}: ")
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        raise SystemExit(130) from None
