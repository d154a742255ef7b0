"""What became of a call, as the result that an agent reads."""

from __future__ import annotations

from .media import essence, is_textual, media_type_of
from .plaintext import plain_text
from .shapes import ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json
    from .blocks import Blocks
    from .capture import Capture
    from .revisions import Revision
    from .shapes import Object
    from .shelf import Shelf

EXIT_STATUS = "dev.runspec/exit-status"
SECONDS = "dev.runspec/seconds"
STDERR = "dev.runspec/stderr"

NO_OUTPUT = "(no output; exit status 0)"
BRIEF = 2_000
"""Bytes of stderr that are shown of a success."""

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
    output_schema: Json,
    revision: Revision,
    shelf: Shelf,
) -> ToolResult:
    """The result; the captures are on the shelf then, or closed.

    Of a success: stdout by `output`, which is "text", "json", "html" or a media type,
    then stderr, cut short; with JSON, stderr is in `_meta`. Where `output_schema` is
    declared (not None), the JSON value is the structured content, or the result is an
    error that says why it can't be (SRV-26).
    Of a failure: one text with what happened, stderr and stdout; of a wrong call, the
    JSON that tells of it (ERR-04).
    """
    from .blocks import Blocks

    blocks = Blocks(revision, shelf)
    media_type = media_type_of(output)
    result = ToolResult(blocks.content, meta=_meta(outcome))
    try:
        if not outcome.succeeded:
            result.is_error = True
            _add_failure(blocks, outcome, media_type)
        elif essence(media_type) == "application/json":
            _add_json(blocks, outcome, media_type, output_schema, result, revision)
        else:
            blocks.output(outcome.stdout, "stdout", media_type)
            blocks.say(_brief(outcome.stderr))
        if not blocks.content:
            blocks.say(NO_OUTPUT)
    finally:
        for each in (outcome.stdout, outcome.stderr):
            if not shelf.holds(each):
                each.close()
    return result


def _meta(outcome: Outcome) -> Object:
    meta: Object = {SECONDS: round(outcome.seconds, 3)}
    if outcome.ending != "not-started":
        meta[EXIT_STATUS] = outcome.status
    return meta


def _add_json(
    blocks: Blocks,
    outcome: Outcome,
    media_type: str,
    schema: Json,
    result: ToolResult,
    revision: Revision,
) -> None:
    from .structured import Unfit, read_structured

    before = ""
    try:
        result.structured = read_structured(outcome.stdout, schema, revision)
    except Unfit as error:
        result.is_error = schema is not None
        before = f"[stdout {error}]\n"
    blocks.text(outcome.stdout, "stdout", media_type, before)
    brief = _brief(outcome.stderr)
    if brief:
        result.meta[STDERR] = brief


def _brief(stderr: Capture) -> str:
    """What a success wrote to stderr, cut short."""
    if not stderr.size:
        return ""
    head = stderr.read(0, BRIEF).decode("utf-8", "replace")
    left = stderr.size - BRIEF
    more = f"\n[{left} more bytes of stderr]" if left > 0 else ""
    return f"[stderr]\n{plain_text(head)}{more}"


def _add_failure(blocks: Blocks, outcome: Outcome, media_type: str) -> None:
    stdout, stderr = outcome.stdout, outcome.stderr
    if _is_wrong_call(outcome):
        blocks.say(plain_text(stderr.text()).strip())
        _add_stdout(blocks, stdout, media_type)
        return
    parts, links = [happened(outcome)], []
    if stderr.size:
        text, link = blocks.excerpt(stderr, "stderr", "text/plain")
        parts.append(text)
        links += link
    if stdout.size and _is_shown(stdout, media_type):
        text, link = blocks.excerpt(stdout, "stdout", _text_type(media_type))
        parts.append(f"[stdout]\n{text}")
        links += link
    blocks.say("\n".join(part.removesuffix("\n") for part in parts))
    blocks.content += links
    if stdout.size and not _is_shown(stdout, media_type):
        blocks.link(stdout, "stdout", media_type)


def _add_stdout(blocks: Blocks, stdout: Capture, media_type: str) -> None:
    """What a failure printed, whatever it should have been."""
    if _is_shown(stdout, media_type):
        blocks.text(stdout, "stdout", _text_type(media_type))
    else:
        blocks.link(stdout, "stdout", media_type)


def _is_shown(stdout: Capture, media_type: str) -> bool:
    return is_textual(media_type) or stdout.is_utf8


def _text_type(media_type: str) -> str:
    return media_type if is_textual(media_type) else "text/plain"


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
