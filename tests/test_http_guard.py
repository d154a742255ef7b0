"""Serving over HTTP: who is answered."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from http_rig import (
    PATIENCE,
    Message,
    Site,
    Wire,
    head,
    modern,
    site,
    stateless,
)
from http_world import World, a_server, a_world  # noqa: F401  fixtures
from runspec.errors import RunspecError
from runspec.mcp.http import HttpOptions, check_options, peer
from runspec.mcp.http.diag import find_socket
from runspec.mcp.http.guard import Guard
from runspec.mcp.http.hosts import Hosts
from runspec.mcp.http.peer import GONE, find_row, owner_of

ME = os.geteuid()
TOKEN = "correct-horse-battery-staple"
as_root = pytest.mark.skipif(ME != 0, reason="needs a second user")


@pytest.fixture(scope="module")
def locked(world: World) -> Iterator[Site]:
    """One that wants a token, and is known by another name."""
    options = {"token": TOKEN, "allowed_hosts": ["tools.example"]}
    with site(world.place, **options) as found:
        yield found


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
    refused = 'Bearer error="invalid_token"' if given else "Bearer"
    assert challenge == (refused if status == 401 else "")


def test_no_metadata_has_clients_look_for_an_authorization_server(locked: Site) -> None:
    for path in ("", "/mcp"):
        with locked.connect() as wire:
            target = f"/.well-known/oauth-protected-resource{path}"
            lines = f"Host: {locked.name}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
            wire.send(f"GET {target} HTTP/1.1\r\n{lines}".encode())
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


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_owner_of_a_connection_is_found_in_both_ways(host: str) -> None:
    bound = "::1" if host == "::1" else "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound_family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    with (
        socket.create_server((bound, 0), family=bound_family) as listening,
        socket.socket(family) as client,
    ):
        client.connect((host, listening.getsockname()[1]))
        accepted, _ = listening.accept()
        with accepted:
            peer, own = accepted.getpeername()[:2], accepted.getsockname()[:2]
            expected = (ME, os.fstat(client.fileno()).st_ino)
            assert find_row(peer, own) == expected
            assert find_socket(peer, own) in (expected, None)
            assert owner_of(peer, own) == ME
            client.close()
            assert find_row(peer, own) == (0, 0)
            assert owner_of(peer, own) == GONE


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


def test_where_nobody_can_be_told_apart_a_token_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer, "find_socket", lambda *_: None)
    monkeypatch.setattr(peer, "_TABLES", ("/proc/net/missing",))
    with pytest.raises(RunspecError) as error:
        check_options(HttpOptions())
    assert [fault.code for fault in error.value.faults] == ["http-peer-unknown"]
    check_options(HttpOptions(token=TOKEN))


def test_a_request_whose_sender_is_unknown_is_refused() -> None:
    async def application(scope: object, receive: object, send: object) -> None:
        raise AssertionError("it came through")

    messages: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        messages.append(message)

    hosts = Hosts(HttpOptions(), 8017)
    guard = Guard(application, hosts=hosts, token=None)  # type: ignore[arg-type]
    headers = [(b"host", b"127.0.0.1:8017")]
    scope = {
        "type": "http",
        "path": "/mcp",
        "headers": headers,
        "state": {"peer": None},
    }
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]
    assert messages[0]["status"] == 403
    assert b"--token-file" in messages[1]["body"]  # type: ignore[operator]


def test_a_token_file_that_changes_ends_the_token_before(world: World) -> None:
    file = world.place.parent / "rotated"
    file.write_text(TOKEN)
    file.chmod(0o600)
    with site(world.place, token=TOKEN, token_file=str(file)) as found:

        def status(token: str) -> int:
            given = {"Authorization": f"Bearer {token}"}
            return found.post(
                modern("tools/list"), stateless(modern("tools/list")) | given
            )[0]

        assert (status(TOKEN), status("another-token-altogether")) == (200, 401)
        file.write_text("another-token-altogether")
        assert (status(TOKEN), status("another-token-altogether")) == (401, 200)
