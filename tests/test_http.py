"""Serving over HTTP: who gets in, what a client may take, what both eras say."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from http_rig import (
    META,
    PATIENCE,
    VERSION,
    Message,
    Pipe,
    Site,
    Wire,
    ends,
    head,
    modern,
    request,
    site,
    stateless,
    trusting,
)
from runspec.errors import RunspecError
from runspec.loop import Loop
from runspec.mcp.http import HttpOptions, check_options
from runspec.mcp.http.headers import check_headers, is_stateless
from runspec.mcp.http.hosts import Hosts
from runspec.mcp.http.link import Link
from runspec.mcp.http.listen import bound_sockets, tls_context
from runspec.mcp.http.options import Limits
from runspec.mcp.http.session import Sessions
from runspec.mcp.http.token import read_token
from runspec.mcp.messages import Malformed, Request, read
from runspec.mcp.server import Options, Server
from runspec.mcp.toolbox import Selection

SPEC = """
[hello]
description = "Says hello"
autonomy = "autonomous"

[hello.args]
name = { default = "you", description = "To whom" }

[waits]
description = "Tells its process id, and waits for a word"
autonomy = "autonomous"

[counts]
description = "Tells how far it is, then waits for a word"
autonomy = "autonomous"

[asks]
description = "Needs a person's yes"
autonomy = "confirm"
"""
PROGRAMS = {
    "hello": 'echo "hello $RUNSPEC_NAME"',
    "waits": 'echo $BASHPID > begun; read -r word < word; echo "heard $word"',
    "counts": 'echo 1/2 >&"$RUNSPEC_PROGRESS"; read -r word < word; echo done',
    "asks": "echo done",
}
ME = os.geteuid()
TOKEN = "correct-horse-battery-staple"
as_root = pytest.mark.skipif(ME != 0, reason="needs a second user")


class World:
    """A spec with programs that can be waited for."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "runspec.toml").write_text(SPEC)
        for name, text in PROGRAMS.items():
            program = place / name
            program.write_text(f"#!/bin/bash\n{text}\n")
            program.chmod(0o755)
        self.begun = Pipe(place / "begun")
        os.mkfifo(place / "word")

    def say(self, word: str) -> None:
        """Let the program that waits go on."""
        with (self.place / "word").open("w") as pipe:
            pipe.write(word + "\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.begun.close()


@pytest.fixture(scope="module")
def here(world: World) -> Iterator[Site]:
    """A server that most tests share."""
    with site(world.place) as found:
        yield found


@pytest.fixture(scope="module")
def locked(world: World) -> Iterator[Site]:
    """One that wants a token, and is known by another name."""
    options = {"token": TOKEN, "allowed_hosts": ["tools.example"]}
    with site(world.place, **options) as found:
        yield found


def codes(options: HttpOptions) -> list[str]:
    try:
        check_options(options)
    except RunspecError as error:
        return [fault.code for fault in error.faults]
    return []


# What is refused before anything is served


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"host": "localhost"}, []),
        ({"host": "::1"}, []),
        ({"host": "127.8.8.8", "token": TOKEN}, []),
        ({"host": "0.0.0.0"}, ["http-token-missing", "http-tls-missing"]),
        ({"host": "::"}, ["http-token-missing", "http-tls-missing"]),
        ({"host": ""}, ["http-token-missing", "http-tls-missing"]),
        ({"host": "tools.example"}, ["http-token-missing", "http-tls-missing"]),
        ({"host": "0.0.0.0", "token": TOKEN}, ["http-tls-missing"]),
        ({"host": "0.0.0.0", "behind_proxy": True}, ["http-token-missing"]),
        ({"host": "0.0.0.0", "token": TOKEN, "behind_proxy": True}, []),
        ({"host": "::", "token": TOKEN, "tls_cert": "c", "tls_key": "k"}, []),
        (
            {"host": "::", "token": TOKEN, "tls_cert": "c"},
            ["http-tls-missing", "http-tls-incomplete"],
        ),
        ({"tls_key": "k"}, ["http-tls-incomplete"]),
        ({"token": ""}, ["http-token-short"]),
        ({"token": "a" * 15}, ["http-token-short"]),
        ({"token": "correct horse battery"}, ["http-token-signs"]),
        ({"token": "é" * 20}, ["http-token-signs"]),
        ({"allowed_hosts": ("tools.example", "[::1]:80")}, []),
        ({"allowed_hosts": ("https://tools.example",)}, ["http-host-invalid"]),
        ({"allowed_hosts": ("tools.example:0", "*")}, ["http-host-invalid"] * 2),
    ],
)
def test_it_starts_only_where_that_is_safe(
    given: dict[str, object], expected: list[str]
) -> None:
    assert codes(HttpOptions(**given)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_token_that_others_can_read_is_not_taken(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)
    with pytest.raises(RunspecError) as caught:
        read_token(str(file))
    assert [fault.code for fault in caught.value.faults] == ["http-token-exposed"]


def test_a_token_file_is_read_without_its_last_line_break(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert read_token(str(file)) == TOKEN


def test_a_token_file_that_is_no_file_is_said_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    found = []
    for name in ("pipe", "", "nowhere", "a\0b"):
        with pytest.raises(RunspecError) as caught:
            read_token(str(tmp_path / name))
        found += [fault.code for fault in caught.value.faults]
    assert found == ["not-a-file", "not-a-file", "unreadable", "unreadable"]


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunspecError) as caught:
            bound_sockets(HttpOptions(port=port))
    [fault] = caught.value.faults
    assert (fault.code, fault.subject) == ("http-not-bound", f"127.0.0.1:{port}")


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.name.invalid", "a" * 80])
def test_an_address_of_another_machine_is_said(host: str) -> None:
    with pytest.raises(RunspecError) as caught:
        bound_sockets(HttpOptions(host=host))
    assert [fault.code for fault in caught.value.faults] == ["http-not-bound"]


def test_localhost_is_every_loopback_address_at_one_port() -> None:
    sockets = bound_sockets(HttpOptions(host="localhost"))
    names = [each.getsockname()[:2] for each in sockets]
    for each in sockets:
        each.close()
    assert len({port for _, port in names}) == 1
    assert {host for host, _ in names} <= {"127.0.0.1", "::1"}


def test_small_answers_are_sent_at_once() -> None:
    [listening] = bound_sockets(HttpOptions())
    with listening:
        assert listening.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY by it


# Whom it answers


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8017", True),
        ("LOCALHOST:8017", True),
        ("127.0.0.1:8017", True),
        ("127.9.9.9:8017", True),
        ("[::1]:8017", True),
        ("[0:0::1]:8017", True),
        ("tools.example", True),
        ("tools.example:9999", True),
        ("api.example:444", True),
        ("api.example:445", False),
        ("api.example", False),
        ("localhost", False),
        ("localhost:8018", False),
        ("localhost:", False),
        ("localhost:8017:8017", False),
        ("localhost.:8017", False),
        ("evil.example:8017", False),
        ("127.0.0.1.evil.example:8017", False),
        ("evil.example@localhost:8017", False),
        ("localhost:8017/x", False),
        ("2130706433:8017", False),
        ("0.0.0.0:8017", False),
        ("[::1", False),
        ("::1:8017", False),
        ("", False),
        ("localhost:١٢", False),
        ("localhost:80\n17", False),
    ],
)
def test_it_goes_by_its_own_names_only(host: str, known: bool) -> None:
    options = HttpOptions(allowed_hosts=("tools.example", "api.example:444"))
    assert Hosts(options, 8017).knows(host) is known


