"""What isn't a right message, from `data/malformed.json`, over pipes and over HTTP.

An entry says what is sent: `message`, a JSON value (a request gets what its era wants
in `_meta`, unless it is `exact`), or `send`, pieces of text, `{"repeat": [text,
times]}` or `{"base64": …}`, where `{meta}` stands for that member. `expect` lists
what comes back: `code` and `id` of errors, `isError` and `id` of results. `revisions`
are those it is sent in; `ends`: the input ends after it; `http`: what comes back over
HTTP where that differs, false: it isn't sent there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from environments import Environment
from rigs.servers import META, Message, Pipes, Web, payloads, request

Entry = dict[str, Any]

FILE = Path(__file__).parent / "data" / "malformed.json"
ENTRIES: list[Entry] = json.loads(FILE.read_text("utf-8"))
USUAL = ("2025-11-25", "2026-07-28")
STATELESS = "2026-07-28"

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND = -32700, -32600, -32601


def cases(*, web: bool = False, ends: bool = False) -> list[Any]:
    """Each entry in each of its revisions."""
    return [
        pytest.param(entry, revision, id=f"{entry['id']}-{revision}")
        for entry in ENTRIES
        if entry.get("ends", False) == ends
        and (entry.get("http") is not False or not web)
        for revision in entry.get("revisions", USUAL)
    ]


def content(entry: Entry, revision: str) -> bytes:
    """The bytes of an entry, without the end of the line."""
    if "message" in entry:
        return json.dumps(message_of(entry, revision)).encode()
    meta = json.dumps({"_meta": META if revision == STATELESS else {}})[1:-1]
    pieces = entry["send"]
    pieces = pieces if isinstance(pieces, list) else [pieces]
    return b"".join(piece(each).replace(b"{meta}", meta.encode()) for each in pieces)


def piece(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if "base64" in value:
        return base64.b64decode(value["base64"])
    text, times = value["repeat"]
    return bytes(text.encode() * times)


def message_of(entry: Entry, revision: str) -> Any:
    """The message of an entry, with what the era wants of a request."""
    message = entry["message"]
    if revision != STATELESS or entry.get("exact") or not isinstance(message, dict):
        return message
    params = message.get("params")
    if not isinstance(params, dict) or "id" not in message:
        return message
    meta = params.get("_meta", {})
    if not isinstance(meta, dict):
        return message
    return {**message, "params": {**params, "_meta": {**META, **meta}}}


def seen(message: Message) -> Entry:
    """What an expectation can say of a message."""
    if "error" in message:
        return {"code": message["error"]["code"], "id": message["id"]}
    return {"isError": message["result"]["isError"], "id": message["id"]}


class Servers:
    """A server for each revision; one that a test left in disorder is replaced."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._running: dict[str, Pipes] = {}

    def take(self, revision: str) -> Pipes:
        return self._running.pop(revision, None) or self.start(revision)

    def start(self, revision: str) -> Pipes:
        server = Pipes(self._environment, cwd=self._folder)
        if revision != STATELESS:
            assert server.shake_hands(revision)["protocolVersion"] == revision
        return server

    def give_back(self, revision: str, server: Pipes) -> None:
        self._running[revision] = server

    def close(self) -> None:
        for server in self._running.values():
            server.__exit__()
            assert server.process.returncode == 0, server.process.returncode


@pytest.fixture(scope="module")
def servers(
    served: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    found = Servers(served, tmp_path_factory.mktemp("pipes"))
    yield found
    found.close()


def ping(revision: str) -> Message:
    """A request that each server of the era answers at once."""
    if revision == STATELESS:
        return request("server/discover", "still there", _meta=META)
    return request("ping", "still there")


@pytest.mark.parametrize(("entry", "revision"), cases())
def test_it_gets_its_error_and_the_next_request_its_answer(
    entry: Entry, revision: str, servers: Servers
) -> None:
    server = servers.take(revision)
    try:
        server.send(content(entry, revision) + b"\n")
        assert [seen(server.next()) for _ in entry["expect"]] == entry["expect"]
        server.say(ping(revision))
        answer = server.next()
        assert (answer["id"], "result" in answer) == ("still there", True), answer
        assert "Traceback" not in server.said()
    except BaseException:
        server.process.kill()
        server.__exit__()
        raise
    servers.give_back(revision, server)


@pytest.mark.parametrize(("entry", "revision"), cases(ends=True))
def test_input_that_ends_within_a_line_ends_the_server_without_a_word(
    entry: Entry, revision: str, servers: Servers
) -> None:
    with servers.start(revision) as server:
        server.send(content(entry, revision))
        server.stdin.close()
        assert (server.line(), server.said()) == (b"", "")
        assert server.process.wait(300) == 0


@pytest.fixture(scope="module")
def clients(served_url: str) -> dict[str, Web]:
    """A client for each revision, its handshake done."""
    found = {}
    for revision in {each for e in ENTRIES for each in e.get("revisions", USUAL)}:
        found[revision] = Web(served_url)
        if revision == STATELESS:
            found[revision].session["MCP-Protocol-Version"] = revision
        else:
            found[revision].shake_hands(revision)
    return found


def headers(body: bytes, revision: str) -> dict[str, str]:
    """What the stateless era repeats of a message in headers."""
    if revision != STATELESS:
        return {}
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    message = message if isinstance(message, dict) else {}
    method, params = message.get("method"), message.get("params")
    name = params.get("name", params.get("uri")) if isinstance(params, dict) else None
    found = {"Mcp_Method": method if is_plain(method) else "tools/call"}
    return {**found, "Mcp_Name": name} if is_plain(name) else found


def is_plain(value: object) -> TypeGuard[str]:
    """Whether a header can say it as it is."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


@pytest.mark.parametrize(("entry", "revision"), cases(web=True))
def test_over_http_too(entry: Entry, revision: str, clients: dict[str, Web]) -> None:
    client = clients[revision]
    body = content(entry, revision)
    status, answer = client.post(body, **headers(body, revision))
    expected = entry.get("http", entry["expect"])
    assert [seen(each) for each in payloads(answer)] == expected
    assert status in statuses(expected, revision)
    again = json.dumps(ping(revision)).encode()
    status, answer = client.post(again, **headers(again, revision))
    assert (status, "result" in payloads(answer)[0]) == (200, True), answer


def statuses(expected: list[Entry], revision: str) -> tuple[int, ...]:
    """The HTTP statuses that may come with it (basic/transports)."""
    if not expected:
        return (202,)
    code = expected[0].get("code") if len(expected) == 1 else None
    if code in (PARSE_ERROR, INVALID_REQUEST):
        return (400,)
    if code == METHOD_NOT_FOUND:
        return (404,) if revision == STATELESS else (200,)
    return (200, 400) if code else (200,)


def test_every_entry_has_an_id_of_its_own() -> None:
    ids = [entry["id"] for entry in ENTRIES]
    assert len(ids) == len(set(ids))
