"""Serving over HTTP: requests of the stateless era, and what is no request."""

from __future__ import annotations

import json
import os
from base64 import b64encode

import pytest
from starlette.datastructures import Headers

from http_rig import (
    META,
    VERSION,
    Message,
    Site,
    ends,
    modern,
    request,
    site,
    stateless,
)
from http_world import World, a_server, a_world  # noqa: F401  fixtures
from runspec.mcp.http.headers import check_headers, is_stateless
from runspec.mcp.messages import Malformed, Request, read


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/mcp", 405),
        ("DELETE", "/mcp", 405),
        ("PUT", "/mcp", 405),
        ("OPTIONS", "/mcp", 405),
        ("GET", "/", 404),
        ("POST", "/mcp/", 404),
        ("GET", "/mcp/x", 404),
    ],
)
def test_other_methods_and_paths_are_refused(
    here: Site, method: str, path: str, status: int
) -> None:
    with here.connect() as wire:
        wire.send(f"{method} {path} HTTP/1.1\r\nHost: {here.name}\r\n\r\n".encode())
        found, headers, _ = wire.response()
    assert found == status
    assert headers.get("allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "Application/JSON; charset=utf-8"}, 200),
        ({"Accept": "text/html"}, 406),
        ({"Accept": "text/event-stream"}, 406),
        ({"Accept": "application/json"}, 200),
        ({"Accept": "application/*;q=0.5, text/event-stream"}, 200),
        ({"Accept": "*/*"}, 200),
    ],
)
def test_only_json_comes_in_and_goes_out(
    here: Site, headers: dict[str, str], status: int
) -> None:
    message = modern("tools/list")
    assert here.post(message, stateless(message) | headers)[0] == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"7", -32600),
        (b"null", -32600),
        (b"[]", -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"initialize"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"initialize"}', -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"initialize"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', -32600),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', -32600),
    ],
)
def test_what_is_no_message_gets_an_error(here: Site, body: bytes, code: int) -> None:
    status, _, answer = here.post(body)
    assert (status, json.loads(answer)["error"]["code"]) == (400, code)


