"""Which loggers are the program's own, and which those of its libraries (LOG-06)."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import LogRecord

    from ..call import Invocation


class OwnLoggers:
    """A filter: all records of the program's loggers, of others from `level` up.

    Its own are the root, `__main__`, that of the runnable's name, and those of the
    modules and packages beside the spec, or of the package that the spec is in.
    """

    __slots__ = ("_beside", "_level", "_own")

    def __init__(self, call: "Invocation", level: int) -> None:
        package = ""
        folder = os.path.dirname(call.spec_path)
        while os.path.exists(f"{folder}/__init__.py"):
            folder, package = os.path.split(folder)
        self._level = level
        self._beside = "" if package else folder
        names = ("root", "__main__", call.runnable.name, package)
        self._own = dict.fromkeys(names, True)

    def filter(self, record: "LogRecord") -> bool:
        """Whether the record is shown, or kept."""
        return record.levelno >= self._level or self._is_own(record.name)

    def _is_own(self, name: str) -> bool:
        if name in self._own:
            return self._own[name]
        top = name.partition(".")[0]
        if top not in self._own:
            ends = (".py", "/__init__.py")
            beside = f"{self._beside}/{top}"
            found = any(os.path.exists(f"{beside}{end}") for end in ends)
            self._own[top] = self._beside != "" and found
        return self._own[top]
