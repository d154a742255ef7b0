"""JSON text in which a member can be set while all else stays as it is written."""

from __future__ import annotations

import json

from ..errors import Fault, FilePlace, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json

BLANK = " \t\n\r\ufeff"
"""White space of JSON (RFC 8259, section 2), and a byte order mark before it."""
UNIT = "  "
"""How far a level is set in where the text doesn't show it."""

_NO_CONSTANT = "NaN and Infinity"


class JsonText:
    """The text of a file of plain JSON: an object, or nothing at all yet.

    Objects are known by the offset of their brace. Raises RunspecError for anything
    else: `json-syntax`, `field-type`.
    """

    __slots__ = ("path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text if text.strip(BLANK) else "{}\n"
        self._check()
        self._require_object(path, self.root)

    @property
    def root(self) -> int:
        """Where the whole object begins."""
        return _behind_blank(self.text, 0)

    def child(self, at: int, name: str) -> int | None:
        """Where the object called `name` begins in the one at `at`; None: no member."""
        found = self._members(at).get(name)
        if found is None:
            return None
        self._require_object(name, found[0])
        return found[0]

    def values(self, at: int) -> dict[str, Json]:
        """The members of the object at `at`."""
        found: dict[str, Json] = _decode(self.text, at)[0]
        return found

    def set(self, at: int, name: str, value: Json) -> None:
        """Set a member of the object at `at`; of one that is there, only the value."""
        found = self._members(at)
        if name in found:
            start, end = found[name]
            self._replace(start, end, self._written(value, self._indent(start)))
        elif found:
            self._add_behind(at, max(end for _, end in found.values()), name, value)
        else:
            self._add_first(at, name, value)

    def place(self, at: int, length: int = 1) -> FilePlace:
        """Where in the file an offset is."""
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start:].split("\n", 1)[0].rstrip("\r")
        number = self.text.count("\n", 0, at) + 1
        return FilePlace(self.path, number, at - start + 1, line, length)

    def _add_first(self, at: int, name: str, value: Json) -> None:
        outer, newline = self._indent(at), self._newline
        inner = outer + self._unit
        member = f"{_dumped(name)}: {self._written(value, inner)}"
        end = _behind_blank(self.text, at + 1)
        self._replace(at + 1, end, f"{newline}{inner}{member}{newline}{outer}")

    def _add_behind(self, at: int, end: int, name: str, value: Json) -> None:
        gap = self.text[at + 1 : _behind_blank(self.text, at + 1)]
        if "\n" in gap:
            indent = gap.rpartition("\n")[2]
            lead = self._newline + indent
            member = f"{_dumped(name)}: {self._written(value, indent)}"
        else:
            lead = " "
            member = f"{_dumped(name)}: {_dumped(value)}"
        self._replace(end, end, f",{lead}{member}")

    def _replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]

    def _written(self, value: Json, indent: str) -> str:
        """The value on lines of its own, set in as what stands around it."""
        text = json.dumps(value, indent=self._unit, ensure_ascii=False)
        return text.replace("\n", self._newline + indent)

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @property
    def _unit(self) -> str:
        first = self.text[self.root + 1 : _behind_blank(self.text, self.root + 1)]
        return first.rpartition("\n")[2] or UNIT

    def _indent(self, at: int) -> str:
        """What the line that `at` stands in begins with."""
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start:at]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _members(self, at: int) -> dict[str, tuple[int, int]]:
        """Where the value of each member of an object begins and ends.

        Of a name that is there twice it is the last one, which is what readers use.
        """
        found = {}
        at = _behind_blank(self.text, at + 1)
        while self.text[at] != "}":
            name, at = _decode(self.text, at)
            start = _behind_blank(self.text, _behind_blank(self.text, at) + 1)
            _, end = _decode(self.text, start)
            found[str(name)] = (start, end)
            at = _behind_blank(self.text, end)
            if self.text[at] == ",":
                at = _behind_blank(self.text, at + 1)
        return found

    def _check(self) -> None:
        try:
            _, end = _decode(self.text, self.root)
        except json.JSONDecodeError as error:
            raise self._syntax(error.pos, self._reason(error)) from None
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply"
            if isinstance(error, ValueError):
                reason = f"{_NO_CONSTANT} are not values of JSON"
            raise self._syntax(self.root, reason) from None
        end = _behind_blank(self.text, end)
        if end < len(self.text):
            reason = "a comment" if self._is_comment(end) else "more follows its end"
            raise self._syntax(end, reason)

    def _syntax(self, at: int, reason: str) -> RunspecError:
        fault = Fault("json-syntax", self.path, self.place(at), detail=reason)
        return RunspecError(fault)

    def _reason(self, error: json.JSONDecodeError) -> str:
        at = error.pos
        if self._is_comment(at):
            return "a comment"
        if at >= len(self.text):
            return "it ends too early"
        before = self.text[:at].rstrip(BLANK)[-1:]
        if self.text[at] == "," or (before == "," and self.text[at] in "]}"):
            return "a comma that nothing follows"
        return error.msg.lower()

    def _is_comment(self, at: int) -> bool:
        return self.text.startswith(("//", "/*", "#"), at)

    def _require_object(self, name: str, at: int) -> None:
        if self.text[at] != "{":
            place = self.place(at)
            fault = Fault("field-type", name, place, expected=("an object",))
            raise RunspecError(fault)


def _behind_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at


def _refuse(word: str) -> Json:
    raise ValueError(word)


_decode = json.JSONDecoder(parse_constant=_refuse, parse_int=float).raw_decode


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
