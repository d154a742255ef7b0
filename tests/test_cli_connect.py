"""`runspec connect`: what an MCP client needs to start this environment's server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments import DESCRIBED, Environment, wheel, write

CLIENTS = (
    "claude-code",
    "claude-desktop",
    "cursor",
    "gemini",
    "windsurf",
    "vscode",
)
JUMP_HOSTS = """\
[config.jump-hosts.web]
host = "web-01.example.org"
user = "deploy"
port = 2222
key = "keys/web"
proxy = "door"
bin = "~/my tools/bin/runspec"
options = ["-o", "ConnectTimeout=30"]

[config.jump-hosts.door]
host = "door.example.org"
user = "guest"
port = 22

[config.jump-hosts.plain]

[config.jump-hosts.evil]
host = "-oProxyCommand=touch gone"
"""
OTHERS = """\
{
    "theme" : "dark",   "big": 12345678901234567890.10,
    "mcpServers": {
        "files": {"command": "npx", "args": ["-y", "files"], "note": "\\ud83d\\u00e9"}
    },
    "last": [1,2,
      3]
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def connect(
    bare: Environment, project: Path, *argv: str, **variables: str
) -> dict[str, Any]:
    """The configuration that the command prints."""
    done = bare.run("connect", *argv, cwd=project, **_home(project), **variables)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(bare: Environment, project: Path, *argv: str, status: int = 1) -> str:
    """What is said on stderr where nothing is done."""
    done = bare.run("connect", *argv, cwd=project, **_home(project))
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def _home(project: Path) -> dict[str, str]:
    return {"HOME": str(project.parent)}


def target(project: Path, client: str) -> Path:
    if client == "claude-code":
        return project / ".mcp.json"
    if client == "vscode":
        return project / ".vscode" / "mcp.json"
    if client == "gemini":
        return project.parent / ".gemini" / "settings.json"
    if client == "windsurf":
        return project.parent / ".codeium" / "windsurf" / "mcp_config.json"
    if client == "cursor":
        return project.parent / ".cursor" / "mcp.json"
    return project.parent / ".config" / "Claude" / "claude_desktop_config.json"


def only(found: dict[str, Any], servers: str = "mcpServers") -> dict[str, Any]:
    """The one entry of a configuration."""
    assert list(found) == [servers]
    (entry,) = found[servers].values()
    assert isinstance(entry, dict)
    return entry


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_starts_the_serve_of_this_environment(
    bare: Environment, project: Path, client: str
) -> None:
    servers = "servers" if client == "vscode" else "mcpServers"
    entry = only(connect(bare, project, client), servers)
    kind = entry.pop("type", None)
    assert kind == ("stdio" if client == "vscode" else None)
    assert entry == {"command": str(bare.bin / "runspec"), "args": ["serve"]}
    assert not target(project, client).exists()


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_written_is_what_is_printed_in_the_file_that_is_named(
    bare: Environment, project: Path, client: str
) -> None:
    done = bare.run("connect", client, cwd=project, **_home(project))
    assert str(target(project, client)) in done.stderr
    found = connect(bare, project, client, "--write")
    assert json.loads(target(project, client).read_text()) == found
    assert json.loads(done.stdout) == found


def test_the_settings_directory_of_the_desktop_may_be_elsewhere(
    bare: Environment, project: Path, tmp_path: Path
) -> None:
    folder = str(tmp_path / "elsewhere")
    connect(bare, project, "claude-desktop", "--write", XDG_CONFIG_HOME=folder)
    assert os.listdir(f"{folder}/Claude") == ["claude_desktop_config.json"]


def test_the_server_is_called_as_the_project_where_venv_says_nothing(
    bare: Environment, project: Path
) -> None:
    assert bare.place.name == "venv"
    found = connect(bare, project, "cursor")
    assert list(found["mcpServers"]) == [bare.place.parent.name]
    found = connect(bare, project, "cursor", "--name", "my-tools")
    assert list(found["mcpServers"]) == ["my-tools"]


@pytest.mark.parametrize("name", ["", "a b", "ü", "a.b", "x" * 65])
def test_a_name_that_a_client_might_refuse_is_a_wrong_call(
    bare: Environment, project: Path, name: str
) -> None:
    said = refused(bare, project, "cursor", f"--name={name}", "--write", status=2)
    assert "--name" in said
    assert not target(project, "cursor").exists()


def test_everything_else_in_the_file_stays_as_it_was_written(
    bare: Environment, project: Path
) -> None:
    path = target(project, "cursor")
    write(path.parent, {path.name: OTHERS})
    found = connect(bare, project, "cursor", "--write", "--name", "mine")
    text = path.read_text()
    before, after = OTHERS.split('"}\n    },\n')
    assert text.startswith(before)
    assert text.endswith("\n    },\n" + after)
    assert f'"}},\n        "mine": {{\n            "command": "{bare.bin}' in text
    assert json.loads(text)["mcpServers"]["mine"] == only(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "mcpServers": {\n    "mine": {\n'),
        ("", '{\n  "mcpServers": {\n    "mine": {\n'),
        ("\ufeff{}\n", '\ufeff{\n  "mcpServers": {\n    "mine": {\n'),
        ('{"a": 1}', '{"a": 1, "mcpServers": {"mine": {'),
        ('{"mcpServers": {}}', '{"mcpServers": {\n  "mine": {\n    "command"'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"mcpServers": {\n\t\t"mine": {\n'),
        (
            '{\r\n    "mcpServers": {\r\n    }\r\n}\r\n',
            '{\r\n    "mcpServers": {\r\n        "mine": {\r\n            "command"',
        ),
        (
            '{"mcpServers": {"x": {}}, "mcpServers": {"y": {}}}',
            '{"mcpServers": {"x": {}}, "mcpServers": {"y": {}, "mine": {"command"',
        ),
    ],
)
def test_an_entry_is_written_in_the_manner_of_the_file(
    bare: Environment, project: Path, before: str, after: str
) -> None:
    path = target(project, "cursor")
    path.parent.mkdir()
    path.write_bytes(before.encode())
    found = connect(bare, project, "cursor", "--write", "--name", "mine")
    text = path.read_bytes().decode()
    assert text.startswith(after)
    assert ("\r\n" in before) == (text.count("\n") == text.count("\r\n") > 0)
    entry = json.loads(text.removeprefix("\ufeff"))["mcpServers"]["mine"]
    assert entry == only(found)


def test_writing_twice_changes_nothing(bare: Environment, project: Path) -> None:
    connect(bare, project, "vscode", "--write")
    path = target(project, "vscode")
    before = path.stat()
    connect(bare, project, "vscode", "--write")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("to", [(), ("--remote", "web-01")])
@pytest.mark.parametrize(
    "command",
    [
        ["/old/bin/runspec", "serve", "--exclude", "drop table"],
        ["ssh", "-T", "--", "h", "~/x/runspec", "serve", "--exclude", "'drop table'"],
    ],
)
def test_an_older_entry_of_ours_is_renewed_and_keeps_what_people_added(
    bare: Environment, project: Path, command: list[str], to: tuple[str, ...]
) -> None:
    path = target(project, "cursor")
    old = {"env": {"A": "1"}, "command": command[0], "args": command[1:]}
    write(path.parent, {path.name: json.dumps({"mcpServers": {"mine": old}})})
    connect(bare, project, "cursor", "--write", "--name", "mine", *to)
    entry = json.loads(path.read_text())["mcpServers"]["mine"]
    assert entry["env"] == {"A": "1"}
    if to:
        last = ["web-01", "runspec", "serve", "--exclude", "'drop table'"]
        assert entry["args"][-5:] == last
    else:
        assert entry["command"] == str(bare.bin / "runspec")
        assert entry["args"] == ["serve", "--exclude", "drop table"]


@pytest.mark.parametrize(
    "entry",
    [
        '{"command": "npx", "args": ["serve"]}',
        '{"command": "/bin/runspec", "args": ["check"]}',
        '{"command": "/bin/runspec"}',
        '{"command": "/bin/runspec", "args": ["serve", 1]}',
        '{"command": "ssh", "args": ["--", "h", "rm", "runspec", "serve"]}',
        '{"command": "ssh", "args": ["--", "h", "runspec \'serve"]}',
        '{"command": "ssh", "args": ["--"]}',
        '{"url": "https://example.org/mcp"}',
        "{}",
    ],
)
def test_the_entry_of_another_server_is_never_replaced(
    bare: Environment, project: Path, entry: str
) -> None:
    path = target(project, "cursor")
    text = f'{{"mcpServers":\n{{"mine": {entry}}}}}'
    write(path.parent, {path.name: text})
    said = refused(bare, project, "cursor", "--write", "--name", "mine")
    assert "entry-taken" in said
    assert f"{path}:2:10" in said
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{\n  // mine\n  "a": 1\n}', "json-syntax", "2:3"),
        ('{\n  "a": 1 /* one */\n}', "json-syntax", "2:10"),
        ("{} // end", "json-syntax", "1:4"),
        ('{"a": 1,\n}', "json-syntax", "1:8 2:1"),
        ('{"a": [1, ]}', "json-syntax", "1:9 1:11"),
        ('{"a": 1', "json-syntax", "1:8"),
        ("{'a': 1}", "json-syntax", "1:2"),
        ('{"a": 1} {}', "json-syntax", "1:10"),
        ('{"a": NaN}', "json-syntax", "1:1"),
        ("[" * 200_000, "json-syntax", "1:1"),
        ("[]", "field-type", "1:1"),
        ('{"mcpServers": []}', "field-type", "1:16"),
        ('{"mcpServers": {"mine": 1}}', "field-type", "1:25"),
    ],
)
def test_a_file_that_is_no_plain_json_is_refused_untouched_with_the_place(
    bare: Environment, project: Path, text: str, code: str, place: str
) -> None:
    path = target(project, "cursor")
    write(path.parent, {path.name: text})
    said = refused(bare, project, "cursor", "--write", "--name", "mine")
    assert code in said
    # Pythons differ in whether a trailing comma is the comma or what follows it.
    assert any(f"{path}:{each}\n" in said for each in place.split())
    assert path.read_text() == text
    assert os.listdir(path.parent) == [path.name]


def test_a_file_that_is_no_text_is_refused(bare: Environment, project: Path) -> None:
    path = target(project, "cursor")
    path.parent.mkdir()
    path.write_bytes(b'{"a": "\xff"}')
    assert "encoding" in refused(bare, project, "cursor", "--write")
    path.unlink()
    path.mkdir()
    assert "not-a-file" in refused(bare, project, "cursor", "--write")
    path.rmdir()
    path.parent.rmdir()
    path.parent.touch()
    assert "unwritable" in refused(bare, project, "cursor", "--write")


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o400])
def test_the_mode_of_the_file_stays(
    bare: Environment, project: Path, mode: int
) -> None:
    path = target(project, "cursor")
    write(path.parent, {path.name: "{}"})
    path.chmod(mode)
    connect(bare, project, "cursor", "--write")
    assert path.stat().st_mode & 0o7777 == mode


def test_a_file_behind_a_link_is_written_and_the_link_stays(
    bare: Environment, project: Path, tmp_path: Path
) -> None:
    path = target(project, "cursor")
    write(tmp_path / "dotfiles", {"mcp.json": "{}"})
    path.parent.mkdir()
    path.symlink_to("../dotfiles/mcp.json")
    found = connect(bare, project, "cursor", "--write")
    assert path.is_symlink()
    assert json.loads((tmp_path / "dotfiles" / "mcp.json").read_text()) == found


def test_a_link_that_leads_nowhere_or_in_circles_is_no_traceback(
    bare: Environment, project: Path, tmp_path: Path
) -> None:
    path = target(project, "cursor")
    path.parent.mkdir()
    path.symlink_to("../later.json")
    found = connect(bare, project, "cursor", "--write")
    assert json.loads((tmp_path / "later.json").read_text()) == found
    path.unlink()
    path.symlink_to(path)
    assert "unreadable" in refused(bare, project, "cursor", "--write")


def test_a_remote_server_is_started_by_ssh_without_a_shell_here(
    bare: Environment, project: Path
) -> None:
    found = connect(bare, project, "claude-code", "--remote", "ada@web-01.example")
    assert list(found["mcpServers"]) == ["ada-web-01-example"]
    entry = only(found)
    assert [entry["command"], *entry["args"]] == [
        *("ssh", "-T", "-o", "BatchMode=yes", "-o", "RemoteCommand=none"),
        *("-o", "ConnectTimeout=10"),
        *("--", "ada@web-01.example", "runspec", "serve"),
    ]


def test_an_alias_of_the_nearest_spec_says_how_its_host_is_reached(
    bare: Environment, project: Path
) -> None:
    write(project, {"runspec.toml": JUMP_HOSTS, "below/x": ""})
    found = connect(bare, project / "below", "cursor", "--remote", "web")
    assert list(found["mcpServers"]) == ["web"]
    assert only(found)["args"] == [
        *("-T", "-o", "BatchMode=yes", "-o", "RemoteCommand=none"),
        *("-o", "ConnectTimeout=30"),
        *("-l", "deploy", "-p", "2222", "-i", str(project / "keys" / "web")),
        *("-J", "guest@door.example.org:22", "-o", "ConnectTimeout=10"),
        *("--", "web-01.example.org", "~/'my tools/bin/runspec'", "serve"),
    ]
    found = connect(bare, project, "cursor", "--remote", "plain")
    assert only(found)["args"][-4:] == ["--", "plain", "runspec", "serve"]


def test_a_host_that_ssh_would_take_for_an_option_is_refused(
    bare: Environment, project: Path
) -> None:
    said = refused(bare, project, "cursor", "--remote=-oProxyCommand=x", status=2)
    assert "--remote" in said
    write(project, {"runspec.toml": JUMP_HOSTS})
    said = refused(bare, project, "cursor", "--remote", "evil")
    assert "host-invalid" in said
    assert f"{project / 'runspec.toml'}:18:8" in said


def test_a_nearest_spec_with_a_faulty_config_is_said_to_be_that(
    bare: Environment, project: Path
) -> None:
    write(project, {"runspec.toml": "[config]\nautonomy-default = 1\n"})
    said = refused(bare, project, "cursor", "--remote", "web")
    assert f"{project / 'runspec.toml'}:2" in said


def test_a_directory_that_is_gone_is_one_error(
    bare: Environment, project: Path
) -> None:
    command = f"rmdir {project} && exec runspec connect vscode"
    environ = bare.environ()
    argv = ["sh", "-c", command]
    done = subprocess.run(
        argv, cwd=project, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error[unreadable]: the current directory")


def test_the_server_has_the_name_that_an_installed_spec_gives_it(
    make_environment: Callable[[], Environment], project: Path
) -> None:
    environment = make_environment()
    spec = f'[config]\nname = "Büro tools"\n\n[tidy]\n{DESCRIBED}'
    files = {"tidy/__init__.py": "", "tidy/runspec.toml": spec}
    programs = {"tidy": "#!/bin/sh\n"}
    environment.install("--no-index", wheel(project, "tidy", files, programs=programs))
    assert list(connect(environment, project, "vscode")["servers"]) == ["B-ro-tools"]
