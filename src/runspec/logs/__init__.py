"""Logging of a run where the spec has `[config.logging]` (LOG)."""

import os
import sys
from time import time_ns

from ..record import began
from ..specfile import environment_directory
from .summary import is_good, painted, sentence, signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..call import Invocation
    from ..redact import Redactor
    from .file import LogFile
    from .place import Home


class Logs:
    """The log of this run; `counts` are its records by level."""

    __slots__ = (
        "_begun",
        "_call",
        "_entries",
        "_file",
        "_handler",
        "_run",
        "_screens",
        "_summary",
        "redactor",
    )

    def __init__(
        self, call: "Invocation", run: str, redactor: "Redactor", *, summary: bool
    ) -> None:
        from .entry import Entries
        from .handlers import FileHandler
        from .screen import screens

        self._call = call
        self._run = run
        self._summary = summary
        self._begun = began(call, run, "parse")
        self.redactor = redactor
        self._screens = screens()
        self._entries = Entries(run, call.runnable.name, redactor)
        self._file = _log_file(call, run, self._say)
        self._handler = FileHandler(self._file, self._entries)

    @property
    def counts(self) -> "dict[str, int]":
        return dict(self._handler.counts)

    @property
    def path(self) -> str:
        """The log that is written to; "" where there can be none."""
        return self._file.path

    def begin(self, *, debug: bool) -> None:
        """Attach to the root logger. A console that is set up already stays alone."""
        import logging

        from ..spec.inherit import inherited
        from .handlers import ConsoleHandler
        from .own import OwnLoggers

        self._file.open()
        root = logging.getLogger()
        if not root.handlers:
            level = logging.DEBUG if debug else logging.INFO
            out, err = self._screens
            if inherited(self._call.chain, "output") != "text":
                out = err  # nothing else stands in a result
            console = ConsoleHandler(self._entries, out, err, level)
            root.addHandler(console)
            if not debug:
                console.addFilter(OwnLoggers(self._call, logging.WARNING))
        root.addHandler(self._handler)
        if not debug:
            self._handler.addFilter(OwnLoggers(self._call, logging.INFO))
        root.setLevel(logging.DEBUG)

    def finish(self, end: "Mapping[str, object]") -> None:
        """Write what was printed and how it ended; once, in the process that began.

        `end` has `status` (int or None), `ending` ("exit", "exception", "signal" or
        "unknown"), `seconds`, and where there is one a `detail`.
        """
        for screen in self._screens:
            screen.flush()
            screen.release()
        if os.getpid() != self._begun["pid"]:
            return
        sizes = self._keep_output()
        names = (self._call.runnable.name, *self._call.command)
        counts = self.counts
        text = self.redactor.text(sentence(names, end, counts))
        fields: dict[str, object] = {**self._begun, **end}
        fields.update(counts=counts, output=sizes)
        if self._file.lost:
            fields["lost"] = self._file.lost
        self._handler.write(self._entries.event(text, "run", fields))
        self._tell(text, end)

    def _keep_output(self) -> "dict[str, int]":
        """Record what was printed; the bytes of each stream."""
        sizes = {}
        for name, screen in zip(("stdout", "stderr"), self._screens, strict=True):
            output = screen.output
            if output is None:
                continue
            sizes[name] = output.size
            if output.size:
                text, left_out = output.shown(self.redactor, screen.encoding)
                message = f"wrote {output.size} bytes to {name}"
                fields = {"stream": name, "left_out": left_out, "text": text}
                self._handler.write(self._entries.event(message, "output", fields))
        return sizes

    def _tell(self, text: str, end: "Mapping[str, object]") -> None:
        """Say it on stderr, where a person reads; what was lost in any case."""
        lost = self._file.lost
        if lost:
            noun = "record" if lost == 1 else "records"
            self._say(f"{lost} {noun} could not be kept in the log")
        if not self._summary or self._call.agent:
            return
        good = is_good(end)
        if good and not self._screens[1].is_terminal:
            return
        warned = any(self.counts.get(level) for level in ("WARNING", "ERROR"))
        style = self._screens[1].style
        line = painted(text, self._run, style, good=good, warned=warned)
        self._screens[1].write(line)

    def _say(self, text: str) -> None:
        self._screens[1].write(f"runspec: {text}")


def setup(call: "Invocation", run_id: str, *, debug: bool, summary: bool) -> Logs:
    """Configure stdlib logging for this process, as `[config.logging]` says.

    To be called once. Raises nothing for what the system refuses.
    """
    from ..resolve.secrets import redactor_of

    redactor = redactor_of(call)
    redactor.load()
    logs = Logs(call, run_id, redactor, summary=summary)
    logs.begin(debug=debug)
    return logs


class RunLog:
    """The log of a program that doesn't write it itself, as it doesn't call parse()."""

    __slots__ = ("_begun", "_entries", "_file", "_handler", "_names")

    def __init__(self, call: "Invocation", run: str) -> None:
        from ..resolve.secrets import redactor_of
        from .entry import Entries
        from .handlers import FileHandler

        self._names = (call.runnable.name, *call.command)
        self._begun = began(call, run, "run")
        self._entries = Entries(run, call.runnable.name, redactor_of(call))
        self._file = _log_file(call, run, _complain)
        self._handler = FileHandler(self._file, self._entries)

    def begin(self) -> None:
        """Write that the run begins, and with what."""
        self._write(f"{' '.join(self._names)}: begins", "begin", {})

    def finish(self, status: int, seconds: float) -> None:
        """Write how it ended; a negative status is a signal's number."""
        end: dict[str, object] = {"status": status, "seconds": seconds}
        end["ending"] = "signal" if status < 0 else "exit"
        if status < 0:
            end["detail"] = signal_name(-status)
        self._write(sentence(self._names, end, {}), "run", end)
        self._file.close()

    def _write(self, text: str, event: str, fields: "Mapping[str, object]") -> None:
        line = self._entries.event(text, event, {**self._begun, **fields})
        self._handler.write(line)


def _complain(text: str) -> None:
    from ..render.text import show

    show(f"runspec: {text}", sys.stderr)


def _log_file(
    call: "Invocation", run: str, complain: "Callable[[str], None]"
) -> "LogFile":
    """The file of this run or of all of the runnable's, as `store` says (LOG-11)."""
    from .file import LogFile
    from .rotation import Rotation

    logging, name = call.config.logging, f"{call.runnable.name}.log"
    assert logging is not None
    if logging.store == "per-run":
        from .runfile import file_name

        name = file_name(call.runnable.name, time_ns(), run)
    return LogFile(name, _homes(call), Rotation(logging), complain)


def _homes(call: "Invocation") -> "list[Home]":
    """That of an installed spec's environment, or the spec's own; then the user's."""
    from .place import Home, home_of

    own = environment_directory(call.environ)
    homes = [Home(home_of(call.spec_path), made=False)]
    return [*homes, Home(own, made=True)] if own else homes
