"""How a program ends that can't go on: one message, one exit status, no traceback."""

from __future__ import annotations

import os
import sys

from .errors import CallError, RunspecError
from .render.text import Style, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from . import Loaded
    from .errors import Fault


def stop(error: RunspecError, loaded: Loaded | None) -> SystemExit:
    """Say what `error` is about; the exception that ends the program.

    Warnings of the spec about an argument of a failed call are shown, too (FILE-08).
    """
    environ = os.environ
    style = Style.for_stream(sys.stderr, environ)
    if isinstance(error, CallError) and loaded is not None:
        text = _call(error, loaded, environ, style)
    else:
        text = _faults(error, environ, style)
    show(text, sys.stderr)
    return SystemExit(error.exit_status)


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
    """Whether a warning is about an argument that the call failed for."""
    _, found, argument = note.subject.partition(".args.")
    names = {fault.subject.lstrip("-") for fault in error.faults}
    return (
        found != ""
        and argument.partition(".")[0] in names
        and note.code != "no-description"
    )


def _faults(error: RunspecError, environ: Mapping[str, str], style: Style) -> str:
    from .render.fault import faults_json, render_faults

    if environ.get("RUNSPEC_AGENT") == "1":
        import json

        body = {"exit_status": error.exit_status, "problems": faults_json(error.faults)}
        return json.dumps({"error": body})
    return render_faults(error.faults, style=style)


def warn(warnings: Sequence[Fault], environ: Mapping[str, str]) -> None:
    """Show the warnings of a call on stderr."""
    from .render.fault import render_faults

    style = Style.for_stream(sys.stderr, environ)
    show(render_faults(warnings, style=style), sys.stderr)
