"""A far side that lists levels of autonomy and enforces none, as runspec 0.76 does.

Run by `runspec serve --host`; it appends the names of the tools that it runs to the
file that its one argument names.
"""

from __future__ import annotations

import json
import sys
from typing import Any

LEVELS = {
    "free": "autonomous",
    "asks": "confirm",
    "held": "supervised",
    "by-hand": "manual",
    "odd": "whatever",
    "none": None,
}


def main(log: str) -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and "method" in message:
            answer(message, log)


def answer(message: dict[str, Any], log: str) -> None:
    method, params = message["method"], message.get("params", {})
    result: dict[str, Any] = {}
    if method == "initialize":
        result = {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "plain", "version": "0.76.0"},
        }
    elif method == "tools/list":
        result = {"tools": [tool(name, level) for name, level in LEVELS.items()]}
    elif method == "tools/call":
        with open(log, "a") as file:
            file.write(params["name"] + "\n")
        token = params.get("_meta", {}).get("progressToken")
        about = {"progressToken": token, "progress": 1, "message": "it is 42"}
        say({"method": "notifications/progress", "params": about})
        text = f"{params['name']} ran"
        result = {"content": [{"type": "text", "text": text}], "isError": False}
    say({"id": message["id"], "result": result})


def tool(name: str, level: str | None) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"days": {"type": "integer"}}}
    found = {"name": name, "description": "Does it", "inputSchema": schema}
    return {**found, **({"x-autonomy": level} if level else {})}


def say(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
