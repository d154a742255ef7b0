"""What a request's headers must say (2026-07-28, Streamable HTTP, request metadata)."""

from __future__ import annotations

from .. import messages
from ..protocol import VERSION
from ..revisions import STATELESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from ...spec.plain import Json
    from ..shapes import Object

VERSION_HEADER = "mcp-protocol-version"
METHOD_HEADER = "mcp-method"
NAME_HEADER = "mcp-name"

_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The parameter that Mcp-Name repeats."""
_BASE64 = ("=?base64?", "?=")


def is_stateless(message: Json, headers: Headers) -> bool:
    """Whether a body or its headers are of the stateless era."""
    return _version(message) is not None or any(
        each in STATELESS for each in headers.getlist(VERSION_HEADER)
    )


def check_headers(request: messages.Request, headers: Headers) -> None:
    """Raises Malformed (HeaderMismatch) where headers and body don't agree.

    A version that isn't served has rules of its own, so that its refusal comes first;
    so does that of a body without a version.
    """
    version = _meta(request.params).get(VERSION)
    if not isinstance(version, str):
        return
    _check(request, headers, VERSION_HEADER, version)
    if version not in STATELESS:
        return
    _check(request, headers, METHOD_HEADER, request.method)
    named_by = _NAMED_BY.get(request.method)
    if named_by is not None:
        _check_name(request, headers, request.params.get(named_by))


def _check_name(request: messages.Request, headers: Headers, name: Json) -> None:
    """Mcp-Name is there when, and only when, the body has a name that it can repeat."""
    if isinstance(name, str):
        _check(request, headers, NAME_HEADER, name)
    elif NAME_HEADER in headers:
        raise _mismatch(request, NAME_HEADER, "names what the body doesn't")


def _check(
    request: messages.Request, headers: Headers, header: str, expected: str
) -> None:
    given = headers.getlist(header)
    if len(given) != 1:
        raise _mismatch(request, header, "is missing" if not given else "comes twice")
    value = given[0].strip(" \t")
    if not all(" " <= each <= "~" or each == "\t" for each in value):
        raise _mismatch(request, header, "has characters that need Base64")
    found = _decoded(value) if header == NAME_HEADER else value
    if found is None:
        raise _mismatch(request, header, "is not valid Base64 of UTF-8")
    if found != expected:
        raise _mismatch(request, header, "doesn't match the body")


def _decoded(value: str) -> str | None:
    """A header's value without its Base64 marks; None where it can't be decoded."""
    from base64 import b64decode

    start, end = _BASE64
    if not (value.startswith(start) and value.endswith(end)):
        return value
    try:
        return b64decode(value[len(start) : -len(end)], validate=True).decode()
    except ValueError:
        return None


def _mismatch(request: messages.Request, header: str, what: str) -> messages.Malformed:
    name = {VERSION_HEADER: "MCP-Protocol-Version"}.get(header, header.title())
    text = f"Header mismatch: {name} {what}"
    return messages.Malformed(messages.HEADER_MISMATCH, text, request.id)


def _version(message: Json) -> str | None:
    if not isinstance(message, dict):
        return None
    version = _meta(message.get("params")).get(VERSION)
    return version if isinstance(version, str) else None


def _meta(params: Json) -> Object:
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}
