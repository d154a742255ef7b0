"""Vectors about calls: a real `runspec serve`, its client, and a person beside it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pexpect

from corpus_command import TIMEOUT, command_line
from corpus_room import Room, Vector
from corpus_world import World

READING = 1.7
"""Seconds; whoever answers sooner hasn't read the question."""
REVISION = "2025-11-25"


class Session:
    """A client that has shaken hands, by way of pipes.

    `asked` are the server's questions to a person, answered as `answer` says.
    """

    def __init__(self, process: subprocess.Popen[str], elicits: bool) -> None:
        self.process = process
        self.asked: list[str] = []
        self.answer = "cancel"
        self.instant = False
        self._count = 0
        capabilities = {"elicitation": {}} if elicits else {}
        client = {"name": "corpus", "version": "1"}
        self.request(
            "initialize",
            protocolVersion=REVISION,
            capabilities=capabilities,
            clientInfo=client,
        )
        self._say({"method": "notifications/initialized"})

    def request(self, method: str, **params: object) -> Vector:
        """The response to a request; questions that come before it are answered."""
        self._count += 1
        self._say({"id": self._count, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("method") == "elicitation/create":
                self._answer(message)
            elif message.get("id") == self._count and "method" not in message:
                return message

    def call(self, step: Vector) -> Vector:
        """The response to the call of a tool."""
        self.asked.clear()
        self.answer = step.get("answer", "cancel")
        self.instant = step.get("instant", False)
        arguments = step["arguments"]
        return self.request("tools/call", name=step["call"], arguments=arguments)

    def _answer(self, question: Vector) -> None:
        message = question["params"]["message"]
        self.asked.append(message)
        result: Vector = {"action": self.answer}
        if not self.instant and self.answer != "cancel":
            self._read()
        if self.answer == "accept":
            found = re.search(r"type the code (\w+)", message)
            code = {"code": found[1]} if found and not self.instant else {}
            result["content"] = code
        self._say({"id": question["id"], "result": result})

    def _read(self) -> None:
        """As long as a person takes at least."""
        until = monotonic() + READING
        while monotonic() < until:
            self._say({"id": 0, "method": "ping"})
            assert self._next()["id"] == 0

    def _say(self, message: Vector) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def _next(self) -> Vector:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the server is gone"
        message: Vector = json.loads(line)
        return message


def run_session(vector: Vector, room: Room) -> None:
    act, expect = vector["session"], room.expand(vector["expect"])
    ids: list[str] = []
    with opened(room, act) as session:
        for step, wanted in zip(act["steps"], expect["steps"], strict=True):
            if "approve" in step:
                decided(room, act, ids[-1], step["approve"], wanted)
            elif "type" in step:
                typed(room, act, step["type"], wanted)
            else:
                for each in repeated(room.expand(step)):
                    result = session.call(each)
                ids += compared(session, result, wanted)
    for name, lines in expect.get("files", {}).items():
        text = "".join(line + "\n" for line in lines)
        assert (room.path / name).read_text("utf-8") == text


@contextmanager
def opened(room: Room, act: Vector) -> Iterator[Session]:
    """The server, which is gone afterwards, with whatever it was asked to begin."""
    World(room, act).lay_out(act)
    options = ["serve", "--path", str(room.path), *act.get("options", ())]
    process = subprocess.Popen(
        command_line(room, act, options),
        env=environment(room, act),
        cwd=room.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    with process:
        try:
            yield Session(process, act.get("elicits", False))
            assert process.stdin
            process.stdin.close()
            process.wait(TIMEOUT)
        finally:
            process.kill()


def environment(room: Room, act: Vector) -> dict[str, str]:
    found = World(room, act).environment()
    return {**found, "PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb"}


def repeated(step: Vector) -> Iterator[Vector]:
    """The step, or one for each of so many numbers as the argument that counts."""
    arguments = step.get("arguments", {})
    if "count" not in step:
        yield {**step, "arguments": arguments}
        return
    name, times = step["count"]
    for number in range(1, times + 1):
        yield {**step, "arguments": {**arguments, name: number}}


def compared(session: Session, message: Vector, wanted: Vector) -> list[str]:
    """Hold a response against what is wanted; the ids of what waits for a person."""
    if "rejected" in wanted:
        assert message["error"]["code"] == wanted["rejected"], message
        return []
    result: Any = message["result"]
    text = "\n".join(each.get("text", "") for each in result["content"])
    assert result.get("isError", False) is wanted.get("is_error", False), text
    for words in wanted.get("contains", ()):
        assert words in text, text
    for words in wanted.get("lacks", ()):
        assert words not in text, text
    assert len(session.asked) == wanted.get("asked", 0), session.asked
    for words in wanted.get("question", ()):
        assert words in session.asked[0]
    return re.findall(r"runspec approve (\w+)", text)


def typed(room: Room, act: Vector, tokens: list[str], wanted: Vector) -> None:
    """A command of another shell meanwhile, which has to succeed."""
    done = subprocess.run(
        command_line(room, act, tokens),
        env=environment(room, act),
        cwd=room.path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done
    for words in wanted["contains"]:
        assert words in done.stdout, done


def decided(room: Room, act: Vector, name: str, answer: str, wanted: Vector) -> None:
    """A person at a terminal reads the planned call and says yes or no."""
    command, *argv = command_line(room, act, ["approve", name])
    variables = environment(room, act)
    child = pexpect.spawn(
        command, argv, env=variables, encoding="utf-8", timeout=TIMEOUT, cwd=room.path
    )
    try:
        child.expect("yes or no")
        shown = child.before or ""
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.wait()
    finally:
        child.close(force=True)
    assert child.exitstatus == wanted.get("exit", 0), child.before
    for words in wanted.get("contains", ()):
        assert words in shown
