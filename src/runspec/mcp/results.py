"""What became of a call, as the result that an agent reads."""

from __future__ import annotations

from .media import is_textual, media_type_of
from .shapes import ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .blocks import Blocks
    from .capture import Capture
    from .revisions import Revision
    from .shapes import Object
    from .shelf import Shelf

EXIT_STATUS = "dev.runspec/exit-status"
SECONDS = "dev.runspec/seconds"

WRONG_CALL = 2
"""The exit status of a wrong call (ERR-04)."""


class Outcome:
    """How a program ended, and what it wrote.

    `ending` is "exit", "timeout", "cancelled" or "not-started"; `status` the exit
    status, or minus the signal's number; `detail` a further fact in words, such as why
    it couldn't be started; `seconds` how long it ran.
    """

    __slots__ = ("detail", "ending", "seconds", "status", "stderr", "stdout")

    def __init__(
        self,
        status: int,
        stdout: Capture,
        stderr: Capture,
        *,
        ending: str = "exit",
        detail: str = "",
        seconds: float = 0.0,
    ) -> None:
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.ending = ending
        self.detail = detail
        self.seconds = seconds

    @property
    def succeeded(self) -> bool:
        return self.ending == "exit" and self.status == 0

    def close(self) -> None:
        """Free both captures; `result_of` does it, too."""
        self.stdout.close()
        self.stderr.close()


def result_of(
    outcome: Outcome,
    output: str,
    output_schema: object,
    revision: Revision,
    shelf: Shelf,
) -> ToolResult:
    """The result; the captures are on the shelf then, or closed.

    Of a success: stdout by `output`, which is "text", "json", "html" or a media type;
    stderr isn't part of it. An output that should be JSON and isn't is an error only
    where `output_schema` is declared (not None), which promises structured content.
    Of a failure: stdout as text, then a block with what happened and stderr, or with
    nothing but the JSON that tells of a wrong call (ERR-04).
    """
    from .blocks import Blocks

    blocks = Blocks(revision, shelf)
    media_type = media_type_of(output)
    try:
        if outcome.succeeded:
            blocks.output(outcome.stdout, "stdout", media_type)
        else:
            _add_failure(blocks, outcome, media_type)
    finally:
        for each in (outcome.stdout, outcome.stderr):
            if not shelf.holds(each):
                each.close()
    promised = output_schema is not None and blocks.unstructured
    return ToolResult(
        blocks.content,
        is_error=promised or not outcome.succeeded,
        structured=blocks.structured,
        meta=_meta(outcome),
    )


def _meta(outcome: Outcome) -> Object:
    meta: Object = {SECONDS: round(outcome.seconds, 3)}
    if outcome.ending != "not-started":
        meta[EXIT_STATUS] = outcome.status
    return meta


def _add_failure(blocks: Blocks, outcome: Outcome, media_type: str) -> None:
    stdout, stderr = outcome.stdout, outcome.stderr
    if is_textual(media_type):
        blocks.text(stdout, "stdout", media_type)
    elif stdout.is_utf8:
        blocks.text(stdout, "stdout", "text/plain")
    else:
        blocks.link(stdout, "stdout", media_type)
    if _is_wrong_call(outcome):
        blocks.say(stderr.text().strip())
    else:
        after = "\n" if stderr.size else ""
        blocks.text(stderr, "stderr", "text/plain", happened(outcome) + after)


def happened(outcome: Outcome) -> str:
    """How it ended, in one line."""
    detail = f": {outcome.detail}" if outcome.detail else ""
    if outcome.ending == "not-started":
        return f"could not be started{detail}"
    if outcome.ending == "cancelled":
        return f"stopped because the call was cancelled{detail}"
    if outcome.ending == "timeout":
        seconds = f"{outcome.seconds:.1f}".removesuffix(".0")
        more = f"; {outcome.detail}" if outcome.detail else ""
        return f"stopped after {seconds} s: its timeout{more}"
    if outcome.status < 0:
        return f"stopped by signal {_signal(-outcome.status)}{detail}"
    return f"exit status {outcome.status}{detail}"


def _signal(number: int) -> str:
    from signal import Signals

    try:
        return f"{number} ({Signals(number).name})"
    except ValueError:
        return str(number)


def _is_wrong_call(outcome: Outcome) -> bool:
    """Stderr is the core's JSON and nothing else."""
    stderr = outcome.stderr
    if outcome.ending != "exit" or outcome.status != WRONG_CALL:
        return False
    if not stderr.is_utf8 or not stderr.whole or stderr.size > stderr.inline:
        return False
    from .values import NotJson, parse

    try:
        value = parse(stderr.text())
    except NotJson:
        return False
    error = value.get("error") if isinstance(value, dict) else None
    return isinstance(error, dict) and "problems" in error
