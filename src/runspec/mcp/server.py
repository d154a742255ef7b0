"""What is served, to whoever connects: the tools, and what their calls share."""

from __future__ import annotations

import sys

from ..loop import Cancelled
from ..remote.wire import CALL_TOOL, READ_OUTPUT, SEARCH_TOOLS
from .revisions import REVISIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..approvals.store import Store
    from ..loop import Loop
    from ..remote.ssh import Target
    from ..run.starter import Starter
    from ..spec.plain import Json
    from .connection import Connection
    from .desk import Desk
    from .policy import Policy
    from .remotes import Remotes
    from .revisions import Revision
    from .served import ServedTool
    from .shapes import Object
    from .shelf import Shelf
    from .toolbox import Selection, Toolbox

MOST_CHARACTERS = "anthropic/maxResultSizeChars"
"""What Claude Code reads of `_meta` (its page on MCP, "Output limits")."""
AROUND = 4_000
"""Characters of a result beside stdout and stderr."""
FAULTS = "runspec://faults"
OUTPUTS = "runspec://output/{id}"
LISTED = 100
"""Tools that are listed; some clients stop at 128, and each costs a model tokens."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at what is installed, while somebody would be told of a
change, and at outputs whose time is over."""

INSTRUCTIONS = """\
These tools are command-line programs of this machine ({host}). A wrong call answers \
with what is wrong and a call that would do. Some tools ask a person before they run, \
or before their output is given out; where the answer names `runspec approve`, ask the \
person to run it, then repeat the call unchanged."""


class Options:
    """How to serve: `jobs` at once, `timeout` seconds for a call (0: none), `inline`
    bytes of output in a result, `policy` what the operator says about calls; of more
    than `listed` tools, those that search and call are listed.
    """

    __slots__ = ("inline", "jobs", "listed", "policy", "selection", "timeout")

    def __init__(
        self,
        selection: Selection,
        *,
        jobs: int,
        timeout: float,
        inline: int,
        policy: Policy,
        listed: int = LISTED,
    ) -> None:
        self.listed = listed
        self.selection = selection
        self.jobs = jobs
        self.timeout = timeout
        self.inline = inline
        self.policy = policy


