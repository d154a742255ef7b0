"""A server over HTTP with limits of the test's choice, and raw sockets to talk to it.

Run as a program, it serves; the tests import the rest.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

SAME_USER = (
    "runspec serve: an agent that can run programs as this user could approve its own"
    " calls; where one has a shell, serve as another user"
)
PATIENCE = 300.0
VERSION = "io.modelcontextprotocol/protocolVersion"
META = {VERSION: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

Message = dict[str, Any]


def main() -> None:
    """Serve the spec in argv[1] with the options and limits in argv[2], until TERM."""
    from runspec.loop import Future, Loop
    from runspec.mcp.http import HttpOptions, open_http
    from runspec.mcp.http.options import Limits
    from runspec.mcp.policy import Policy
    from runspec.mcp.server import Options, Server
    from runspec.mcp.toolbox import Selection

    given = json.loads(sys.argv[2])
    limits = Limits(**given.pop("limits"))
    hosts = tuple(given.pop("allowed_hosts", ()))
    options = HttpOptions(**given, allowed_hosts=hosts, limits=limits)
    selection = Selection(paths=(sys.argv[1],))
    with Loop() as loop:
        server = Server(
            loop,
            Options(selection, jobs=4, timeout=60.0, inline=100_000, policy=Policy()),
        )
        http = open_http(server, options)
        stopped: Future[None] = Future()
        signal.signal(
            signal.SIGTERM, lambda *_: loop.from_thread(lambda: stopped.settle(None))
        )
        print(http.url, flush=True)

        async def serve() -> None:
            await loop.first(stopped, http.ended)
            await http.close()
            await server.close()

        loop.run(serve())


class Site:
    """A running server: `host`, `port`, its process and what it said on stderr."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.host: str = parts.hostname
        self.port: int = parts.port
        self.name = parts.netloc

    def connect(self) -> Wire:
        return Wire(socket.create_connection((self.host, self.port), PATIENCE), self)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def post(
        self, message: object, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One POST on a connection of its own, and all of its response."""
        with self.connect() as wire:
            wire.post(message, headers)
            return wire.response()

    def ask(self, message: Message, **headers: str) -> tuple[int, Any]:
        """The status and JSON of a request of the stateless era."""
        status, _, body = self.post(message, stateless(message) | headers)
        assert body[:1] == b"{", (status, body)
        return status, json.loads(body)

    def session(self, revision: str = "2025-11-25", **capabilities: object) -> str:
        """The id of a new session."""
        params = {"protocolVersion": revision, "capabilities": capabilities}
        status, headers, body = self.post(request("initialize", **params))
        assert status == 200, body
        return headers["mcp-session-id"]

    def in_session(
        self, session: str, message: object, **headers: str
    ) -> tuple[int, bytes]:
        status, _, body = self.post(message, {"MCP-Session-Id": session} | headers)
        return status, body


class Wire:
    """One connection, byte by byte."""

    def __init__(self, connected: socket.socket, site: Site) -> None:
        self.socket = connected
        self.site = site
        self._read = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_for_ever(self, data: bytes) -> None:
        """Until the server has had enough."""
        while True:
            self.send(data)

    def post(self, message: object, headers: dict[str, str] | None = None) -> None:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.send(head("POST", self.site.name, len(body), headers) + body)

    def get(self, headers: dict[str, str]) -> None:
        self.send(head("GET", self.site.name, None, headers))

    def until(self, mark: bytes) -> bytes:
        """What comes up to and with `mark`."""
        while mark not in self._read:
            data = self.socket.recv(1 << 16)
            assert data, f"closed before {mark!r}: {self._read!r}"
            self._read += data
        found, _, self._read = self._read.partition(mark)
        return found + mark

    def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next response."""
        first, *lines = self.until(b"\r\n\r\n").decode().strip().split("\r\n")
        fields = (line.partition(": ") for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, _, value in fields}

    def chunk(self) -> bytes:
        """The next chunk of a chunked body; nothing at its end."""
        size = int(self.until(b"\r\n"), 16)
        return self._exactly(size + 2)[:-2]

    def event(self) -> Message:
        """The message of the next event of a stream."""
        while not (found := self.chunk()).startswith(b"event: message\ndata: "):
            assert found.startswith(b":"), found
        message: Message = json.loads(found.partition(b"data: ")[2])
        return message

    def response(self) -> tuple[int, dict[str, str], bytes]:
        """The next response, whole."""
        status, headers = self.head()
        if "content-length" in headers:
            return status, headers, self._exactly(int(headers["content-length"]))
        if "transfer-encoding" in headers:
            return status, headers, b"".join(iter(self.chunk, b""))
        return status, headers, b""

    def closed(self) -> bool:
        """Whether the server closes it, whatever else it sends before."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionError:
            return True
        return True

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            data = self.socket.recv(1 << 16)
            assert data, f"closed: {self._read!r}"
            self._read += data
        found, self._read = self._read[:size], self._read[size:]
        return found


def head(
    method: str, name: str, length: int | None, headers: dict[str, str] | None = None
) -> bytes:
    """The head of a request; a header that is given takes the place of a usual one."""
    usual = {"Host": name, "Content-Type": "application/json"}
    if length is not None:
        usual["Content-Length"] = str(length)
    given = {name.lower() for name in headers or {}}
    usual = {name: value for name, value in usual.items() if name.lower() not in given}
    lines = [f"{method} /mcp HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (usual | (headers or {})).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def request(method: str, request_id: object = 1, **params: object) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def modern(method: str, request_id: object = 1, **params: object) -> Message:
    """A request of the stateless era."""
    return request(method, request_id, _meta=META, **params)


def stateless(message: Message) -> dict[str, str]:
    """The headers that a request of the stateless era must have."""
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": message["method"]}
    params = message.get("params", {})
    if "name" in params or "uri" in params:
        headers["Mcp-Name"] = params.get("name") or params["uri"]
    return headers


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@contextmanager
def site(
    spec: Path, limits: dict[str, float] | None = None, **options: object
) -> Iterator[Site]:
    """A server of its own; it ends at once and in peace when the test is over."""
    given = json.dumps({"limits": limits or {}, **options})
    process = subprocess.Popen(
        [sys.executable, __file__, str(spec), given],
        cwd=spec,
        env={**os.environ, "XDG_STATE_HOME": str(spec / "state")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready
        yield Site(process, process.stdout.readline().strip())
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
        complaints = "".join(
            line for line in errors.splitlines(True) if line.strip() != SAME_USER
        )
        assert (process.returncode, complaints) == (0, "")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Pipe:
    """A named pipe by which programs tell their process ids."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        path.chmod(0o666)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def process(self) -> int:
        """A descriptor of the next process that tells its id (pidfd_open(2))."""
        ready, _, _ = select.select([self._descriptor], [], [], PATIENCE)
        assert ready, "the program never began"
        told = b""
        while not told.endswith(b"\n"):
            told += os.read(self._descriptor, 1)
        return os.pidfd_open(int(told))

    def is_quiet(self) -> bool:
        """Whether no program has begun that isn't known yet."""
        return not select.select([self._descriptor], [], [], 0)[0]

    def close(self) -> None:
        os.close(self._descriptor)


def ends(process: int, seconds: float = PATIENCE) -> bool:
    """Whether the process of a descriptor ends in time."""
    until = monotonic() + seconds
    ready, _, _ = select.select([process], [], [], max(0.0, until - monotonic()))
    os.close(process)
    return bool(ready)


if __name__ == "__main__":
    main()
