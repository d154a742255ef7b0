"""Faults from one machine to another."""

from __future__ import annotations

from ..errors import ArgvPlace, EnvPlace, Fault, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Place, Word
    from ..spec.plain import Json

WORDS = ("code", "subject", "severity", "runnable", "received", "detail", "item")
LISTS = ("expected", "candidates")


def plain_fault(fault: Fault) -> dict[str, Json]:
    """A fault as JSON; what it says of a secret is masked already."""
    found: dict[str, Json] = {name: getattr(fault, name) for name in WORDS}
    for name in LISTS:
        found[name] = list(getattr(fault, name))
    if fault.place is not None:
        found["place"] = _plain_place(fault.place)
    return found


def _plain_place(place: Place) -> dict[str, Json]:
    if isinstance(place, ArgvPlace):
        words: list[Json] = list(place.argv)
        where: Json = [place.index, place.start, place.length]
        return {"kind": "argv", "argv": words, "where": where}
    if isinstance(place, EnvPlace):
        return {"kind": "env", "variable": place.variable}
    return {
        "kind": "file",
        "path": place.path,
        "where": [place.line, place.column, place.length],
        "text": place.text,
    }


def faults_of(value: Json, host: str) -> list[Fault]:
    """The faults that a host told; whatever isn't one is left out.

    Files are shown as `host:path`. A code that isn't known here is `host-fault`.
    """
    items = value if isinstance(value, list) else []
    return [_fault(each, host) for each in items if isinstance(each, dict)]


def _fault(value: dict[str, Json], host: str) -> Fault:
    from ..render.messages import MESSAGES

    code = str(value.get("code"))
    detail = _text(value.get("detail"))
    if code not in MESSAGES:
        return Fault("host-fault", host, received=code, detail=detail)
    item = value.get("item")
    return Fault(
        code,
        _text(value.get("subject")),
        _place(value.get("place"), host),
        severity="warning" if value.get("severity") == "warning" else "error",
        received=_word(value.get("received")),
        expected=_words(value.get("expected")),
        candidates=tuple(map(str, _words(value.get("candidates")))),
        detail=detail,
        item=item if isinstance(item, int) else None,
    )


def _place(value: Json, host: str) -> Place | None:
    if not isinstance(value, dict):
        return None
    if value.get("kind") == "env":
        return EnvPlace(f"{host}: {_text(value.get('variable'))}")
    where = value.get("where")
    if not isinstance(where, list) or len(where) != 3:
        return None
    numbers = [each for each in where if isinstance(each, int) and each >= 0]
    if len(numbers) != 3:
        return None
    if value.get("kind") == "argv":
        argv = tuple(map(str, _words(value.get("argv"))))
        index, start, length = numbers
        return ArgvPlace(argv, min(index, len(argv)), start, length)
    path = f"{host}:{_text(value.get('path'))}"
    line, column, length = numbers
    return FilePlace(path, line, column, _text(value.get("text")), length)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Json) -> Word | None:
    return value if isinstance(value, str | int | float) else None


def _words(value: Json) -> tuple[Word, ...]:
    items = value if isinstance(value, list) else []
    return tuple(each for each in items if isinstance(each, str | int | float))
