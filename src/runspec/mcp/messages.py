"""JSON-RPC 2.0 messages: bytes to what they are, and back."""

from __future__ import annotations

from ..remote.codec import decoded, encoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json
    from .shapes import Object, RequestId

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

BOM = b"\xef\xbb\xbf"
"""A byte order mark, which a reader may pass over (RFC 8259, section 8.1)."""
LARGEST_ID = 2**63
"""Ids beyond it lose digits in clients that read numbers as doubles or 64 bits."""


class Malformed(Exception):  # noqa: N818  the error is the message
    """What came is no message; `code` is JSON-RPC's (section 5.1)."""

    def __init__(
        self,
        code: int,
        message: str,
        request_id: RequestId | None = None,
        data: Json = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id
        self.data = data


class Request:
    """A call that wants a response."""

    __slots__ = ("id", "method", "params")

    def __init__(self, request_id: RequestId, method: str, params: Object) -> None:
        self.id = request_id
        self.method = method
        self.params = params


class Notification:
    """A message that wants none."""

    __slots__ = ("method", "params")

    def __init__(self, method: str, params: Object) -> None:
        self.method = method
        self.params = params


class Response:
    """The client's answer to a request of ours; `result` None for an error."""

    __slots__ = ("id", "result")

    def __init__(self, request_id: RequestId, result: Object | None) -> None:
        self.id = request_id
        self.result = result


def decode(data: bytes) -> Json:
    """One JSON text; raises Malformed (RFC 8259: UTF-8, no NaN, bounded nesting)."""
    try:
        return decoded(data.removeprefix(BOM).decode())
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise Malformed(PARSE_ERROR, message) from None
    except RecursionError:
        raise Malformed(PARSE_ERROR, "nested too deep") from None
    except ValueError as error:
        raise Malformed(PARSE_ERROR, f"not JSON: {error}") from None


def encode(message: Object) -> str:
    """One line of ASCII, so that no text in it can break the line or the encoding."""
    return encoded(message)


def read(message: Json) -> Request | Notification | Response:
    """What a decoded message is; raises Malformed."""
    if not isinstance(message, dict):
        raise Malformed(INVALID_REQUEST, "a message is a JSON object")
    request_id = _id(message)
    if message.get("jsonrpc") != "2.0":
        raise Malformed(INVALID_REQUEST, '"jsonrpc" must be "2.0"', request_id)
    if "method" not in message:
        return _response(message, request_id)
    method = message["method"]
    if not isinstance(method, str):
        raise Malformed(INVALID_REQUEST, '"method" must be a string', request_id)
    params = message.get("params", {})
    if "id" not in message:
        return Notification(method, params if isinstance(params, dict) else {})
    if request_id is None:
        raise Malformed(INVALID_REQUEST, '"id" must be a string or an integer')
    if not isinstance(params, dict):
        raise Malformed(INVALID_PARAMS, '"params" must be an object', request_id)
    return Request(request_id, method, params)


def _id(message: Object) -> RequestId | None:
    found = message.get("id")
    if isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool):
        return found if abs(found) < LARGEST_ID else None
    return None


def _response(message: Object, request_id: RequestId | None) -> Response:
    if request_id is None or not ("result" in message or "error" in message):
        raise Malformed(INVALID_REQUEST, '"method" is missing', request_id)
    result = message.get("result")
    return Response(request_id, result if isinstance(result, dict) else None)


def error(
    request_id: RequestId | None, code: int, message: str, data: Json = None
) -> Object:
    """An error response; its id is null where the request's can't be told."""
    body: Object = {"code": code, "message": message}
    if data is not None:
        body["data"] = data
    return {"jsonrpc": "2.0", "id": request_id, "error": body}


def result(request_id: RequestId, body: Object) -> Object:
    return {"jsonrpc": "2.0", "id": request_id, "result": body}


def request(request_id: RequestId, method: str, params: Object) -> Object:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def notification(method: str, params: Object | None = None) -> Object:
    body: Object = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        body["params"] = params
    return body
