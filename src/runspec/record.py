"""What a run leaves behind: one frame when it begins, another when it ends.

frame   = length (4 bytes, little) sum (8 bytes) payload [ status ]
payload = one dict, as marshal has it
status  = an int of the C library, where the length has the bit WITH_STATUS

The frames make the journal, which `runspec history` takes over into its database. A
frame costs some 50 microseconds; opening the database costs half of what starting
Python does.
"""

import os
import sys
from marshal import dumps
from time import time_ns

from .model import is_secret
from .paths import CLOSED, NO_LINK, make_private
from .specfile import checksum, environment_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, TypeAlias

    from . import Loaded
    from .call import Invocation, Value
    from .errors import RunspecError
    from .guard import Audited
    from .leaving import Leaving
    from .logs import Logs
    from .model import Runnable
    from .redact import Redactor

    Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"
    Event: TypeAlias = dict[str, Plain]

JOURNAL = "journal"
WITH_STATUS = 1 << 31
LONGEST = 1_000
"""Characters of one argument's value that are kept."""
CLAIMS = (
    *("USER", "LOGNAME", "SUDO_USER", "SSH_CONNECTION"),
    *("RUNSPEC_TRIGGER", "RUNSPEC_RUNBOOK"),
)
"""What the environment says of who is asking, and why; anybody can set these."""
RUNS: "list[Run]" = []
"""The run of this process, once it has begun."""
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | CLOSED | NO_LINK
KIND, REGULAR = 0o170000, 0o100000


def run_id() -> str:
    """A new one: when, then 48 random bits; they sort by time."""
    return f"{time_ns() // 1_000_000:012x}{os.urandom(6).hex()}"


def frame(event: "Event", flags: int = 0) -> bytes:
    """An event as the journal has it."""
    payload = dumps(event)
    head = (len(payload) | flags).to_bytes(4, "little")
    return head + checksum(payload) + payload


def append(directory: str, event: "Event", *, at_exit: bool = False) -> bool:
    """Write an event to the journal; whether that was possible.

    The journal is a file of this user in a directory of this user. It may be renamed
    at any time to be read; what is written to it afterwards is read later. `at_exit`:
    it is written by the C library when the process exits, with its status.
    """
    if at_exit and not _has_c_library():
        return False
    try:
        descriptor = _opened(f"{directory}/{JOURNAL}", directory)
        if os.fstat(descriptor).st_mode & KIND != REGULAR:
            os.close(descriptor)
            return False
        if at_exit and _write_at_exit(descriptor, frame(event, WITH_STATUS)):
            return True
        try:
            return not at_exit and os.write(descriptor, frame(event)) > 0
        finally:
            os.close(descriptor)
    except OSError:
        return False


def _has_c_library() -> bool:
    """Load it before the last descriptor is in use."""
    try:
        from .compat import c_library

        c_library("P")
    except (ImportError, OSError, AttributeError, TypeError):
        return False
    return True


def _write_at_exit(descriptor: int, head: bytes) -> bool:
    """Have the C library write `head` and the exit status, an int, when it exits.

    Only there is the true status known: of `raise SystemExit(3)` Python code sees
    nothing at the end. `on_exit(3)` gives the status to a function, `putw(3)` puts it
    behind what waits in the stream, and exit(3) writes that at once. False where the
    library has none of this.
    """
    try:
        from .compat import c_library

        address, pointer, function = c_library("P")
        on_exit, putw = address("on_exit"), address("putw")
        stream = function(address("fdopen"))(descriptor, b"a")
        if not stream:
            return False
        function(address("fwrite"))(head, 1, len(head), pointer(stream))
        function(on_exit)(pointer(putw), pointer(stream))
    except (ImportError, OSError, AttributeError, TypeError):
        return False
    return True


def above_standard(descriptor: int) -> int:
    """The same at a number above 2: 0, 1 and 2 are the program's, closed ones too."""
    if descriptor > 2:
        return descriptor
    import fcntl

    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(descriptor)


def _opened(path: str, directory: str) -> int:
    try:
        return above_standard(os.open(path, APPEND, 0o600))
    except FileNotFoundError:
        make_private(directory)
        return above_standard(os.open(path, APPEND, 0o600))


def began(call: "Invocation", run: str, via: str) -> "Event":
    """The event of a run that begins; `via` is parse, run, serve or launch."""
    environ = call.environ
    return {
        "event": "begin",
        "run": run,
        "parent": environ.get("RUNSPEC_RUN_ID", ""),
        "via": via,
        "runnable": call.runnable.name,
        "command": list(call.command),
        "spec": call.spec_path,
        "at": time_ns(),
        "agent": call.agent,
        "autonomy": call.autonomy,
        "values": [[v.arg.name, v.source, _text(v)] for v in call.values.values()],
        "label": environ.get("RUNSPEC_RUN_LABEL") or environ.get("RUNSPEC_LABEL", ""),
        "cwd": _directory(),
        **process(environ),
    }


