"""An HTTP server on the loopback address that answers everything and notes it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = {
    "id": "12",
    "key": "PROJ-1",
    "name": "abc",
    "title": "abc",
    "status": "success",
    "data": {"resultType": "vector", "result": []},
    "values": [],
    "results": [],
    "items": [],
    "issues": [],
    "total": 0,
    "fields": {},
}
HEADERS = ("Authorization", "Content-Type", "Accept", "PRIVATE-TOKEN")
"""The headers that say something of the call, not of the library's version."""


METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT")


class Stub:
    """One server; `requests` are those since they were last taken."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.requests))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def take(self) -> list[list[str]]:
        """The requests since the last time."""
        taken = self.requests[:]
        del self.requests[: len(taken)]
        return taken

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(requests: list[list[str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode("utf-8", "replace")
            told = [f"{name}: {self.headers.get(name)}" for name in HEADERS]
            requests.append([self.command, self.path, *told, body])
            content = json.dumps(ANSWER).encode()
            self.send_response(502 if self.command == "CONNECT" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler._answer)
    return Handler
