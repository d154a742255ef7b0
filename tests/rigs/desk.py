"""Tools made on the spot, and clients of both eras that call them over pipes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import monotonic

from environments import Environment, write
from rigs.servers import META, Message, Pipes, request

VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = "2026-07-28"
ASKS = {"elicitation": {}}
READING = 1.7
"""Seconds; whoever answers sooner hasn't read the question."""


def tools(folder: Path, spec: str, **programs: str) -> Path:
    """A folder with a spec and bash programs, by runnable (`_` stands for `-`)."""
    files = {
        f"{name.replace('_', '-')}.sh": "#!/bin/bash\n" + text
        for name, text in programs.items()
    }
    return write(folder, {"runspec.toml": spec, **files})


READ_OUTPUT = "runspec_read_output"


class Client(Pipes):
    """A client that calls tools; `revision` is a stateless one or has a handshake."""

    def __init__(
        self,
        environment: Environment,
        folder: Path,
        *options: str,
        revision: str = "2025-11-25",
        capabilities: Message | None = None,
        **variables: str,
    ) -> None:
        own = ("--path", str(folder)) if (folder / "runspec.toml").exists() else ()
        super().__init__(environment, *own, *options, cwd=folder, **variables)
        self.revision = revision
        self.capabilities = capabilities or {}
        self.count = 0
        if revision != STATELESS:
            self.greeting = self.shake_hands(revision, **self.capabilities)

    def ask(self, method: str, **params: object) -> int:
        """Send a request; its id."""
        self.count += 1
        if self.revision == STATELESS:
            capabilities = "io.modelcontextprotocol/clientCapabilities"
            params["_meta"] = META | {capabilities: self.capabilities}
        self.say(request(method, self.count, **params))
        return self.count

    def get(self, method: str, **params: object) -> Message:
        """The response to a request, result or error; notifications are passed over."""
        return self.response(self.ask(method, **params))

    def response(self, request_id: int) -> Message:
        while True:
            message = self.next()
            if message.get("id") == request_id and "method" not in message:
                return message

    def begin(self, tool: str, **arguments: object) -> int:
        return self.ask("tools/call", name=tool, arguments=arguments)

    def call(self, tool: str, **arguments: object) -> Message:
        """The result of a call."""
        response = self.response(self.begin(tool, **arguments))
        result: Message = response["result"]
        return result

    def question(self) -> Message:
        """The next request of the server's."""
        while "method" not in (message := self.next()) or "id" not in message:
            pass
        return message

    def answer(
        self, question: Message, action: str, content: Message | None = None
    ) -> None:
        """Answer a question at once, as a program does; a person takes longer."""
        result: Message = {"action": action}
        if action == "accept":
            result["content"] = content if content is not None else typed(question)
        self.say({"jsonrpc": "2.0", "id": question["id"], "result": result})

    def read_slowly(self) -> None:
        """As long as a person reads at least; the server goes on answering."""
        until = monotonic() + READING
        while monotonic() < until:
            self.get("tools/list")

    def person_answers(self, question: Message, action: str) -> None:
        """Read the question, then type its code, or decline."""
        self.read_slowly()
        self.answer(question, action)

    def names(self) -> list[str]:
        """Of the programs; the tool that reads their long outputs isn't one."""
        tools = self.get("tools/list")["result"]["tools"]
        return [tool["name"] for tool in tools if tool["name"] != READ_OUTPUT]


def typed(question: Message) -> Message:
    """The form of a question, filled in by somebody who has read it."""
    found = re.search(r"type the code (\w+)", question["params"]["message"])
    assert found, question
    assert found[1] not in json.dumps(question["params"]["requestedSchema"])
    return {"code": found[1]}


def text(result: Message) -> str:
    """Its text blocks."""
    found = (each["text"] for each in result["content"] if each["type"] == "text")
    return "\n".join(found)


def said(result: Message) -> Message:
    """The JSON of its one text block."""
    value: Message = json.loads(text(result))
    return value
