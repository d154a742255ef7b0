"""The protocol with the stream extension, for a person's client (JMP-09).

It is there only for a client that says that it has it, too. Such a client calls a
runnable as it is typed, and gets the streams of its program as they are; whether the
call may run is decided as for any other.
"""

from __future__ import annotations

from ..remote import wire
from .messages import INVALID_PARAMS, Malformed
from .protocol import Protocol
from .shapes import ToolCall
from .steps import Begin, Feed, Signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol as Interface

    from ..spec.plain import Json
    from .messages import Notification, Request
    from .protocol import Offer
    from .revisions import Revision
    from .shapes import Object, RequestId
    from .steps import Step

    class Runnables(Offer, Interface):
        """An offer that also knows its runnables."""

        def described(self, runnable: str) -> Object | None: ...
        def runnables(self) -> list[str]: ...


class StreamProtocol(Protocol):
    """One connection over pipes; `streams` once both sides have said so."""

    def __init__(self, offer: Runnables, *, asks: bool = False) -> None:
        super().__init__(offer, asks=asks)
        self._runnables = offer
        self._suspended = False

    @property
    def streams(self) -> bool:
        return self.revision is not None and wire.has_streams(self._capabilities)

    @property
    def silence(self) -> float | None:
        """Seconds after which the client counts as gone, if it streams.

        One that said that it stops lives as long as its connection.
        """
        if self._suspended or not self.streams:
            return None
        return wire.silence(self._capabilities)

    def _offered(self) -> Object:
        found = super()._offered()
        if self.streams:
            experimental = found["experimental"]
            assert isinstance(experimental, dict)
            experimental |= wire.offered()
        return found

    def _answered(
        self, request: Request, revision: Revision, capabilities: Object
    ) -> list[Step]:
        if self.streams and request.method == wire.RUN:
            return [Begin(self._typed(request, revision, capabilities))]
        if self.streams and request.method == wire.DESCRIBE:
            body = self._described(request)
            return self._sent(request, revision, body, cacheable=False)
        return super()._answered(request, revision, capabilities)

    def _described(self, request: Request) -> Object:
        name = _text(request, "name")
        found = self._runnables.described(name)
        if found is None:
            names: list[Json] = [*self._runnables.runnables()]
            message = f"no such runnable: {name[:200]}"
            raise Malformed(INVALID_PARAMS, message, request.id, {"names": names})
        return found

    def _typed(
        self, request: Request, revision: Revision, capabilities: Object
    ) -> ToolCall:
        from .typed import Typed

        params = request.params
        name = _text(request, "name")
        argv = _texts(params.get("argv"))
        secrets = params.get("secrets", {})
        if argv is None or not _is_texts(secrets):
            raise Malformed(INVALID_PARAMS, '"argv", "secrets": texts', request.id)
        call = ToolCall(request.id, name, {}, revision)
        call.typed = Typed(argv, secrets, stdin=params.get("stdin") is True)  # type: ignore[arg-type]
        call.typed.agent = params.get("agent") is not False
        return self._begun(call, params, capabilities)

    def _notification(self, read: Notification) -> list[Step]:
        request = read.params.get("request")
        if read.method in (wire.SUSPEND, wire.RESUME):
            self._suspended = read.method == wire.SUSPEND
            return []
        if self.streams and isinstance(request, str | int):
            if read.method == wire.INPUT:
                return _fed(request, read.params)
            if read.method == wire.SIGNAL:
                return _signalled(request, read.params)
        return super()._notification(read)


def _fed(request: RequestId, params: Object) -> list[Step]:
    data = wire.bytes_of(params.get("data", ""))
    return [] if data is None else [Feed(request, data, end=params.get("end") is True)]


def _signalled(request: RequestId, params: Object) -> list[Step]:
    number = params.get("number")
    known = isinstance(number, int) and 0 < number <= 64
    return [Signal(request, int(number))] if known else []  # type: ignore[arg-type]


def _text(request: Request, key: str) -> str:
    found = request.params.get(key)
    if not isinstance(found, str):
        raise Malformed(INVALID_PARAMS, f'"{key}" must be a string', request.id)
    return found


def _texts(value: Json) -> list[str] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return [str(each) for each in value]


def _is_texts(value: Json | Mapping[str, str]) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
