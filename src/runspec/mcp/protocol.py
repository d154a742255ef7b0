"""The protocol of one connection: a message and what was before, to steps.

    message ──receive──▶ steps: Send a message, Begin a call, Stop one, take an Answer

Nothing here reads, writes, waits or starts anything. Whoever carries out the steps
reports back by `finish`, `progress`, `ask` and `changed`, which give messages to send.
"""

from __future__ import annotations

from ..remote.wire import AUTONOMY, NAME
from . import messages
from .messages import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, Malformed
from .revisions import HANDSHAKE, NEWEST_HANDSHAKE, REVISIONS, STATELESS
from .shapes import ABSENT, Ended, Question, Reply, ToolCall
from .steps import Answer, Begin, Send, Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol as Interface

    from ..spec.plain import Json
    from .revisions import Revision
    from .shapes import Object, Progress, RequestId, ToolResult
    from .steps import Step

    class Offer(Interface):
        """What a server has to offer, as of now."""

        @property
        def identity(self) -> Object: ...
        @property
        def instructions(self) -> str: ...
        def has(self, tool: str) -> bool: ...
        def listing(self, revision: Revision, *, whole: bool) -> dict[str, Object]: ...
        def resolve_call(self, tool: str, arguments: Object) -> tuple[Json, Json]: ...
        def resources(self) -> list[Object]: ...
        def templates(self) -> list[Object]: ...
        def contents(self, uri: str) -> Object | None: ...
        def is_elsewhere(self, uri: Json) -> bool: ...


PREFIX = "io.modelcontextprotocol/"
VERSION = PREFIX + "protocolVersion"
CAPABILITIES = PREFIX + "clientCapabilities"
SERVER_INFO = PREFIX + "serverInfo"
CLIENT_INFO = PREFIX + "clientInfo"
SUBSCRIPTION = PREFIX + "subscriptionId"

ABOUT = "dev.runspec/request"
"""The call that a question is about, for a client that has several under way."""
LONGEST_NAME = 64
PAGE = 500
"""Tools in one answer to `tools/list`; some clients never ask for a second."""
FRESH = 60_000
"""Milliseconds that a client may keep what it was told; changes are told, too."""
APPROVAL = "approval"
"""The one key of `inputRequests`."""
CODE_FORM: Object = {
    "type": "object",
    "properties": {
        "code": {
            "type": "string",
            "title": "Code",
            "description": "The code at the end of the question",
        }
    },
    "required": ["code"],
}
"""The form a person sees: a client that answers by itself doesn't know the code."""
EMPTY_FORM: Object = {"type": "object", "properties": {}}
"""That of another host which asks for no code."""


