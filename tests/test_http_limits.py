"""Serving over HTTP: what one client may take of the server."""

from __future__ import annotations

import json
import signal
import socket

import pytest

from http_rig import (
    Site,
    head,
    modern,
    site,
    stateless,
)
from http_world import World, a_server, a_world  # noqa: F401  fixtures


def test_a_request_that_says_it_is_too_long_is_refused_unread(here: Site) -> None:
    with here.connect() as wire:
        wire.send(head("POST", here.name, (8 << 20) + 1))
        assert wire.response()[0] == 413


def test_a_request_that_turns_out_too_long_is_refused(world: World) -> None:
    with site(world.place, {"body": 1000}) as small, small.connect() as wire:
        chunked = {"Transfer-Encoding": "chunked"}
        wire.send(head("POST", small.name, None, chunked))
        for _ in range(3):
            wire.send(b"200\r\n" + b"x" * 512 + b"\r\n")
        assert wire.response()[0] == 413
        wire.send(b"0\r\n\r\n")
        message = modern("server/discover")
        wire.post(message, stateless(message))
        assert wire.response()[0] == 200


def test_a_chunked_request_is_read(here: Site) -> None:
    message = modern("server/discover")
    body = json.dumps(message).encode()
    headers = stateless(message) | {"Transfer-Encoding": "chunked"}
    with here.connect() as wire:
        wire.send(head("POST", here.name, None, headers))
        for start in range(0, len(body), 7):
            piece = body[start : start + 7]
            wire.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        wire.send(b"0\r\n\r\n")
        assert wire.response()[0] == 200


def test_half_a_head_is_not_waited_for(world: World) -> None:
    with site(world.place, {"head": 0.2}) as quick, quick.connect() as wire:
        wire.send(b"POST /mcp HTTP/1.1\r\nHost: ")
        assert wire.closed()


def test_silence_is_not_waited_for(world: World) -> None:
    with site(world.place, {"head": 0.2}) as quick, quick.connect() as wire:
        assert wire.closed()


def test_half_a_body_is_not_waited_for(world: World) -> None:
    limits = {"upload": 0.2, "head": 0.2}
    with site(world.place, limits) as quick, quick.connect() as wire:
        wire.send(head("POST", quick.name, 100) + b"{")
        assert wire.response()[0] == 408
        assert wire.closed()


def test_a_body_without_end_is_cut_off(world: World) -> None:
    limits = {"body": 1000, "head": 0.2}
    with site(world.place, limits) as quick, quick.connect() as wire:
        wire.send(head("POST", quick.name, None, {"Transfer-Encoding": "chunked"}))
        with pytest.raises(ConnectionError):
            wire.send_for_ever(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def test_a_client_that_reads_nothing_is_cut_off(world: World) -> None:
    message = modern("tools/list")
    body = json.dumps(message).encode()
    with site(world.place, {"stalled": 0.3}) as quick, quick.connect() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one = head("POST", quick.name, len(body), stateless(message)) + body
        with pytest.raises(ConnectionError):
            wire.send_for_ever(one)


def test_too_many_connections_are_closed_and_others_go_on(world: World) -> None:
    with site(world.place, {"connections": 3}) as small:
        wires = [small.connect() for _ in range(3)]
        for wire in wires:
            wire.post(modern("tools/list"), stateless(modern("tools/list")))
            assert wire.response()[0] == 200
        with small.connect() as refused:
            assert refused.closed()
        for wire in wires:
            wire.post(modern("tools/list"), stateless(modern("tools/list")))
            assert wire.response()[0] == 200
            wire.socket.close()


def test_requests_that_follow_each_other_unasked_are_answered_in_order(
    here: Site,
) -> None:
    messages = [modern("tools/list", number) for number in range(20)]
    with here.connect() as wire:
        for message in messages:
            wire.post(message, stateless(message))
        answers = [json.loads(wire.response()[2]) for _ in messages]
    assert [answer["id"] for answer in answers] == list(range(20))


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nX: " + b"x" * 70000 + b"\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_peace(here: Site, data: bytes) -> None:
    with here.connect() as wire:
        wire.send(data)
        assert wire.head()[0] == 400
    assert here.ask(modern("tools/list"))[0] == 200


def test_a_hundred_streams_at_once(world: World) -> None:
    listen = modern("subscriptions/listen", notifications={"toolsListChanged": True})
    with site(world.place) as busy:
        wires = [busy.connect() for _ in range(100)]
        for wire in wires:
            wire.post(listen, stateless(listen))
        for wire in wires:
            status, headers = wire.head()
            assert (status, headers["content-type"]) == (200, "text/event-stream")
            assert headers["x-accel-buffering"] == "no"
            method = "notifications/subscriptions/acknowledged"
            assert wire.event()["method"] == method
        assert busy.ask(modern("tools/list", 2))[0] == 200
        busy.process.send_signal(signal.SIGTERM)
        for wire in wires:
            assert wire.event()["result"]["resultType"] == "complete"
            assert wire.chunk() == b""
            wire.socket.close()


def test_a_stream_shows_that_it_is_alive(world: World) -> None:
    listen = modern("subscriptions/listen", notifications={})
    with site(world.place, {"quiet": 0.1}) as lively, lively.connect() as wire:
        wire.post(listen, stateless(listen))
        wire.head()
        wire.event()
        assert wire.chunk() == b":\n\n"
        assert wire.chunk() == b":\n\n"


def test_nothing_is_left_of_clients_that_come_and_go(world: World) -> None:
    with site(world.place) as busy:
        message = modern("tools/call", name="hello", arguments={})
        listen = modern("subscriptions/listen", notifications={})
        assert busy.ask(message)[0] == 200
        before = busy.descriptors()
        for _ in range(50):
            with busy.connect() as wire:
                wire.post(listen, stateless(listen))
                wire.head()
            with busy.connect() as wire:
                wire.send(head("POST", busy.name, 100) + b"{")
            assert busy.ask(modern("tools/list"))[0] == 200
        assert busy.ask(message)[0] == 200
        assert busy.descriptors() <= before + 2