@pytest.mark.parametrize(
    ("origin", "trusted"),
    [
        ("http://localhost:8017", True),
        ("http://127.0.0.1:8017", True),
        ("https://tools.example", True),
        ("http://tools.example:1234", True),
        ("https://api.example", True),
        ("http://api.example", False),
        ("null", False),
        ("", False),
        ("http://localhost", False),
        ("http://localhost:3000", False),
        ("http://evil.example", False),
        ("http://localhost:8017.evil.example", False),
        ("file://localhost:8017", False),
        ("http://localhost:8017/path", False),
        ("http://evil@localhost:8017", False),
    ],
)
def test_it_trusts_its_own_pages_only(origin: str, trusted: bool) -> None:
    options = HttpOptions(allowed_hosts=("tools.example", "api.example:443"))
    assert Hosts(options, 8017).trusts(origin) is trusted


@pytest.mark.parametrize("path", ["/mcp", "/", "/.well-known/oauth-protected-resource"])
@pytest.mark.parametrize(
    "header", ["Host: evil.example", "Host: {name}\r\nOrigin: http://evil.example"]
)
def test_a_page_that_found_its_way_here_gets_nothing(
    here: Site, path: str, header: str
) -> None:
    with here.connect() as wire:
        lines = f"GET {path} HTTP/1.1\r\n{header.format(name=here.name)}\r\n\r\n"
        wire.send(lines.encode())
        status, headers, _ = wire.response()
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control")]