class Protocol:
    """One connection, in either era; `revision` is None until a handshake.

    `stateless`: the transport says that the client is of the stateless era; `asks`:
    there can be a person at it. `client` is the name that it gives itself.
    """

    def __init__(
        self, offer: Offer, *, stateless: bool = False, asks: bool = False
    ) -> None:
        self._offer = offer
        self._stateless_only = stateless
        self._asks = asks
        self.client = ""
        self.revision: Revision | None = None
        self._capabilities: Object = {}
        self._ready = False
        self._calls: dict[RequestId, ToolCall] = {}
        self._listens: dict[RequestId, Object] = {}
        self._questions: dict[RequestId, RequestId] = {}
        self._count = 0

    def receive(self, message: Json) -> list[Step]:
        """The steps that a decoded message asks for; never raises."""
        if isinstance(message, list) and self.revision and self.revision.batches:
            return [step for each in message for step in self.receive_one(each)] or [
                Send(messages.error(None, INVALID_REQUEST, "the batch is empty"))
            ]
        return self.receive_one(message)

    def receive_one(self, message: Json) -> list[Step]:
        try:
            read = messages.read(message)
            if isinstance(read, messages.Request):
                return self._request(read)
        except Malformed as error:
            return [_refusal(error)]
        if isinstance(read, messages.Notification):
            return self._notification(read)
        return self._response(read)

    def _request(self, request: messages.Request) -> list[Step]:
        if request.id in self._calls or request.id in self._listens:
            raise Malformed(INVALID_REQUEST, "a request with this id is under way")
        meta = request.params.get("_meta", {})
        if not isinstance(meta, dict):
            raise _wrong(request, '"_meta" must be an object')
        named = VERSION in meta or request.method == "server/discover"
        if named or self._stateless_only:
            return self._stateless(request, meta)
        if request.method == "initialize":
            return self._initialize(request)
        if request.method == "ping":
            return [Send(messages.result(request.id, {}), request.id)]
        if self.revision is None:
            raise _wrong(request, f'"_meta" lacks {VERSION}, or "initialize" first')
        return self._answered(request, self.revision, self._capabilities)

    def _initialize(self, request: messages.Request) -> list[Step]:
        if self.revision is not None:
            raise Malformed(INVALID_REQUEST, "initialized already", request.id)
        asked = request.params.get("protocolVersion")
        if not isinstance(asked, str):
            raise _wrong(request, '"protocolVersion" must be a string')
        capabilities = request.params.get("capabilities", {})
        if not isinstance(capabilities, dict):
            raise _wrong(request, '"capabilities" must be an object')
        self._capabilities = capabilities
        self.client = _name(request.params.get("clientInfo"))
        self.revision = REVISIONS[asked if asked in HANDSHAKE else NEWEST_HANDSHAKE]
        body: Object = {
            "protocolVersion": self.revision.name,
            "capabilities": self._offered(),
            "serverInfo": self._offer.identity,
            "instructions": self._offer.instructions,
        }
        return [Send(messages.result(request.id, body), request.id)]

    def _offered(self) -> Object:
        """`capabilities` of the server, to a client of the handshake era."""
        return _capabilities()

    def _stateless(self, request: messages.Request, meta: Object) -> list[Step]:
        asked = meta.get(VERSION)
        if not isinstance(asked, str):
            raise _wrong(request, f"_meta lacks {VERSION}")
        if asked not in STATELESS:
            data: Object = {"supported": list(STATELESS), "requested": asked}
            code = messages.UNSUPPORTED_VERSION
            text = "Unsupported protocol version"
            return [Send(messages.error(request.id, code, text, data), request.id)]
        capabilities = meta.get(CAPABILITIES)
        if not isinstance(capabilities, dict):
            raise _wrong(request, f"_meta lacks {CAPABILITIES}")
        self.client = _name(meta.get(CLIENT_INFO))
        if request.method == "server/discover":
            body: Object = {
                "supportedVersions": list(STATELESS),
                "capabilities": _capabilities(),
                "instructions": self._offer.instructions,
            }
            return self._sent(request, REVISIONS[asked], body, cacheable=True)
        if request.method == "subscriptions/listen":
            return self._listen(request)
        return self._answered(request, REVISIONS[asked], capabilities)

    def _answered(
        self, request: messages.Request, revision: Revision, capabilities: Object
    ) -> list[Step]:
        """The methods that both eras have."""
        if request.method == "tools/call":
            return [Begin(self._call(request, revision, capabilities))]
        if request.method == "tools/list":
            whole = self.client == NAME
            body = self._page(request, self._offer.listing(revision, whole=whole))
        elif request.method == "resources/list":
            body = {"resources": list[object](self._offer.resources())}  # type: ignore[dict-item]
        elif request.method == "resources/templates/list":
            body = {"resourceTemplates": list[object](self._offer.templates())}  # type: ignore[dict-item]
        elif request.method == "resources/read":
            if self._offer.is_elsewhere(request.params.get("uri")):
                return [Begin(self._reading(request, revision, capabilities))]
            body = self._contents(request, revision)
        else:
            message = f"no such method: {request.method[:100]}"
            raise Malformed(METHOD_NOT_FOUND, message, request.id)
        return self._sent(request, revision, body, cacheable=True)

    def _sent(
        self,
        request: messages.Request,
        revision: Revision,
        body: Object,
        *,
        cacheable: bool,
    ) -> list[Step]:
        body = self._complete(revision, body, cacheable=cacheable)
        return [Send(messages.result(request.id, body), request.id)]

    def _complete(
        self, revision: Revision, body: Object, *, cacheable: bool = False
    ) -> Object:
        """A result with what the revision wants in every one."""
        if not revision.stateless:
            return body
        meta = body.get("_meta")
        identity: Object = {SERVER_INFO: self._offer.identity}
        added: Object = {
            "_meta": {**meta, **identity} if isinstance(meta, dict) else identity
        }
        if "resultType" not in body:
            added["resultType"] = "complete"
        if cacheable:
            added["ttlMs"] = FRESH
            added["cacheScope"] = "private"
        return body | added

    def _page(self, request: messages.Request, tools: dict[str, Object]) -> Object:
        """A page of the list; a cursor is the name of the last tool before it."""
        names = list(tools)
        start = 0
        if "cursor" in request.params:
            cursor = request.params["cursor"]
            if not isinstance(cursor, str) or cursor not in tools:
                raise _wrong(request, "this cursor isn't known; list from the start")
            start = names.index(cursor) + 1
        shown = names[start : start + PAGE]
        body: Object = {"tools": [tools[name] for name in shown]}
        if start + PAGE < len(names):
            body["nextCursor"] = shown[-1]
        return body

    def _contents(self, request: messages.Request, revision: Revision) -> Object:
        uri = request.params.get("uri")
        if not isinstance(uri, str):
            raise _wrong(request, '"uri" must be a string')
        found = self._offer.contents(uri)
        if found is None:
            code = revision.missing_resource
            message = f"no such resource: {uri[:200]}"
            raise Malformed(code, message, request.id, {"uri": uri})
        return {"contents": [found]}

    def _reading(
        self, request: messages.Request, revision: Revision, capabilities: Object
    ) -> ToolCall:
        """A resource that another host has to be asked for."""
        arguments: Object = {"uri": request.params["uri"]}
        call = ToolCall(request.id, request.method, arguments, revision)
        return self._begun(call, request.params, capabilities)

    def _call(
        self, request: messages.Request, revision: Revision, capabilities: Object
    ) -> ToolCall:
        params = request.params
        name = params.get("name")
        if not isinstance(name, str):
            raise _wrong(request, '"name" must be a string')
        arguments = params.get("arguments")
        if isinstance(arguments, dict):
            name, arguments = self._offer.resolve_call(name, arguments)
        if not isinstance(name, str):
            raise _wrong(request, 'the argument "name" must be a string')
        if not self._offer.has(name):
            raise _wrong(request, f"Unknown tool: {name[:200]}")
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            raise _wrong(request, '"arguments" must be an object')
        call = ToolCall(request.id, name, arguments, revision)
        if revision.stateless:
            _take_answers(request, call)
        return self._begun(call, params, capabilities)

    def _begun(self, call: ToolCall, params: Object, capabilities: Object) -> ToolCall:
        """A call that is under way from here on."""
        forms = call.revision.elicitation and _has_forms(capabilities)
        call.elicits = self._asks and forms
        call.client = self.client
        call.progress_token = _progress_token(params)
        self._calls[call.id] = call
        return call

    def _listen(self, request: messages.Request) -> list[Step]:
        wanted = request.params.get("notifications")
        if not isinstance(wanted, dict):
            raise _wrong(request, '"notifications" must be an object')
        honoured: Object = {}
        if wanted.get("toolsListChanged") is True:
            honoured["toolsListChanged"] = True
        self._listens[request.id] = honoured
        params: Object = {
            "_meta": {SUBSCRIPTION: request.id},
            "notifications": honoured,
        }
        method = "notifications/subscriptions/acknowledged"
        return [Send(messages.notification(method, params), request.id)]

    def _notification(self, read: messages.Notification) -> list[Step]:
        if read.method == "notifications/initialized":
            self._ready = True
        elif read.method == "notifications/cancelled":
            request_id = read.params.get("requestId")
            if isinstance(request_id, str | int) and request_id is not True:
                return self.cancel(request_id)
        return []

    def _response(self, read: messages.Response) -> list[Step]:
        if self._questions.pop(read.id, None) is None:
            return []
        result = read.result or {}
        reply = Reply(result.get("action"), result.get("content"))
        return [Answer(read.id, reply)]

    def cancel(self, request_id: RequestId) -> list[Step]:
        """The client no longer waits for this request."""
        self._listens.pop(request_id, None)
        if self._calls.pop(request_id, None) is None:
            return []
        asked = [q for q, call in self._questions.items() if call == request_id]
        for question in asked:
            del self._questions[question]
        return [Stop(request_id)]

    def finish(self, call: ToolCall, end: ToolResult | Question | Ended) -> list[Send]:
        """The response to a call, unless it was cancelled."""
        if self._calls.get(call.id) is not call:
            return []
        del self._calls[call.id]
        if isinstance(end, Question):
            body = _input_required(end)
        elif isinstance(end, Ended):
            body = end.body
        else:
            body = {"content": list[object](end.content), "isError": end.is_error}  # type: ignore[dict-item]
            if end.structured is not ABSENT:
                body["structuredContent"] = end.structured  # type: ignore[assignment]
            if end.meta:
                body["_meta"] = end.meta
        body = self._complete(call.revision, body)
        return [Send(messages.result(call.id, body), call.id)]

    def refuse(self, call: ToolCall, code: int, message: str) -> list[Send]:
        """The error response to a call, unless it was cancelled."""
        if self._calls.get(call.id) is not call:
            return []
        del self._calls[call.id]
        return [Send(messages.error(call.id, code, message), call.id)]

    def progress(self, call: ToolCall, now: Progress) -> list[Send]:
        """What tells the client how far a call is, where it wants to know."""
        if call.progress_token is None or self._calls.get(call.id) is not call:
            return []
        params: Object = {
            "progressToken": call.progress_token,
            "progress": now.progress,
        }
        if now.total is not None:
            params["total"] = now.total
        if now.message is not None and call.revision.progress_message:
            params["message"] = now.message
        return [Send(messages.notification("notifications/progress", params), call.id)]

    def ask(
        self, call: ToolCall, message: str, form: Object
    ) -> tuple[RequestId, list[Send]]:
        """A question to the person at the client (handshake era), and its id."""
        self._count += 1
        question = f"runspec-{self._count}"
        self._questions[question] = call.id
        params: Object = {"message": message, "requestedSchema": form}
        params["_meta"] = {ABOUT: call.id}
        request = messages.request(question, "elicitation/create", params)
        return question, [Send(request, call.id)]

    def changed(self) -> list[Send]:
        """What tells the client that the list of tools is another."""
        method = "notifications/tools/list_changed"
        told = [
            Send(messages.notification(method, {"_meta": {SUBSCRIPTION: each}}), each)
            for each, wanted in self._listens.items()
            if wanted
        ]
        if self._ready:
            told.append(Send(messages.notification(method)))
        return told

    @property
    def listens(self) -> bool:
        """Whether the client would be told of changes."""
        return self._ready or any(self._listens.values())

    def end(self) -> list[Send]:
        """The last messages: subscriptions end."""
        revision = REVISIONS[STATELESS[-1]]
        ended = []
        for each in self._listens:
            body = self._complete(revision, {"_meta": {SUBSCRIPTION: each}})
            ended.append(Send(messages.result(each, body), each))
        self._listens.clear()
        return ended


