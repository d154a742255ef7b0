"""A `runspec serve` of a test: its process, talked to over pipes or over HTTP."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import IO, Any
from urllib.parse import urlsplit

from environments import Environment

PATIENCE = 300.0
"""Seconds until what a test waits for counts as not coming."""
VERSION = "io.modelcontextprotocol/protocolVersion"
META = {VERSION: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

Message = dict[str, Any]
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}


class Pipes:
    """A server and the raw bytes to and from it; a context manager that ends it."""

    def __init__(
        self, environment: Environment, *options: str, cwd: Path, **variables: str
    ) -> None:
        self.errors = (cwd / "server-errors.txt").open("w+")
        self.process = subprocess.Popen(
            [str(environment.bin / "runspec"), "serve", *options],
            cwd=cwd,
            env=environment.environ(**variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            bufsize=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self._read = b""

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.stdout.close()
            self.errors.close()

    def send(self, data: bytes) -> None:
        """Write all of it, however much the pipe holds."""
        left = memoryview(data)
        while left:
            left = left[self.stdin.write(left) or 0 :]

    def say(self, message: object) -> None:
        self.send(json.dumps(message).encode() + b"\n")

    def line(self) -> bytes:
        """The next line without its end; nothing at the end of the output."""
        until = monotonic() + PATIENCE
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.stdout], [], [], until - monotonic())
            assert ready, f"no line came; {self.said()}"
            data = os.read(self.stdout.fileno(), 1 << 16)
            if not data:
                rest, self._read = self._read, b""
                return rest
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line

    def next(self) -> Message:
        line = self.line()
        assert line, f"the server's output has ended; {self.said()}"
        message: Message = json.loads(line)
        return message

    def said(self) -> str:
        """What the server wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def shake_hands(self, revision: str, **capabilities: object) -> Message:
        """Initialize, and give the server's part of it."""
        info = {"name": "test", "version": "1"}
        self.say(initialize(revision, capabilities, info))
        found = self.next()
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
        result: Message = found["result"]
        return result


def initialize(revision: str, capabilities: Message, info: Message) -> Message:
    params = {
        "protocolVersion": revision,
        "capabilities": capabilities,
        "clientInfo": info,
    }
    return request("initialize", 0, **params)


def request(method: str, request_id: int | str, **params: object) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


class Web:
    """A server over HTTP; each POST has a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session: dict[str, str] = {}

    def post(self, body: bytes, **headers: str) -> tuple[int, bytes]:
        """Status and body; a header's name is written with underscores."""
        parts = urlsplit(self.url)
        assert parts.hostname
        connection = HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**HEADERS, **self.session, **named}
        try:
            connection.request("POST", parts.path, body, sent)
            response = connection.getresponse()
            session = response.headers.get("Mcp-Session-Id")
            if session:
                self.session["Mcp-Session-Id"] = session
            return response.status, response.read()
        finally:
            connection.close()

    @contextmanager
    def stream(self, message: Message) -> Iterator[HTTPResponse]:
        """The response to a request, its body yet to come; left by closing it."""
        parts = urlsplit(self.url)
        assert parts.hostname
        connection = HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
        try:
            connection.request(
                "POST",
                parts.path,
                json.dumps(message).encode(),
                headers_of(self, message),
            )
            yield connection.getresponse()
        finally:
            connection.close()

    def tell(self, notification: Message) -> None:
        status, body = self.post(json.dumps(notification).encode())
        assert status == 202, body

    def shake_hands(self, revision: str) -> None:
        message = initialize(revision, {}, {"name": "test", "version": "1"})
        status, body = self.post(json.dumps(message).encode())
        assert status == 200, body
        self.session["MCP-Protocol-Version"] = revision
        message = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert self.post(json.dumps(message).encode())[0] == 202


def headers_of(web: Web, message: Message) -> dict[str, str]:
    """What a request of either era has; the stateless one names what it calls."""
    params = message["params"]
    if VERSION not in params.get("_meta", {}):
        return HEADERS | web.session
    named = {"Mcp-Method": message["method"], "Mcp-Name": params.get("name", "")}
    return {**HEADERS, **named, "MCP-Protocol-Version": params["_meta"][VERSION]}


@contextmanager
def web_server(
    environment: Environment, *options: str, cwd: Path, **variables: str
) -> Iterator[str]:
    """The URL of a server that ends with the block."""
    argv = [str(environment.bin / "runspec"), "serve", "--http", "--port", "0"]
    process = subprocess.Popen(
        [*argv, *options],
        cwd=cwd,
        env=environment.environ(**variables),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    errors = Errors(process.stderr)
    errors.start()
    try:
        yield errors.url()
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
            errors.join()
            process.stderr.close()


class Errors(Thread):
    """Reads what a server writes to standard error, its address among it."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._met = Event()
        self._url = ""
        self.said = b""

    def run(self) -> None:
        for line in self._stream:
            self.said += line
            if found := re.search(rb"http://\S+", line):
                self._url = self._url or found[0].decode()
                self._met.set()
        self._met.set()

    def url(self) -> str:
        """Where the server listens, once it does."""
        self._met.wait(PATIENCE)
        assert self._url, f"the server doesn't say where it listens: {self.said!r}"
        return self._url


def payloads(body: bytes) -> list[Message]:
    """The messages of a response: JSON, or the events of a stream."""
    if not body.lstrip().startswith((b"{", b"[")):
        events = (line for line in body.splitlines() if line.startswith(b"data:"))
        return [json.loads(each[5:]) for each in events if each[5:].strip()]
    found = json.loads(body)
    return found if isinstance(found, list) else [found]