def test_a_request_without_a_name_gets_nothing(here: Site) -> None:
    with here.connect() as wire:
        wire.send(b"GET /mcp HTTP/1.0\r\n\r\n")
        assert wire.head()[0] == 403


def test_a_page_of_this_server_is_answered(here: Site) -> None:
    origin = {"Origin": f"http://localhost:{here.port}"}
    assert here.ask(modern("tools/list"), **origin)[0] == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ([], 401),
        ([f"Bearer {TOKEN}"], 200),
        ([f"bearer  {TOKEN}"], 200),
        ([f"Bearer {TOKEN}x"], 401),
        (["Bearer"], 401),
        (["Bearer é"], 401),
        ([f"Basic {TOKEN}"], 401),
        ([TOKEN], 401),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], 401),
    ],
)
def test_only_the_token_opens(locked: Site, given: list[str], status: int) -> None:
    message = modern("tools/list")
    body = json.dumps(message).encode()
    lines = "".join(f"Authorization: {each}\r\n" for each in given).encode("latin-1")
    with locked.connect() as wire:
        start = head("POST", locked.name, len(body), stateless(message))
        wire.send(start[:-2] + lines + b"\r\n" + body)
        found, headers, _ = wire.response()
    assert found == status
    challenge = headers.get("www-authenticate", "")
    about = f"http://{locked.name}/.well-known/oauth-protected-resource/mcp"
    assert (f'Bearer resource_metadata="{about}"' in challenge) is (status == 401)
    assert ("invalid_token" in challenge) is (status == 401 and bool(given))


@pytest.mark.parametrize("path", ["", "/mcp"])
@pytest.mark.parametrize("name", ["{name}", "tools.example"])
def test_what_it_wants_can_be_read_without_a_token(
    locked: Site, path: str, name: str
) -> None:
    name = name.format(name=locked.name)
    with locked.connect() as wire:
        target = f"/.well-known/oauth-protected-resource{path}"
        wire.send(f"GET {target} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        status, _, body = wire.response()
    assert status == 200
    assert json.loads(body) == {
        "resource": f"http://{name}/mcp",
        "resource_name": "runspec",
        "bearer_methods_supported": ["header"],
    }


def test_without_a_token_there_is_nothing_to_say_about_one(here: Site) -> None:
    with here.connect() as wire:
        target = b"/.well-known/oauth-protected-resource"
        wire.send(b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, here.name.encode()))
        assert wire.response()[0] == 404


AS_ANOTHER = """
import os, socket, struct, sys
request = sys.stdin.buffer.read()
os.setgid(65534); os.setuid(65534)
connection = socket.socket()
connection.connect((sys.argv[1], int(sys.argv[2])))
connection.sendall(request)
if sys.argv[3] == "vanish":
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
else:
    print(connection.recv(4096).decode())
connection.close()
"""


def as_another(there: Site, message: Message, then: str, **headers: str) -> str:
    """What another user of this machine gets for a request."""
    body = json.dumps(message).encode()
    start = head("POST", there.name, len(body), stateless(message) | headers)
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, there.host, str(there.port), then],
        input=start + body,
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout.decode()


@as_root
def test_another_user_of_this_machine_gets_nothing(here: Site) -> None:
    answer = as_another(here, modern("tools/list"), "reads")
    assert answer.startswith("HTTP/1.1 403")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
def test_the_same_user_is_known_by_every_kind_of_address(
    here: Site, world: World
) -> None:
    message = modern("tools/list")
    with site(world.place, host="::1") as six:
        assert six.ask(message)[0] == 200
    with socket.socket(socket.AF_INET6) as mapped:
        mapped.settimeout(PATIENCE)
        mapped.connect((f"::ffff:{here.host}", here.port))
        wire = Wire(mapped, here)
        wire.post(message, stateless(message))
        assert wire.response()[0] == 200


