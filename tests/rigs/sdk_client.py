"""The SDK's client, told on standard input what to do; runs in the SDK's environment.

It reads one JSON object: `server` ({"command", "args", "env", "cwd"} or {"url"}),
`mode` ("legacy", "auto" or a revision), `asks` (whether there is somebody to ask) and
`steps` by name, each an object: `take` is ["tools"], ["call", name, arguments],
["resources"] or ["read", uri]; `answer` ("accept", "decline" or "cancel") is what the
person says to a question, after so many seconds (`thinks`). It writes `revision`,
`server`, `capabilities`, and of each step in `met` its `result` or `error`, the
messages of its questions (`asked`) and its `progress`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

from mcp import Client, MCPError, StdioServerParameters
from mcp_types import ElicitResult

Plan = dict[str, Any]


class Person:
    """Answers as the present step says, and keeps what was met with in it."""

    def __init__(self) -> None:
        self.step: Plan = {}
        self.met: Plan = {}

    def begin(self, step: Plan) -> Plan:
        self.step, self.met = step, {"asked": [], "progress": []}
        return self.met

    async def answer(self, _: object, params: Any) -> ElicitResult:
        self.met["asked"].append(params.message)
        await asyncio.sleep(self.step.get("thinks", 0))
        action = self.step["answer"]
        found = re.search(r"type the code (\w+)", params.message)
        content = {"code": found[1]} if found and action == "accept" else None
        return ElicitResult(action=action, content=content)

    async def follow(
        self, progress: float, total: float | None, message: str | None
    ) -> None:
        self.met["progress"].append([progress, total, message])


async def follow(plan: Plan) -> Plan:
    where, person = plan["server"], Person()
    async with Client(
        where["url"] if "url" in where else StdioServerParameters(**where),
        mode=plan["mode"],
        elicitation_callback=person.answer if plan["asks"] else None,
        read_timeout_seconds=30,
    ) as client:
        found: Plan = {"revision": client.protocol_version, "met": {}}
        found["server"] = dump(client.server_info)
        found["capabilities"] = dump(client.server_capabilities)
        for name, step in plan["steps"].items():
            found["met"][name] = met = person.begin(step)
            try:
                met["result"] = dump(await take(client, step["take"], person))
            except MCPError as error:
                met["error"] = dump(error.error)
    return found


async def take(client: Client, step: list[Any], person: Person) -> Any:
    kind, *rest = step
    if kind == "tools":
        return await client.list_tools()
    if kind == "resources":
        return await client.list_resources()
    if kind == "read":
        return await client.read_resource(*rest)
    return await client.call_tool(*rest, progress_callback=person.follow)


def dump(model: Any) -> Plan:
    if model is None:
        return {}
    found: Plan = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(follow(json.load(sys.stdin)))))
