"""A client of an MCP server on stdio that costs next to nothing itself."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

PATIENCE = 60.0
"""Seconds until a server that says nothing is given up."""
REVISION = "2025-06-18"


class Session:
    """One server: its process, and requests by number."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self.argv = argv
        self.process = subprocess.Popen(
            argv,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._buffer = b""
        self._last = 0

    def initialize(self) -> dict[str, Any]:
        """The server's answer to the first request."""
        client = {"name": "benchmark", "version": "1"}
        params = {
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": client,
        }
        number = self.send("initialize", params)
        return self.results([number])[0]

    def initialized(self) -> None:
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, arguments: Mapping[str, object], count: int = 1) -> None:
        """Call a tool `count` times at once. RuntimeError where one of them fails."""
        params = {"name": tool, "arguments": arguments}
        numbers = [self.send("tools/call", params) for _ in range(count)]
        for result in self.results(numbers):
            if result.get("isError") or not result["content"][0]["text"]:
                raise RuntimeError(f"{self.argv[0]}: {tool}: {result}")

    def send(self, method: str, params: Mapping[str, object]) -> int:
        self._last += 1
        request = {"id": self._last, "method": method, "params": params}
        self._write({"jsonrpc": "2.0", **request})
        return self._last

    def results(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The results of these requests, whatever else the server says."""
        found: dict[int, dict[str, Any]] = {}
        deadline = monotonic() + PATIENCE
        while len(found) < len(numbers):
            message = json.loads(self._line(deadline))
            if message.get("id") not in numbers:
                continue
            if "result" not in message:
                raise RuntimeError(f"{self.argv[0]}: {message}")
            found[message["id"]] = message["result"]
        return [found[number] for number in numbers]

    def close(self) -> None:
        """End its input, and the server with it."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _write(self, message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def _line(self, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = max(deadline - monotonic(), 0)
            if not select.select([descriptor], [], [], left)[0]:
                raise RuntimeError(f"{self.argv[0]}: no answer in {PATIENCE:g} s")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                raise RuntimeError(f"{self.argv[0]}: it ended without an answer")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line
