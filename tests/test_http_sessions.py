"""Serving over HTTP: sessions, the handshake era."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from http_rig import (
    Site,
    ends,
    head,
    request,
    site,
)
from http_world import World, a_server, a_world  # noqa: F401  fixtures
from runspec.loop import Loop
from runspec.mcp.http.link import Link
from runspec.mcp.http.options import Limits
from runspec.mcp.http.session import Sessions
from runspec.mcp.policy import Policy
from runspec.mcp.server import Options, Server
from runspec.mcp.toolbox import Selection


def test_a_session_begins_with_a_handshake_and_ends_with_delete(here: Site) -> None:
    session = here.session()
    assert len(session) > 40
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert here.in_session(session, told) == (202, b"")
    status, body = here.in_session(session, request("tools/list"))
    assert status == 200
    assert "tools" in json.loads(body)["result"]
    with here.connect() as wire:
        wire.send(head("DELETE", here.name, None, {"MCP-Session-Id": session}))
        assert wire.response()[0] == 204
    assert here.in_session(session, request("tools/list"))[0] == 404
    assert here.in_session("unknown", request("tools/list"))[0] == 404
    assert here.post(request("tools/list"))[0] == 400


@pytest.mark.parametrize(
    ("version", "status"),
    [("2025-11-25", 200), ("2025-06-18", 200), ("1900-01-01", 400), ("", 400)],
)
def test_a_version_that_no_session_has_is_refused(
    here: Site, version: str, status: int
) -> None:
    session = here.session()
    headers = {"MCP-Protocol-Version": version}
    assert here.in_session(session, request("ping"), **headers)[0] == status


def test_a_handshake_that_fails_leaves_no_session(here: Site) -> None:
    status, headers, body = here.post(request("initialize"))
    assert status == 200
    assert json.loads(body)["error"]["code"] == -32602
    assert "mcp-session-id" not in headers


def test_a_session_is_of_who_began_it(world: World) -> None:
    async def found_by(principal: str) -> bool:
        http = asyncio.get_running_loop()
        sessions = Sessions(Limits(), partial(Link, server, http))
        session = sessions.open("uid 1")
        assert session is not None
        return sessions.find(session.id, principal) is session

    selection = Selection(paths=(str(world.place),))
    options = Options(selection, jobs=1, timeout=1, inline=1000, policy=Policy())
    with Loop() as loop:
        server = Server(loop, options)
        assert asyncio.run(found_by("uid 1"))
        assert not asyncio.run(found_by("token 0123456789ab"))
        loop.run(server.close())


def test_of_batches_each_request_is_answered(here: Site) -> None:
    session = here.session("2025-03-26")
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    batch = [request("ping", 1), told, request("ping", "1")]
    with here.connect() as wire:
        wire.post(batch, {"MCP-Session-Id": session})
        wire.head()
        assert {wire.event()["id"], wire.event()["id"]} == {1, "1"}
        assert wire.chunk() == b""
    plain = {"Accept": "application/json"}
    _, body = here.in_session(session, batch, **plain)
    assert {answer["id"] for answer in json.loads(body)} == {1, "1"}
    assert here.in_session(session, [told]) == (202, b"")
    assert here.in_session(session, [])[0] == 400
    assert here.in_session(session, [request("ping"), request("ping")])[0] == 400
    assert here.in_session(here.session(), batch)[0] == 400


def test_a_call_goes_on_when_its_client_is_cut_off(here: Site, world: World) -> None:
    session = here.session()
    with here.connect() as wire:
        message = request("tools/call", 5, name="waits")
        wire.post(message, {"MCP-Session-Id": session})
        process = world.begun.process()
    again = request("tools/call", 5, name="hello")
    assert here.in_session(session, again)[0] == 400
    world.say("go")
    assert ends(process)


def test_a_cancelled_call_ends_and_its_request_with_it(
    here: Site, world: World
) -> None:
    session = here.session()
    with here.connect() as wire:
        message = request("tools/call", 5, name="waits")
        wire.post(message, {"MCP-Session-Id": session})
        process = world.begun.process()
        cancel = {"method": "notifications/cancelled", "params": {"requestId": 5}}
        assert here.in_session(session, {"jsonrpc": "2.0", **cancel})[0] == 202
        assert wire.response()[::2] == (202, b"")
    assert ends(process)


@pytest.mark.parametrize("request_id", [True, [5], {}, None, "other", 1.5])
def test_cancelling_what_is_no_request_does_nothing(
    here: Site, request_id: object
) -> None:
    session = here.session()
    params = {"requestId": request_id}
    cancel = {"method": "notifications/cancelled", "params": params}
    assert here.in_session(session, {"jsonrpc": "2.0", **cancel})[0] == 202
    assert here.in_session(session, request("ping"))[0] == 200


def test_a_session_that_ends_stops_its_calls(here: Site, world: World) -> None:
    session = here.session()
    with here.connect() as wire, here.connect() as listening, here.connect() as other:
        listening.get({"MCP-Session-Id": session, "Accept": "text/event-stream"})
        assert listening.head()[0] == 200
        message = request("tools/call", name="waits")
        wire.post(message, {"MCP-Session-Id": session})
        process = world.begun.process()
        other.send(head("DELETE", here.name, None, {"MCP-Session-Id": session}))
        assert other.response()[0] == 204
        assert wire.response()[0] == 404
        assert listening.chunk() == b":\n\n"
        assert listening.chunk() == b""
    assert ends(process)


def test_the_newest_listener_takes_the_place_of_the_one_before(here: Site) -> None:
    session = here.session()
    headers = {"MCP-Session-Id": session, "Accept": "text/event-stream"}
    with here.connect() as first, here.connect() as second:
        first.get(headers)
        assert first.head()[0] == 200
        first.chunk()
        second.get(headers)
        assert second.head()[0] == 200
        assert first.chunk() == b""
        assert second.chunk() == b":\n\n"
    with here.connect() as wire:
        wire.get(headers | {"Accept": "application/json"})
        assert wire.response()[0] == 406


def test_whoever_calls_is_not_asked_over_http(here: Site) -> None:
    session = here.session(elicitation={})
    status, body = here.in_session(session, request("tools/call", name="asks"))
    assert status == 200
    result = json.loads(body)["result"]
    assert result["isError"] is True
    assert "runspec approve" in result["content"][0]["text"]


def test_who_takes_no_stream_is_not_waited_for_with_a_question(here: Site) -> None:
    session = here.session(elicitation={})
    message = request("tools/call", name="asks")
    plain = {"Accept": "application/json"}
    status, body = here.in_session(session, message, **plain)
    assert status == 200
    result = json.loads(body)["result"]
    assert result["isError"] is True


def test_an_unused_session_ends(world: World) -> None:
    with site(world.place, {"idle": 0}) as short:
        session = short.session()
        assert short.in_session(session, request("ping"))[0] == 404


def test_of_too_many_sessions_the_longest_unused_ends(world: World) -> None:
    with site(world.place, {"sessions": 2}) as small:
        first, second = small.session(), small.session()
        assert small.in_session(first, request("ping"))[0] == 200
        third = small.session()
        states = [small.in_session(each, request("ping"))[0] for each in (first, third)]
        assert states == [200, 200]
        assert small.in_session(second, request("ping"))[0] == 404
        with small.connect() as one, small.connect() as other:
            for wire, session in ((one, first), (other, third)):
                wire.get({"MCP-Session-Id": session})
                assert wire.head()[0] == 200
            status, headers, _ = small.post(
                request("initialize", protocolVersion="2025-11-25")
            )
        assert (status, headers["retry-after"]) == (503, "60")