class Server:
    """The tools, as they were last looked at, and what all connections share.

    What only calls need is made when it is first needed. Raises SpecError where it
    can't be told what to serve.
    """

    def __init__(self, loop: Loop, options: Options) -> None:
        self.loop = loop
        self.options = options
        self.connections: set[Connection] = set()
        self.supported = tuple(REVISIONS)
        self.toolbox = _opened(options.selection)
        self._starter: Starter | None = None
        self._desk: Desk | None = None
        self._shelf: Shelf | None = None
        self._approvals: Store | None = None
        self._prepared: Toolbox | None = None
        self.remotes: Remotes | None = None
        self._watch = loop.spawn(self._keep_house())

    def prepare(self) -> None:
        """Start ahead what the first call would wait for; once for each toolbox."""
        if self._prepared is self.toolbox:
            return
        self._prepared = self.toolbox
        scripts = (tool.warm_script() for tool in self.toolbox.tools.values())
        self.starter.prepare(*filter(None, scripts))

    @property
    def starter(self) -> Starter:
        """What starts the processes of calls."""
        if self._starter is None:
            from ..run.starter import Starter

            self._starter = Starter(self.loop)
        return self._starter

    @property
    def desk(self) -> Desk:
        """What carries out calls."""
        if self._desk is None:
            from .desk import Desk

            self._desk = Desk(self)
        return self._desk

    @property
    def shelf(self) -> Shelf:
        """Outputs that were too long for a result."""
        if self._shelf is None:
            from .shelf import Shelf

            self._shelf = Shelf()
        return self._shelf

    @property
    def approvals(self) -> Store:
        """What persons decided; raises RunspecError where it can't be trusted."""
        if self._approvals is None:
            from ..approvals.store import Store

            self._approvals = Store()
        return self._approvals

    @property
    def identity(self) -> Object:
        """`serverInfo`."""
        return {"name": self.toolbox.name, "version": self.toolbox.version}

    @property
    def instructions(self) -> str:
        """What a model should know of all tools."""
        from ..run.machine import names

        return INSTRUCTIONS.format(host=names()[0])

    async def connect(self, targets: Iterable[Target]) -> None:
        """Have the tools of these hosts, too (JMP-14)."""
        from .remotes import Remotes

        self.remotes = Remotes(self, targets)
        await self.remotes.opened()

    def has(self, tool: str) -> bool:
        """Whether a call of that name gets more than "unknown tool"."""
        if self.find(tool) is not None or tool in (READ_OUTPUT, SEARCH_TOOLS):
            return True
        return self.remotes is not None and self.remotes.has(tool)

    def selects(self, *names: str) -> bool:
        """Whether what has these names is to be served (SRV-06)."""
        from fnmatch import fnmatchcase

        def matches(patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(n, pattern) for n in names for pattern in patterns)

        chosen = self.options.selection
        wanted = not chosen.include or matches(chosen.include)
        return wanted and not matches(chosen.exclude)

    def is_elsewhere(self, uri: Json) -> bool:
        """Whether a resource is another host's."""
        return (
            self.remotes is not None
            and isinstance(uri, str)
            and self.remotes.holds(uri)
        )

    def find(self, name: str) -> ServedTool | None:
        """The tool that a call of `name` means, listed or not."""
        return self.toolbox.tools.get(name) or self.toolbox.hidden.get(name)

    def of_runnable(self, name: str) -> list[ServedTool]:
        """The tools of one runnable, those that only a person runs included."""
        box = self.toolbox
        both = (*box.tools.values(), *box.hidden.values())
        return [tool for tool in both if tool.runnable_name == name]

    def runnables(self) -> list[str]:
        """The names of all runnables that have tools."""
        box = self.toolbox
        both = (*box.tools.values(), *box.hidden.values())
        return list(dict.fromkeys(tool.runnable_name for tool in both))

    def described(self, name: str) -> Object | None:
        """The spec of a runnable (JMP-09); None where there is none."""
        from .typed import described, prepare

        tools = self.of_runnable(name)
        if not tools:
            return None
        self.loop.soon(lambda: prepare(tools[0]))
        return described(tools[0])

    def resolve_call(self, tool: str, arguments: Object) -> tuple[Json, Json]:
        """The tool and arguments that a call is of, where it names them (SRV-42)."""
        if tool != CALL_TOOL or self.find(tool) is not None:
            return tool, arguments
        return arguments.get("name"), arguments.get("arguments")

    def listing(self, revision: Revision, *, whole: bool) -> dict[str, Object]:
        """The tools by name, as `tools/list` has them; very many only as a `whole`."""
        found = self.every_tool(revision)
        if not found:
            return found
        if len(found) > self.options.listed and not whole:
            from .tool_search import definitions

            return definitions(revision, len(found)) | self._own_tools(revision)
        return _with_limit(found, self.options.inline) | self._own_tools(revision)

    def every_tool(self, revision: Revision) -> dict[str, Object]:
        """The tools of programs by name, of this machine and of others."""
        self.look_again()
        found = {
            name: each.listed(revision) for name, each in self.toolbox.tools.items()
        }
        if self.remotes is not None:
            found = self.remotes.listing(revision) | found
        return found

    def _own_tools(self, revision: Revision) -> dict[str, Object]:
        """Behind the tools of the machine: what reads their long outputs."""
        from .output_reader import definition

        if self.find(READ_OUTPUT) is not None:
            return {}
        return {READ_OUTPUT: definition(revision, self.options.inline)}

    def resources(self) -> list[Object]:
        """What can be read: what is wrong with specs, where there is something."""
        if not self.toolbox.faults:
            return []
        description = "What is wrong with declarations that are left out"
        return [
            {
                "uri": FAULTS,
                "name": "faults",
                "description": description,
                "mimeType": "text/plain",
            }
        ]

    def templates(self) -> list[Object]:
        """The whole of an output that was too long for a result."""
        description = "An output that was too long for its result, for ten minutes"
        return [{"uriTemplate": OUTPUTS, "name": "output", "description": description}]

    def contents(self, uri: str) -> Object | None:
        """One resource; None where there is none, or no longer."""
        if uri == FAULTS:
            text = _text(self.toolbox)
            return {"uri": uri, "mimeType": "text/plain", "text": text}
        return self._shelf.read(uri) if self._shelf is not None else None

    def look_again(self) -> None:
        """Take notice of packages that came, went or changed, and tell the clients."""
        if not self.toolbox.stale():
            return
        before, self.toolbox = self.toolbox, _opened(self.options.selection)
        if self.toolbox.fingerprint != before.fingerprint:
            for connection in tuple(self.connections):
                connection.changed()

    async def close(self) -> None:
        """End every connection, call and process."""
        self._watch.cancel()
        for connection in tuple(self.connections):
            await connection.close()
        if self.remotes is not None:
            await self.remotes.close()
        if self._starter is not None:
            await self._starter.close()
        if self._shelf is not None:
            self._shelf.close()

    async def _keep_house(self) -> None:
        try:
            while True:
                await self.loop.sleep(LOOK_AGAIN)
                if any(each.listens for each in self.connections):
                    self.look_again()
                if self._shelf is not None:
                    self._shelf.expire()
        except Cancelled:
            return


def _with_limit(tools: dict[str, Object], inline: int) -> dict[str, Object]:
    """Tools with the characters that a result may have, for clients that cut."""
    most = inline + inline // 4 + AROUND
    found: dict[str, Object] = {}
    for name, item in tools.items():
        meta = item.get("_meta")
        if isinstance(meta, dict):
            item = {**item, "_meta": {**meta, MOST_CHARACTERS: most}}
        found[name] = item
    return found


def _opened(selection: Selection) -> Toolbox:
    """What there is to serve; what is wrong with it is said."""
    from .toolbox import open_toolbox

    toolbox = open_toolbox(selection)
    if toolbox.faults:
        print(_text(toolbox), file=sys.stderr, flush=True)
    return toolbox


def _text(toolbox: Toolbox) -> str:
    from ..render.fault import render_faults
    from ..render.text import Style

    if not toolbox.faults:
        return "Nothing is wrong."
    return render_faults(toolbox.faults, style=Style())
