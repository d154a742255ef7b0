"""How a program ends that can't go on: one message, one exit status, no traceback."""

from __future__ import annotations

import os
import sys

from .errors import Asked, CallError, RunspecError
from .render.text import Style, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from . import Loaded
    from .errors import Fault


def stop(error: RunspecError | Asked, loaded: Loaded | None) -> SystemExit:
    """Say what `error` is about; the exception that ends the program.

    Warnings of the spec about an argument of a failed call are shown, too (FILE-08).
    """
    environ = os.environ
    if isinstance(error, Asked):
        return _answer(error, loaded, environ)
    style = Style.for_stream(sys.stderr, environ)
    if isinstance(error, CallError) and loaded is not None:
        text = _call(error, loaded, environ, style)
    else:
        text = _faults(error, environ, style)
    _write(sys.stderr, text)
    return SystemExit(error.exit_status)


def _answer(
    asked: Asked, loaded: Loaded | None, environ: Mapping[str, str]
) -> SystemExit:
    assert loaded is not None
    path, _, config, _ = loaded
    style = Style.for_stream(sys.stdout, environ)
    program = asked.chain[0].name
    if asked.kind == "version":
        from .source.version import version_line

        text = version_line(program, path)
    else:
        from .render.help import help_page

        text = help_page(asked.chain, config, program=program, style=style)
    return SystemExit(0 if _write(sys.stdout, text) else 1)


def _call(
    error: CallError, loaded: Loaded, environ: Mapping[str, str], style: Style
) -> str:
    from .render.fault import call_error, call_error_json, render_faults
    from .render.usage import usage_line
    from .source.kept import revived

    _, runnable, _, notes = loaded
    chain = [runnable]
    for name in error.command:
        chain.append(chain[-1].commands[name])
    usage = usage_line(chain, program=runnable.name)
    if environ.get("RUNSPEC_AGENT") == "1":
        return call_error_json(error, chain=chain, usage=usage)
    name = runnable.name
    text = call_error(error, program=name, usage=usage, style=style, chain=chain)
    about = [note for note in revived(notes) if _is_about(note, error)]
    if about:
        text = text.rstrip("\n") + "\n\n" + render_faults(about, style=style)
    return text


def _is_about(note: Fault, error: CallError) -> bool:
    """Whether a warning may be why the call failed."""
    names = {fault.subject.lstrip("-") for fault in error.faults}
    return note.code == "unknown-key" and not names.isdisjoint(note.subject.split("."))


def _faults(error: RunspecError, environ: Mapping[str, str], style: Style) -> str:
    from .render.fault import faults_json, render_faults

    if environ.get("RUNSPEC_AGENT") == "1":
        import json

        body = {"exit_status": error.exit_status, "problems": faults_json(error.faults)}
        return json.dumps({"error": body})
    return render_faults(error.faults, style=style)


def _write(stream: TextIO, text: str) -> bool:
    """Write and flush; a reader that has gone is no reason for a traceback."""
    try:
        write(text.rstrip("\n"), stream)
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        return False
    return True


def warn(warnings: Sequence[Fault], environ: Mapping[str, str]) -> None:
    """Show the warnings of a call on stderr."""
    from .render.fault import render_faults

    _write(
        sys.stderr,
        render_faults(warnings, style=Style.for_stream(sys.stderr, environ)),
    )
