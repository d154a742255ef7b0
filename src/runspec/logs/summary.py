"""How a run went, in a line."""

from ..render.text import DIM, RED, YELLOW, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..render.text import Style


def outcome(end: "Mapping[str, object]") -> str:
    """How a run ended: "ok", or what went wrong; "ended" where nobody knows.

    `end` as `Logs.finish` takes it.
    """
    status, ending = end.get("status"), end.get("ending")
    detail = escaped(str(end.get("detail") or ""))
    if ending == "signal":
        return f"ended by {detail or 'a signal'}"
    if ending == "exception":
        return f"failed with {detail}" if detail else "failed"
    if not isinstance(status, int):
        return "ended"
    return f"exit status {status}" if status else "ok"


def is_good(end: "Mapping[str, object]") -> bool:
    """Whether a run ended as it should."""
    return end.get("ending") in ("exit", "unknown") and not end.get("status")


def sentence(
    names: "Sequence[str]", end: "Mapping[str, object]", counts: "Mapping[str, int]"
) -> str:
    """`deploy run: ok in 1.2 s, 2 warnings`, all but the run's id."""
    parts = [f"{' '.join(names)}: {outcome(end)}{_took(end.get('seconds'))}"]
    errors = counts.get("ERROR", 0) + counts.get("CRITICAL", 0)
    for number, noun in ((counts.get("WARNING", 0), "warning"), (errors, "error")):
        if number:
            parts.append(f"{number} {noun}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def painted(text: str, run: str, style: "Style", *, good: bool, warned: bool) -> str:
    """The line that a person sees."""
    look = RED if not good else YELLOW if warned else DIM
    return f"{style.paint(text, look)}, {style.paint(f'run {run}', DIM)}"


def _took(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    return f" in {duration(seconds)}"


def duration(seconds: float) -> str:
    """`340 ms`, `1.2 s`, `2 min 5 s`, `3 h 2 min`."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def signal_name(number: int) -> str:
    """`SIGTERM`; real-time signals have none, and are `signal 40`."""
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
