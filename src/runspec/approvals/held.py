"""Withheld output as a file: a mark, a line of JSON, then the bytes.

file   = mark LF header LF stdout stderr
header = {"id", "status", "stdout": length}
"""

from __future__ import annotations

from ..render.plan import Output
from .ticket import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.key import Key
    from ..spec.plain import Json

PURPOSE = "held"


def packed(key: Key, ticket_id: str, output: Output) -> bytes:
    """The content of the file of one ticket."""
    about: Json = {
        "id": ticket_id,
        "status": output.status,
        "stdout": len(output.stdout),
    }
    body = canonical(about) + b"\n" + output.stdout + output.stderr
    return key.mark(PURPOSE, body).encode() + b"\n" + body


def unpacked(key: Key, ticket_id: str, content: bytes) -> Output | None:
    """What `packed` was given; None where it isn't of this ticket or was changed."""
    mark, _, body = content.partition(b"\n")
    if not key.holds(PURPOSE, body, mark.decode("ascii", "replace")):
        return None
    import json

    header, _, written = body.partition(b"\n")
    about = json.loads(header)
    if about["id"] != ticket_id:
        return None
    length = about["stdout"]
    return Output(written[:length], written[length:], about["status"])