def _refusal(error: Malformed) -> Send:
    found = messages.error(error.request_id, error.code, error.message, error.data)
    return Send(found, error.request_id)


def _wrong(request: messages.Request, message: str) -> Malformed:
    return Malformed(INVALID_PARAMS, message, request.id)


def _capabilities() -> Object:
    return {
        "tools": {"listChanged": True},
        "resources": {},
        "experimental": {AUTONOMY: {"enforced": True}},
    }


def _has_forms(capabilities: Object) -> bool:
    """Whether the client can show a form; `{}` stands for forms (2025-11-25)."""
    elicitation = capabilities.get("elicitation")
    return isinstance(elicitation, dict) and (not elicitation or "form" in elicitation)


def _name(client: Json) -> str:
    """What a client calls itself, in few words."""
    name = client.get("name") if isinstance(client, dict) else None
    return name[:LONGEST_NAME] if isinstance(name, str) else ""


def _progress_token(params: Object) -> RequestId | None:
    meta = params.get("_meta")
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    if isinstance(token, str | int) and not isinstance(token, bool):
        return token
    return None


def _take_answers(request: messages.Request, call: ToolCall) -> None:
    answers = request.params.get("inputResponses")
    state = request.params.get("requestState")
    if answers is not None and not isinstance(answers, dict):
        raise _wrong(request, '"inputResponses" must be an object')
    if state is not None and not isinstance(state, str):
        raise _wrong(request, '"requestState" must be a string')
    call.answers = answers
    call.state = state


def _input_required(question: Question) -> Object:
    """A question as a result (2026-07-28, multi round-trip requests)."""
    params: Object = {
        "mode": "form",
        "message": question.message,
        "requestedSchema": question.form,
    }
    asked: Object = {APPROVAL: {"method": "elicitation/create", "params": params}}
    return {
        "resultType": "input_required",
        "inputRequests": asked,
        "requestState": question.state,
    }
