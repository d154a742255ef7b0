"""What the protocol wants done, one step at a time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .shapes import Object, Reply, RequestId, ToolCall

    Step: TypeAlias = "Send | Begin | Stop | Answer | Feed | Signal"


class Send:
    """A message to the client; `about` is the id of its request, if it is of one."""

    __slots__ = ("about", "message")

    def __init__(self, message: Object, about: RequestId | None = None) -> None:
        self.message = message
        self.about = about


class Begin:
    """A tool is called."""

    __slots__ = ("call",)

    def __init__(self, call: ToolCall) -> None:
        self.call = call


class Stop:
    """A call is no longer wanted; it gets no response."""

    __slots__ = ("id",)

    def __init__(self, request_id: RequestId) -> None:
        self.id = request_id


class Answer:
    """What came back for a question of ours."""

    __slots__ = ("id", "reply")

    def __init__(self, question_id: RequestId, reply: Reply) -> None:
        self.id = question_id
        self.reply = reply


class Feed:
    """What a call's program is to read; `end`: and nothing after it."""

    __slots__ = ("data", "end", "id")

    def __init__(self, request_id: RequestId, data: bytes, *, end: bool) -> None:
        self.id = request_id
        self.data = data
        self.end = end


class Signal:
    """A signal for a call's program, by its number."""

    __slots__ = ("id", "number")

    def __init__(self, request_id: RequestId, number: int) -> None:
        self.id = request_id
        self.number = number
