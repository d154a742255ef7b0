"""The end of a process by Ctrl-C: it dies by SIGINT, so that its shell ends, too."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


def remember() -> None:
    """Make the interpreter end itself by SIGINT once all else is done.

    It does so after a KeyboardInterrupt that nothing caught, unless a text is
    evaluated in between, as by an import that makes a namedtuple (CPython,
    `unhandled_keyboard_interrupt`). A text that raises one sets its note again.
    """
    try:
        exec("raise KeyboardInterrupt")  # noqa: S102
    except KeyboardInterrupt:
        return


def hide(error: KeyboardInterrupt) -> None:
    """Show no traceback when `error` ends the program; it ends as ever by SIGINT."""
    show = sys.excepthook

    def hook(
        kind: type[BaseException],
        value: BaseException,
        trace: "TracebackType | None",
    ) -> None:
        if value is not error:
            show(kind, value, trace)
            return
        record = sys.modules.get("runspec.record")
        for run in record.RUNS if record else ():
            run.interrupt()
        remember()

    sys.excepthook = hook