def process(environ: "Mapping[str, str]") -> "Event":
    """Which process this is and who the kernel says is running it."""
    return {
        "pid": os.getpid(),
        "start": started(os.getpid()),
        "uid": os.getuid(),
        "euid": os.geteuid(),
        "login": _first("/proc/self/loginuid"),
        "ssh": "",
        "host": os.uname().nodename,
        "claims": {name: environ[name] for name in CLAIMS if name in environ},
    }


def started(pid: int) -> str:
    """When a process began, as the kernel counts it since which boot; "" if unknown."""
    fields = _first(f"/proc/{pid}/stat").rpartition(")")[2].split()
    boot = _first("/proc/sys/kernel/random/boot_id")
    return f"{boot} {fields[19]}" if len(fields) > 19 else ""


def _first(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | CLOSED)
        try:
            return os.read(descriptor, 1024).decode("utf-8", "replace").strip()
        finally:
            os.close(descriptor)
    except OSError:
        return ""


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _text(value: "Value") -> "str | None":
    """A value as it is kept: never a secret's, which is only said to be there."""
    if value.plain is None:
        return None
    if is_secret(value.arg, value.source):
        from .errors import MASK

        return MASK
    plain = value.plain
    text = "\n".join(map(str, plain)) if isinstance(plain, list) else str(plain)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def begin(
    call: "Invocation", directory: str, result: object, *, audited: bool = False
) -> None:
    """Record the run of this process, unless what started it does (HIS-02).

    `directory` is that of the environment's records, "" where there is none; `result`
    what the program gets of `parse()`.
    Sets up logging where the spec configures it. Raises RunspecError where the run
    must be in the audit ledger and can't be (AUD-02).
    """
    environ, config = call.environ, call.config
    if RUNS:
        return
    recorded = _is_recorded(call.runnable.name, environ)
    run = Run(call, directory, environ.get("RUNSPEC_RUN_ID") or "")
    if not recorded or not run.id:
        run.id = run_id()
    # Whatever the environment says, which anybody can set.
    if audited and not _is_worker():
        from .guard import Audited

        run.audited = Audited(call, run.id)
        run.audited.start()
    if config.history and directory and not recorded:
        run.kept = append(directory, began(call, run.id, "parse"))
    if config.logging is not None:
        from .logs import setup

        debug = environ.get("RUNSPEC_DEBUG") == "1" or "--debug" in call.switches
        summary = (
            config.logging.summary
            and "--no-summary" not in call.switches
            and not environ.get("RUNSPEC_NO_SUMMARY")
            and not _is_worker()
        )
        run.logs = setup(call, run.id, debug=debug, summary=summary)
    if run.kept or run.audited or run.logs or call.has_secrets:
        RUNS.append(run)
        run.watch(result)


def _is_recorded(runnable: str, environ: "Mapping[str, str]") -> bool:
    """Whether what started this process records it (INJ-03)."""
    if _is_worker():
        return True
    return "RUNSPEC_RUN_ID" in environ and environ.get("RUNSPEC_RUNNABLE") == runnable


def _is_worker() -> bool:
    """Whether multiprocessing started this process, which belongs to another's run."""
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return False
    # While it imports the main module, it has no parent_process() yet.
    inheriting = getattr(module.current_process(), "_inheriting", False)
    return inheriting or module.parent_process() is not None


def refused(
    error: "RunspecError",
    runnable: str,
    loaded: "Loaded | None",
    via: str = "parse",
    environ: "Mapping[str, str]" = os.environ,
) -> None:
    """Record a run that was refused before it began (HIS-01, AUD-02).

    `loaded` is what was known of the runnable by then.
    """
    run = run_id()
    if loaded is not None:
        from .guard import audit_refusal

        audit_refusal(error, loaded, run)
    directory = environment_directory(environ)
    kept = loaded is None or loaded[2].history
    if not directory or not kept or RUNS or _is_recorded(runnable, environ):
        return
    event: Event = {
        "event": "refused",
        "run": run,
        "via": via,
        "runnable": runnable,
        "command": list(getattr(error, "command", ())),
        "spec": loaded[0] if loaded else "",
        "at": time_ns(),
        "agent": environ.get("RUNSPEC_AGENT") == "1",
        "status": error.exit_status,
        "code": error.faults[0].code if error.faults else "",
        "detail": _line_of(error, loaded),
        "cwd": _directory(),
        **process(environ),
    }
    append(directory, event)


def _line_of(error: "RunspecError", loaded: "Loaded | None") -> str:
    """The command line that was refused; "" where it isn't known.

    And where the runnable has a secret, which a wrong call may have in any place.
    """
    argv = next((getattr(e.place, "argv", ()) for e in error.faults), ())
    if not argv or loaded is None or _takes_secret(loaded[1]):
        return ""
    from shlex import join

    return join(argv)[:LONGEST]


def _takes_secret(runnable: "Runnable") -> bool:
    own = any(is_secret(arg, "env") for arg in runnable.args.values())
    return own or any(_takes_secret(each) for each in runnable.commands.values())