def check(message: Message, headers: dict[str, str | list[str]]) -> int:
    """The code of the error that headers get, or 0."""
    raw = [
        (name.lower().encode(), value.encode("latin-1"))
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    found = read(message)
    assert isinstance(found, Request)
    try:
        check_headers(found, Headers(raw=raw))
    except Malformed as error:
        return error.code
    return 0


def marked(text: str) -> str:
    return f"=?base64?{b64encode(text.encode()).decode()}?="


CALL = modern("tools/call", name="hello")
SUNG = modern("tools/call", name="grüße")
MARKED = modern("tools/call", name="=?base64?hello?=")
READ = modern("resources/read", uri="runspec://faults")
LIST = modern("tools/list")
NAMELESS = modern("tools/call")
MISMATCH = -32020


@pytest.mark.parametrize(
    ("message", "changes", "code"),
    [
        (LIST, {}, 0),
        (LIST, {"Mcp-Method": "prompts/list"}, MISMATCH),
        (LIST, {"Mcp-Method": "TOOLS/LIST"}, MISMATCH),
        (LIST, {"Mcp-Method": "  tools/list\t"}, 0),
        (LIST, {"Mcp-Method": []}, MISMATCH),
        (LIST, {"Mcp-Method": ["tools/list", "tools/list"]}, MISMATCH),
        (LIST, {"Mcp-Method": marked("tools/list")}, MISMATCH),
        (LIST, {"Mcp-Name": "whatever"}, 0),
        (LIST, {"MCP-Protocol-Version": []}, MISMATCH),
        (LIST, {"MCP-Protocol-Version": "2025-11-25"}, MISMATCH),
        (LIST, {"MCP-Protocol-Version": ["2026-07-28"] * 2}, MISMATCH),
        (CALL, {}, 0),
        (CALL, {"Mcp-Name": []}, MISMATCH),
        (CALL, {"Mcp-Name": "Hello"}, MISMATCH),
        (CALL, {"Mcp-Name": marked("hello")}, 0),
        (CALL, {"Mcp-Name": marked("hallo")}, MISMATCH),
        (CALL, {"Mcp-Name": "=?base64?aGVsbG8?="}, MISMATCH),
        (CALL, {"Mcp-Name": "=?base64?aGVs!!!bG8=?="}, MISMATCH),
        (CALL, {"Mcp-Name": "=?base64?/////w==?="}, MISMATCH),
        (CALL, {"Mcp-Name": "=?BASE64?aGVsbG8=?="}, MISMATCH),
        (CALL, {"Mcp-Name": ["hello", "other"]}, MISMATCH),
        (SUNG, {"Mcp-Name": marked("grüße")}, 0),
        (SUNG, {"Mcp-Name": "grüße"}, MISMATCH),
        (MARKED, {"Mcp-Name": marked("=?base64?hello?=")}, 0),
        (MARKED, {"Mcp-Name": "=?base64?hello?="}, MISMATCH),
        (READ, {}, 0),
        (READ, {"Mcp-Name": "runspec://other"}, MISMATCH),
        (NAMELESS, {}, 0),
        (NAMELESS, {"Mcp-Name": "hello"}, MISMATCH),
    ],
)
def test_headers_say_what_the_body_says(
    message: Message, changes: dict[str, str | list[str]], code: int
) -> None:
    headers: dict[str, str | list[str]] = {**stateless(message), **changes}
    assert check(message, headers) == code


@pytest.mark.parametrize(
    ("message", "version", "expected"),
    [
        (LIST, None, True),
        (request("tools/list"), None, False),
        (request("tools/list"), "2026-07-28", True),
        (request("tools/list"), "2025-11-25", False),
        (request("tools/list", _meta={VERSION: "v999"}), "v999", True),
        (request("tools/list"), "v999", False),
        (request("tools/list", _meta={VERSION: 1}), None, False),
        (request("tools/list", _meta=[]), None, False),
        ([], None, False),
        (7, None, False),
    ],
)
def test_the_era_shows_in_the_body_or_its_header(
    message: object, version: str | None, expected: bool
) -> None:
    headers = {} if version is None else {"mcp-protocol-version": version}
    assert is_stateless(message, Headers(headers)) is expected  # type: ignore[arg-type]


UNKNOWN = {**META, VERSION: "v999.0.0"}
BARE = {VERSION: "2026-07-28"}


@pytest.mark.parametrize(
    ("message", "headers", "status", "code"),
    [
        (modern("no/such"), {}, 404, -32601),
        (modern("initialize"), {}, 404, -32601),
        (modern("ping"), {}, 404, -32601),
        (request("server/discover"), {}, 400, -32602),
        (request("server/discover", _meta=BARE), {}, 400, -32602),
        (modern("tools/call", name="nope"), {}, 400, -32602),
        (modern("tools/list"), {"Mcp-Method": "other"}, 400, MISMATCH),
        (
            request("tools/list", _meta=UNKNOWN),
            {"MCP-Protocol-Version": "v999.0.0"},
            400,
            -32022,
        ),
        (request("tools/list", _meta=UNKNOWN), {}, 400, MISMATCH),
    ],
)
def test_errors_have_the_status_of_their_kind(
    here: Site, message: Message, headers: dict[str, str], status: int, code: int
) -> None:
    found, answer = here.ask(message, **headers)
    assert (found, answer["id"], answer["error"]["code"]) == (status, 1, code)


def test_a_call_is_answered_in_plain_json_when_it_is_quick(here: Site) -> None:
    message = modern("tools/call", name="hello", arguments={"name": "Ada"})
    status, headers, body = here.post(message, stateless(message))
    assert (status, headers["content-type"]) == (200, "application/json")
    assert "mcp-session-id" not in headers
    [content] = json.loads(body)["result"]["content"]
    assert content["text"].strip() == "hello Ada"


def test_a_notification_is_taken_and_a_response_is_not(here: Site) -> None:
    era = {"MCP-Protocol-Version": "2026-07-28"}
    told = {"jsonrpc": "2.0", "method": "notifications/whatever"}
    assert here.post(told, era)[::2] == (202, b"")
    answered = {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert here.post(answered, era)[0] == 400


def test_a_session_means_nothing_in_the_stateless_era(here: Site) -> None:
    assert here.ask(modern("tools/list"), **{"MCP-Session-Id": "x"})[0] == 200


def test_progress_comes_before_the_result(here: Site, world: World) -> None:
    meta = {**META, "progressToken": "p"}
    message = request("tools/call", name="counts", _meta=meta)
    with here.connect() as wire:
        wire.post(message, stateless(message))
        status, headers = wire.head()
        assert (status, headers["content-type"]) == (200, "text/event-stream")
        told = wire.event()
        assert told["method"] == "notifications/progress"
        assert told["params"]["progressToken"] == "p"
        world.say("go")
        assert wire.event()["result"]["content"][0]["text"].strip() == "done"
        assert wire.chunk() == b""


def test_who_takes_no_stream_gets_the_result_alone(here: Site, world: World) -> None:
    meta = {**META, "progressToken": "p"}
    message = request("tools/call", name="counts", _meta=meta)
    with here.connect() as wire:
        wire.post(message, stateless(message) | {"Accept": "application/json"})
        world.say("go")
        status, headers, body = wire.response()
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["result"]["content"][0]["text"].strip() == "done"


def test_a_client_that_leaves_has_cancelled(here: Site, world: World) -> None:
    message = modern("tools/call", name="waits")
    with here.connect() as wire:
        wire.post(message, stateless(message))
        process = world.begun.process()
    assert ends(process)


def test_a_long_call_becomes_a_stream(world: World) -> None:
    message = modern("tools/call", name="waits")
    with site(world.place, {"opening": 0.05}) as hasty, hasty.connect() as wire:
        wire.post(message, stateless(message))
        status, headers = wire.head()
        assert (status, headers["content-type"]) == (200, "text/event-stream")
        os.close(world.begun.process())
        world.say("go")
        assert "heard go" in wire.event()["result"]["content"][0]["text"]
