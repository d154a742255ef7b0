"""`runspec connect`: the configuration that makes an MCP client start this server."""

from __future__ import annotations

import os
from stat import S_IMODE

from ..errors import Fault, RunspecError
from ..remote.ssh import PROGRAM as SSH
from . import OWN, output
from .clients import CLIENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..call import Args
    from ..spec.plain import Json
    from .clients import Client
    from .jsontext import JsonText

    Start = Callable[[Sequence[str]], list[str]]
    """The command line that runs `runspec` with the words given."""

    Entry = dict[str, Json]

SERVE = "serve"
MARKS = "-_"
"""What the name of an entry may have beside letters and digits."""
NEW_FILE = 0o666


def run(args: Args) -> int:
    """Print the configuration; with `--write`, also merge it into the client's file."""
    client = CLIENTS[args.client.value]
    host: str | None = args.remote.value
    name: str = args.name.value or _entry_name(host or _server_name())
    start = _start_here() if host is None else _start_on(host)
    path = client.path()
    if args.write.value:
        entry = _merge(client, path, name, start)
        note = f"{path} starts the server {name} now; {client.then}"
    else:
        entry = _entry(client, start)
        note = f"this goes into {path}; --write merges it into that file"
    output.show_json({client.servers: {name: entry}})
    output.note(note)
    return 0


def _server_name() -> str:
    """What the server here calls itself (SRV-09)."""
    from ..mcp.toolbox import Selection, open_toolbox

    return open_toolbox(Selection()).name


def _entry_name(name: str) -> str:
    """A name that every client takes: Claude Code knows ASCII letters, digits, - _."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in MARKS) else "-"
        for each in name
    )


def _start_here() -> Start:
    from ..run.program import find_program

    program = find_program("runspec", OWN, installed=True)
    return lambda words: [*program.argv, *words]


def _start_on(host: str) -> Start:
    from ..remote.hosts import known_hosts
    from ..remote.ssh import runspec_argv
    from .lookup import spec_from_here

    target = known_hosts(spec_from_here()).target(host)
    return lambda words: runspec_argv(target, words)


def _entry(client: Client, start: Start, options: Sequence[str] = ()) -> Entry:
    """The entry of the server; `options` are those of `runspec serve`."""
    command, *words = start((SERVE, *options))
    kind: Entry = {"type": "stdio"} if client.typed else {}
    return {**kind, "command": command, "args": [*words]}


def _merge(client: Client, path: str, name: str, start: Start) -> Entry:
    """Put the entry into the client's file, all else in it kept; the entry.

    Of an entry that starts this program already, the options of `serve` are kept,
    too. Raises RunspecError and leaves the file as it is: `json-syntax`,
    `field-type`, `entry-taken`, `unwritable`, or why it can't be read.
    """
    target = os.path.realpath(path)
    text = _read(target)
    before = text.text
    servers = text.child(text.root, client.servers)
    if servers is None:
        entry = _entry(client, start)
        text.set(text.root, client.servers, {name: entry})
    else:
        entry = _set_entry(text, servers, name, client, start)
    if text.text != before or not os.path.exists(target):
        _replace(target, text.text)
    return entry


def _read(path: str) -> JsonText:
    from ..source.file import read_text
    from .jsontext import JsonText

    found = read_text(path)
    if not isinstance(found, Fault):
        return JsonText(path, found)
    if found.code != "spec-not-found":
        raise RunspecError(found)
    return JsonText(path, "")


def _set_entry(
    text: JsonText, servers: int, name: str, client: Client, start: Start
) -> Entry:
    at = text.child(servers, name)
    if at is None:
        entry = _entry(client, start)
        text.set(servers, name, entry)
        return entry
    found = text.values(at)
    options = _options(found)
    if options is None:
        detail = f"it is in {client.servers}"
        fault = Fault("entry-taken", name, text.place(at), detail=detail)
        raise RunspecError(fault)
    entry = _entry(client, start, options)
    for key, value in entry.items():
        if found.get(key) != value:
            text.set(at, key, value)
    return entry


def _options(entry: Entry) -> list[str] | None:
    """The options of `serve` in an entry that starts it; None for any other entry."""
    words = entry.get("args")
    if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
        return None
    argv = [str(entry.get("command")), *map(str, words)]
    if os.path.basename(argv[0]) == SSH and "--" in argv:
        argv = _unquoted(argv[argv.index("--") + 2 :])
    program, verb, *options = *argv, "", ""
    ours = os.path.basename(program) == "runspec" and verb == SERVE
    return options[:-2] if ours else None


def _unquoted(words: list[str]) -> list[str]:
    """The words that a remote shell makes of these; none where it would make none."""
    import shlex

    try:
        return shlex.split(" ".join(words))
    except ValueError:
        return []


def _replace(path: str, text: str) -> None:
    """Replace the file whole; its mode and owner stay."""
    from ..source.replace import replace

    content = text.encode("utf-8", "backslashreplace")
    try:
        before = os.stat(path)
    except OSError:
        before = None
    mode = NEW_FILE if before is None else S_IMODE(before.st_mode)
    if not _make_directory(path) or not replace(path, content, mode):
        raise RunspecError(Fault("unwritable", path))
    if before is not None:
        _restore(path, before)


def _make_directory(path: str) -> bool:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError:
        return False
    return True


def _restore(path: str, before: os.stat_result) -> None:
    """Give a file the owner and mode of the one it replaces, as far as that is let."""
    from contextlib import suppress

    with suppress(OSError):
        os.chown(path, before.st_uid, before.st_gid)
    os.chmod(path, S_IMODE(before.st_mode))