def _reserve() -> int:
    """A descriptor held back for the end, when there may be no other; -1 for none."""
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY | CLOSED)
    except OSError:
        return -1
    if descriptor > 2:
        return descriptor
    os.close(descriptor)
    return -1


def _give_back(descriptor: int) -> None:
    """Close it, unless the program has, and has another file of that number."""
    try:
        if os.fstat(descriptor).st_rdev == os.stat(os.devnull).st_rdev:
            os.close(descriptor)
    except OSError:
        return


def _hear_interrupt(handler: "Any") -> "Any":
    """Have SIGINT handled so, or not at all (False); gives what handled it before."""
    from .compat import signal

    try:
        return signal.signal(
            signal.SIGINT, signal.SIG_IGN if handler is False else handler
        )
    except (ValueError, TypeError):  # another thread than the first; C's handler
        return None


class _Text:
    """A stream that the interpreter writes an error to."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, text: str) -> None:
        self.pieces.append(text)

    def flush(self) -> None:
        return None


class Run:
    """The run of this process, from `parse()` to its end."""

    def __init__(self, call: "Invocation", directory: str, run: str) -> None:
        self.id = run
        self.directory = directory
        self.kept = False
        self.audited: Audited | None = None
        self.logs: Logs | None = None
        self._call = call
        self._pid = os.getpid()
        self._began = time_ns()
        self._uncaught = ""
        self._said = ""
        self._leaving: Leaving | None = None
        self._redactor: Redactor | None = None
        self._reserve = _reserve()

    def watch(self, result: object) -> None:
        """Have the end of the process recorded.

        What that needs is loaded now: later there may be no descriptor or memory left.
        """
        import atexit

        atexit.register(self._end)
        self._show_error, sys.excepthook = sys.excepthook, self._uncaught_error
        if self._call.has_secrets:
            from .resolve.secrets import redactor_of

            self._redactor = redactor_of(self._call)
            self._redactor.load()
            __import__(f"{__package__}.compat")
            sys.unraisablehook = self._unraisable
        if self.logs or self.audited:
            from .leaving import Leaving

            self._leaving = Leaving(result)

    def _uncaught_error(
        self,
        kind: "type[BaseException]",
        error: BaseException,
        trace: "TracebackType | None",
    ) -> None:
        self._uncaught = self._said = kind.__name__
        try:
            self._said = f"{kind.__name__}: {error}"
        except Exception:  # noqa: BLE001  an error may have no words for itself
            self._said = kind.__name__
        shown_by = self._show_error
        if shown_by is sys.__excepthook__ and self._redactor is not None:
            self._masked(shown_by, kind, error, trace)
        else:
            shown_by(kind, error, trace)

    def _unraisable(self, about: "sys.UnraisableHookArgs") -> None:
        self._masked(sys.__unraisablehook__, about)

    def _masked(self, show: "Callable[..., object]", *about: object) -> None:
        """Let the interpreter show an error, with no secret in it.

        It writes into a text; nothing is imported for it. A further Ctrl-C meanwhile
        would have the interpreter show the error as it is.
        """
        stream, shown = sys.stderr, _Text()
        heard = _hear_interrupt(False)
        sys.stderr = shown
        try:
            show(*about)
            sys.stderr = stream
            if stream is not None and self._redactor is not None:
                stream.write(self._redactor.text("".join(shown.pieces)))
        finally:
            sys.stderr = stream
            _hear_interrupt(heard)

    def interrupt(self) -> None:
        """Ctrl-C ends it, and nothing is to be shown of that."""
        self._uncaught = self._said = KeyboardInterrupt.__name__

    def _end(self) -> None:
        if os.getpid() != self._pid:
            return  # a fork of the program
        ending, status = self._ending()
        _give_back(self._reserve)
        counts = self._tell(ending, status)
        if self.kept:
            self._record(ending, status, counts)
        if ending == "signal":
            from .interrupt import remember

            remember()

    def _record(
        self, ending: str, status: "int | None", counts: "dict[str, Plain]"
    ) -> None:
        event: Event = {"event": "end", "run": self.id, "at": time_ns()}
        event |= {"ending": ending, "detail": self._uncaught, "counts": counts}
        if ending == "signal":
            # The interpreter ends itself by SIGINT then, and exit(3) isn't called.
            event["status"] = status
        elif append(self.directory, event, at_exit=True):
            return
        append(self.directory, event)

    def _ending(self) -> "tuple[str, int | None]":
        """How it ends, and its status where that is known already."""
        if self._uncaught == KeyboardInterrupt.__name__:
            return "signal", -2
        if self._uncaught:
            return "exception", 1
        return "exit", self._leaving.status() if self._leaving else None

    def _tell(self, ending: str, status: "int | None") -> "dict[str, Plain]":
        """The ledger and the log; the counts of records by level."""
        if self.audited is not None:
            self.audited.end(status, ending)
        if self.logs is None:
            return {}
        seconds = (time_ns() - self._began) / 1e9
        about = {"status": status, "ending": ending, "seconds": seconds}
        self.logs.finish({**about, "detail": self._said})
        return dict(self.logs.counts)
