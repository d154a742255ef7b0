"""What the parts of the server hand to each other."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from ..spec.plain import Json
    from .progress import Beat
    from .revisions import Revision
    from .typed import Typed

    RequestId: TypeAlias = str | int
    Object: TypeAlias = dict[str, Json]


class _Absent:
    __slots__ = ()


ABSENT = _Absent()
"""No structured content; None is JSON's null."""


class ToolCall:
    """A `tools/call` request: what is called, and what the client can do.

    `elicits`: it can put a question to a person. `client` is the name it gives itself.
    `answers` and `state` are the `inputResponses` and `requestState` of a repeated
    request (2026-07-28). `typed` is what a person typed instead of `arguments`, and
    `name` a runnable then. `beat` tells a client what
    the call does, where it wants progress.
    """

    __slots__ = (
        "answers",
        "arguments",
        "beat",
        "client",
        "elicits",
        "id",
        "name",
        "progress_token",
        "revision",
        "state",
        "typed",
    )

    def __init__(
        self, call_id: RequestId, name: str, arguments: Object, revision: Revision
    ) -> None:
        self.id = call_id
        self.name = name
        self.arguments = arguments
        self.revision = revision
        self.progress_token: RequestId | None = None
        self.elicits = False
        self.client = ""
        self.answers: Object | None = None
        self.state: str | None = None
        self.typed: Typed | None = None
        self.beat: Beat | None = None


class Progress:
    """How far a call is; `total` None where that isn't known."""

    __slots__ = ("message", "progress", "total")

    def __init__(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        self.progress = progress
        self.total = total
        self.message = message


class Question:
    """What is put to a person, and the form for the answer.

    `state` comes back with the answer (2026-07-28).
    """

    __slots__ = ("form", "message", "state")

    def __init__(self, message: str, state: str, form: Object) -> None:
        self.message = message
        self.state = state
        self.form = form


class Reply:
    """An answer to a question: "accept", "decline" or "cancel", and what was typed."""

    __slots__ = ("action", "content")

    def __init__(self, action: Json, content: Json = None) -> None:
        self.action = str(action) if action in ("accept", "decline") else "cancel"
        self.content: Object = content if isinstance(content, dict) else {}

    @property
    def code(self) -> str:
        found = self.content.get("code")
        return found if isinstance(found, str) else ""


class ToolResult:
    """What a call came to.

    `content` are content blocks of the newest revision; `structured` is a JSON value
    or ABSENT; `meta` goes to `_meta`. The protocol leaves out what a revision hasn't.
    """

    __slots__ = ("content", "is_error", "meta", "structured")

    def __init__(
        self,
        content: list[Object],
        *,
        is_error: bool = False,
        structured: object = ABSENT,
        meta: Object | None = None,
    ) -> None:
        self.content = content
        self.is_error = is_error
        self.structured = structured
        self.meta = meta or {}


def text_result(text: str, *, is_error: bool = False) -> ToolResult:
    """A result of one text block."""
    return ToolResult([{"type": "text", "text": text}], is_error=is_error)


class Ended:
    """How a streamed call ended: the result as it is sent."""

    __slots__ = ("body",)

    def __init__(self, body: Object) -> None:
        self.body = body
