"""Codex and Claude Code, and a model on loopback that plays tool calls for them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from rigs.desk import READING

Message = dict[str, Any]
Call = tuple[str, Message]
"""The name of a tool of the server `tools`, and its arguments."""
OUTPUT = re.compile(r"runspec://output/\w+")
PATIENCE = 300.0
"""Seconds until an agent counts as hanging."""


class Model:
    """Says one call of `play` after the other, then "done"; keeps what it was asked.

    An argument `{uri}` becomes the address of the last long output that it was shown.
    """

    def __init__(self, port: int, play: Sequence[Call]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.play = play
        self.results: list[str] = []
        """The texts of the result of each call, as the last request has them."""

    def event_stream(self, path: str, body: Message) -> bytes:
        """The answer to a request of either interface."""
        events: list[Message] = []
        if path.startswith("/v1/responses"):
            events = self._response(body)
        elif path.startswith("/v1/messages") and body.get("stream"):
            events = self._message(body)
        lines = (f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
        return "".join(lines).encode()

    def _next(self, results: list[Any]) -> tuple[str, str] | None:
        """The tool to call now, with its arguments in JSON."""
        self.results = [text_of(each) for each in results]
        if len(results) >= len(self.play):
            return None
        name, arguments = self.play[len(results)]
        found = OUTPUT.findall("\n".join(self.results))
        text = json.dumps(arguments)
        return name, text.replace("{uri}", found[-1]) if found else text

    def _response(self, body: Message) -> list[Message]:
        """As the Responses API of OpenAI."""
        kind = "function_call_output"
        found = [each["output"] for each in body["input"] if each.get("type") == kind]
        call, name = self._next(found), f"r{len(found)}"
        item: Message = {"type": "message", "role": "assistant", "id": name}
        item["content"] = [{"type": "output_text", "text": "done"}]
        if call is not None:
            item = {"type": "function_call", "id": name, "call_id": f"call-{name}"}
            item |= {"namespace": "mcp__tools", "name": call[0], "arguments": call[1]}
        usage = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 1)
        return [
            {"type": "response.created", "response": {"id": name}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": name, "usage": usage}},
        ]

    def _message(self, body: Message) -> list[Message]:
        """As the Messages API of Anthropic; only the agent itself offers tools."""
        contents = (each["content"] for each in body["messages"])
        blocks = [b for each in contents if isinstance(each, list) for b in each]
        found = [b["content"] for b in blocks if b["type"] == "tool_result"]
        call = self._next(found) if body.get("tools") else None
        block: Message = {"type": "text", "text": ""}
        delta: Message = {"type": "text_delta", "text": "done"}
        if call is not None:
            name = f"mcp__tools__{call[0]}"
            block = {"type": "tool_use", "id": f"t{len(found)}", "name": name}
            block["input"] = {}
            delta = {"type": "input_json_delta", "partial_json": call[1]}
        usage = {"input_tokens": 1, "output_tokens": 1}
        start: Message = {"id": f"m{len(found)}", "type": "message", "content": []}
        start |= {"role": "assistant", "model": body["model"], "usage": usage}
        reason = {"stop_reason": "tool_use" if call else "end_turn"}
        return [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": reason, "usage": usage},
            {"type": "message_stop"},
        ]


@contextmanager
def model(*play: Call) -> Iterator[Model]:
    """A model that plays these calls, until the end of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send("application/json", b'{"data": [], "models": []}')

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            self._send("text/event-stream", played.event_stream(self.path, body))

        def _send(self, kind: str, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played = Model(server.server_address[1], play)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield played
        finally:
            server.shutdown()
            thread.join()


def text_of(content: Any) -> str:
    """The text of a tool's result, as a model gets it."""
    if isinstance(content, str):
        return content
    return "\n".join(each.get("text", "") for each in content)


class Desk:
    """Where an agent works: its own HOME and folder, and the server of its tools."""

    def __init__(self, rig: Path, home: Path, folder: Path, server: list[str]) -> None:
        self.rig = rig
        self.home = home
        self.folder = folder
        self.server = server

    def environ(self, **variables: str) -> dict[str, str]:
        """Nothing of the caller's; no network but loopback."""
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        own = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        return {**own, **nowhere, "NO_PROXY": "127.0.0.1", **variables}

    def ask_claude(self, played: Model, *options: str, hooks: Message | None) -> None:
        """`claude -p`, until it is done."""
        servers = {"tools": {"command": self.server[0], "args": self.server[1:]}}
        config = json.dumps({"mcpServers": servers})
        settings = json.dumps({"hooks": hooks or {}})
        program = self._program("@anthropic-ai/claude-code-linux-*/claude")
        variables = {
            "ANTHROPIC_API_KEY": "sk-ant-fake",
            "ANTHROPIC_BASE_URL": played.url,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
        argv = [program, "-p", "go", "--mcp-config", config, "--strict-mcp-config"]
        self._run([*argv, "--settings", settings, *options], variables)

    def ask_codex(self, played: Model, sandbox: str, approvals: str) -> None:
        """`codex exec`, until it is done."""
        argv = [*self._codex(played, sandbox, approvals), "exec"]
        self._run([*argv, "--skip-git-repo-check", "go"], {"FAKE_KEY": "x"})

    def show_codex(
        self,
        played: Model,
        sandbox: str,
        approvals: str,
        answer: Callable[[str], Message],
    ) -> list[str]:
        """Codex behind a screen that puts its questions; those, once it is done.

        `answer` gives the content of a form for the text of its question.
        """
        argv = [*self._codex(played, sandbox, approvals), "app-server"]
        with subprocess.Popen(
            argv,
            cwd=self.folder,
            env=self.environ(FAKE_KEY="x"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        ) as process:
            try:
                return Screen(process, answer).take_turn(str(self.folder))
            finally:
                process.kill()

    def _codex(self, played: Model, sandbox: str, approvals: str) -> list[str]:
        provider: Message = {"name": "mock", "base_url": f"{played.url}/v1"}
        provider |= {"wire_api": "responses", "env_key": "FAKE_KEY"}
        values = {
            "model": "mock",
            "model_provider": "mock",
            "model_providers.mock": provider,
            "mcp_servers.tools.command": self.server[0],
            "mcp_servers.tools.args": self.server[1:],
            "analytics.enabled": False,
            "sandbox_mode": sandbox,
            "approval_policy": approvals,
        }
        program = self._program("@openai/codex-linux-*/vendor/*/bin/codex")
        pairs = (f"{key}={toml(value)}" for key, value in values.items())
        return [program, *(word for pair in pairs for word in ("-c", pair))]

    def _program(self, pattern: str) -> str:
        (found,) = (self.rig / "node_modules").glob(pattern)
        return str(found)

    def _run(self, argv: list[str], variables: dict[str, str]) -> None:
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.environ(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr


class Screen:
    """What shows a Codex to a person: its other side of the app server's protocol."""

    def __init__(
        self, process: subprocess.Popen[str], answer: Callable[[str], Message]
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        self._answer = answer
        self._count = 0
        self.questions: list[str] = []

    def take_turn(self, folder: str) -> list[str]:
        """Say one thing, and wait until everything is done; what was asked."""
        client = {"name": "test", "version": "1"}
        self._request("initialize", clientInfo=client, capabilities={})
        self._say({"method": "initialized"})
        thread = self._request("thread/start", cwd=folder)["thread"]["id"]
        said = [{"type": "text", "text": "go"}]
        self._request("turn/start", threadId=thread, input=said)
        while self._next().get("method") != "turn/completed":
            pass
        return self.questions

    def _request(self, method: str, **params: object) -> Message:
        self._count += 1
        self._say({"id": self._count, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._count and "method" not in message:
                found: Message = message["result"]
                return found

    def _next(self) -> Message:
        """The next message; a question is answered."""
        line = self._from.readline()
        assert line, "Codex has ended"
        message: Message = json.loads(line)
        if "method" in message and "id" in message:
            assert message["method"] == "mcpServer/elicitation/request", message
            text = message["params"]["message"]
            self.questions.append(text)
            result = {"action": "accept", "content": self._answer(text)}
            self._say({"id": message["id"], "result": result})
        return message

    def _say(self, message: Message) -> None:
        print(json.dumps(message), file=self._to, flush=True)


def type_code(question: str) -> Message:
    """What a person answers who has read the question."""
    found = re.search(r"type the code (\w+)", question)
    if found is None:
        return {}
    sleep(READING)
    return {"code": found[1]}


def toml(value: object) -> str:
    """A value as `codex -c` takes it."""
    if isinstance(value, dict):
        pairs = (f"{key} = {toml(each)}" for key, each in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)