@as_root
def test_another_user_who_vanishes_has_run_nothing(here: Site, world: World) -> None:
    for _ in range(20):
        as_another(here, modern("tools/call", name="waits"), "vanish")
        assert here.ask(modern("tools/list"))[0] == 200
    assert world.begun.is_quiet()


@as_root
def test_another_user_with_the_token_is_answered(locked: Site) -> None:
    given = {"Authorization": f"Bearer {TOKEN}"}
    answer = as_another(locked, modern("tools/list"), "reads", **given)
    assert answer.startswith("HTTP/1.1 200")


# What one client may take


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


# What is no request of either era


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


# The stateless era


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


# The handshake era


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
    options = Options(selection, jobs=1, timeout=1, inline=1000, confirm=None)
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


def test_a_question_comes_as_an_event_and_its_answer_by_post(here: Site) -> None:
    session = here.session(elicitation={})
    with here.connect() as wire:
        message = request("tools/call", name="asks")
        wire.post(message, {"MCP-Session-Id": session})
        assert wire.head()[0] == 200
        question = wire.event()
        assert question["method"] == "elicitation/create"
        answer = {"action": "accept", "content": {}}
        said = {"jsonrpc": "2.0", "id": question["id"], "result": answer}
        assert here.in_session(session, said) == (202, b"")
        assert wire.event()["result"]["content"][0]["text"].strip() == "done"


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


# How it ends


def test_it_ends_though_clients_hold_on(world: World) -> None:
    with site(world.place) as ending:
        session = ending.session()
        wires = [ending.connect() for _ in range(4)]
        silent, half, calling, listening = wires
        half.send(b"POST /mcp HTTP/1.1\r\n")
        message = request("tools/call", name="waits")
        calling.post(message, {"MCP-Session-Id": session})
        process = world.begun.process()
        listening.get({"MCP-Session-Id": session})
        assert listening.head()[0] == 200
        ending.process.send_signal(signal.SIGTERM)
        assert calling.response()[0] == 503
        assert listening.chunk() == b":\n\n"
        assert listening.chunk() == b""
        assert silent.closed()
        assert half.closed()
        assert ends(process)
        for wire in wires:
            wire.socket.close()


def test_many_clients_at_once_each_get_their_own_answer(here: Site) -> None:
    def call(number: int) -> bool:
        arguments = {"name": f"n{number}"}
        message = modern("tools/call", number, name="hello", arguments=arguments)
        status, answer = here.ask(message)
        text = answer["result"]["content"][0]["text"].strip()
        return (status, answer["id"], text) == (200, number, f"hello n{number}")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(48)))


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with cert.pem, key.pem and locked.pem, the key with a passphrase."""
    place = tmp_path_factory.mktemp("tls")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-days", "2", "-noenc"]
    make += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1"]
    make += ["-keyout", str(place / "key.pem"), "-out", str(place / "cert.pem")]
    lock = ["openssl", "ec", "-in", str(place / "key.pem"), "-aes128"]
    lock += ["-passout", "pass:secret", "-out", str(place / "locked.pem")]
    for command in (make, lock):
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return place


def test_tls_is_done_with_the_certificate_given(
    world: World, certificate: Path
) -> None:
    cert, key = str(certificate / "cert.pem"), str(certificate / "key.pem")
    with site(world.place, {}, tls_cert=cert, tls_key=key) as secure:
        assert secure.url.startswith("https://")
        plain = socket.create_connection((secure.host, secure.port), PATIENCE)
        context = trusting(certificate / "cert.pem")
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as encrypted:
            wire = Wire(encrypted, secure)
            wire.post(modern("tools/list"), stateless(modern("tools/list")))
            assert wire.response()[0] == 200
        with secure.connect() as unencrypted:
            unencrypted.post(modern("tools/list"))
            assert unencrypted.closed()


def test_a_key_that_is_no_key_is_said(certificate: Path) -> None:
    cert = str(certificate / "cert.pem")
    for key in ("locked.pem", "cert.pem", "nowhere.pem"):
        options = HttpOptions(tls_cert=cert, tls_key=str(certificate / key))
        with pytest.raises(RunspecError) as caught:
            tls_context(options)
        assert [fault.code for fault in caught.value.faults] == ["http-tls-invalid"]
