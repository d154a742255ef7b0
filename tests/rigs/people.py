"""A person at a terminal of their own, who decides what an agent asked for."""

from __future__ import annotations

import re

import pexpect

from environments import Environment
from rigs.desk import text
from rigs.servers import Message


def ticket(result: Message) -> str:
    """The id of what the result names for a person."""
    found = re.search(r"runspec approve (\w+)", text(result))
    assert found, text(result)
    return found[1]


def approve(environment: Environment, ticket_id: str, answer: str = "yes") -> str:
    """Answer at a terminal, as a person does; what the terminal showed."""
    terminal = pexpect.spawn(
        str(environment.bin / "runspec"),
        ["approve", ticket_id],
        env=environment.environ(),
        encoding="utf-8",
        timeout=300,
    )
    terminal.expect("yes or no")
    shown = str(terminal.before)
    terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    return shown
