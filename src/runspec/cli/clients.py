"""The MCP clients that `runspec connect` knows, and how they keep their servers.

Sources: the MCP pages of Claude Code ("MCP installation scopes"), of the Model
Context Protocol ("Connect to local MCP servers"), of Cursor ("Model Context
Protocol"), of Gemini CLI ("MCP servers with the Gemini CLI"), of Windsurf ("Cascade
MCP integration") and of Visual Studio Code ("MCP configuration reference").
"""

from __future__ import annotations

import os
import sys

from ..errors import Fault, RunspecError
from ..paths import config_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DESKTOP_FILE = "claude_desktop_config.json"


class Client:
    """One client: `title` is its name, `path()` its file, absolute
    (RunspecError, `unreadable`, where the directory it is in is gone).

    `servers` is the key of the object that has an entry for each server, `typed`
    whether an entry must say that it is one of stdio, `then` what a person does next.
    """

    __slots__ = ("path", "servers", "then", "title", "typed")

    def __init__(
        self,
        title: str,
        path: Callable[[], str],
        servers: str,
        then: str,
        *,
        typed: bool = False,
    ) -> None:
        self.title = title
        self.path = path
        self.servers = servers
        self.then = then
        self.typed = typed


def _project(*names: str) -> Callable[[], str]:
    """A file of the current directory, which is the project's."""
    return lambda: os.path.join(_here(), *names)


def _here() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        detail = error.strerror or ""
        subject = "the current directory"
        raise RunspecError(Fault("unreadable", subject, detail=detail)) from None


def _home(*names: str) -> Callable[[], str]:
    return lambda: os.path.join(os.path.expanduser("~"), *names)


def _desktop() -> str:
    if sys.platform == "darwin":
        return _home("Library", "Application Support", "Claude", DESKTOP_FILE)()
    folder = config_dir(os.environ) or _home(".config")()
    if sys.platform == "win32":
        folder = os.environ.get("APPDATA", "")
        if not os.path.isabs(folder):
            folder = _home("AppData", "Roaming")()
    return os.path.join(folder, "Claude", DESKTOP_FILE)


CLIENTS = {
    "claude-code": Client(
        "Claude Code",
        _project(".mcp.json"),
        "mcpServers",
        "start Claude Code in this directory and approve the server",
    ),
    "claude-desktop": Client(
        "Claude Desktop", _desktop, "mcpServers", "restart Claude Desktop"
    ),
    "cursor": Client(
        "Cursor",
        _home(".cursor", "mcp.json"),
        "mcpServers",
        "enable the server in the MCP settings of Cursor",
    ),
    "gemini": Client(
        "Gemini CLI",
        _home(".gemini", "settings.json"),
        "mcpServers",
        "restart Gemini CLI",
    ),
    "windsurf": Client(
        "Windsurf",
        _home(".codeium", "windsurf", "mcp_config.json"),
        "mcpServers",
        "refresh the servers in the MCP settings of Windsurf",
    ),
    "vscode": Client(
        "Visual Studio Code",
        _project(".vscode", "mcp.json"),
        "servers",
        "open this directory in Visual Studio Code and start the server",
        typed=True,
    ),
}
"""By the name that `runspec connect` takes."""
