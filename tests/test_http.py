"""Serving over HTTP: when it starts, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import runspec
from http_rig import (
    PATIENCE,
    Site,
    Wire,
    ends,
    modern,
    request,
    site,
    stateless,
    trusting,
)
from http_world import World, a_server, a_world  # noqa: F401  fixtures
from runspec.errors import RunspecError
from runspec.mcp.http import HttpOptions, check_options
from runspec.mcp.http.listen import bound_sockets, tls_context
from runspec.mcp.http.token import read_token

TOKEN = "correct-horse-battery-staple"


def codes(options: HttpOptions) -> list[str]:
    try:
        check_options(options)
    except RunspecError as error:
        return [fault.code for fault in error.faults]
    return []


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


WITHOUT_EXTRA = """
import sys
sys.path.insert(0, sys.argv[1])
from runspec.errors import RunspecError
from runspec.mcp.http import HttpOptions, open_http
try:
    open_http(None, HttpOptions())
except RunspecError as error:
    print(error.faults[0].code)
"""


def test_what_isnt_installed_is_said() -> None:
    source = str(Path(runspec.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-S", "-c", WITHOUT_EXTRA, source],  # no site-packages
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == b"http-not-installed\n"


SERVE = (sys.executable, "-m", "runspec", "serve", "--http", "--port", "0")


@pytest.mark.parametrize(
    "options", [("--bind", "0.0.0.0"), ("--token-file", "runspec.toml")]
)
def test_the_command_refuses_what_is_not_safe(
    world: World, options: tuple[str, str]
) -> None:
    (world.place / "runspec.toml").chmod(0o644)
    done = subprocess.run(
        [*SERVE, *options], cwd=world.place, capture_output=True, timeout=PATIENCE
    )
    assert done.returncode == 1
    assert b"error[http-token" in done.stderr


def test_the_command_serves_until_it_is_told_to_end(world: World) -> None:
    token = world.place / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    process = subprocess.Popen(
        [*SERVE, "--token-file", "token", "--path", "."],
        cwd=world.place,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        url = process.stderr.readline().partition(": ")[2].strip()
        started = Site(process, url)
        message = modern("tools/list")
        assert started.post(message, stateless(message))[0] == 401
        given = {"Authorization": f"Bearer {TOKEN}"}
        assert started.ask(message, **given)[0] == 200
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.communicate()


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
