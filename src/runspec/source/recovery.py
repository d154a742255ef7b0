"""Where reading is taken up again after a fault in a TOML text.

One mistake should be one fault: what belongs to a broken value is passed over,
the next statement is not.
"""

from __future__ import annotations

from .toml_values import BARE, TomlError

_LOOK_AHEAD = 20_000
"""Characters looked at, where they may be read again, so that the time is bounded."""


def resume(source: str, error: TomlError, brackets: list[int]) -> tuple[TomlError, int]:
    """The fault to report and the offset of the line to go on at.

    `brackets` are the offsets of those that are open at the fault.
    """
    if error.endless:
        return error, _next_header(source, error.offset)
    line = source.rfind("\n", 0, error.stood) + 1
    before = [offset for offset in brackets if offset < line]
    if before and source[before[-1]] == "[" and _is_statement(source, line):
        return _never_closed(before[-1]), line
    if brackets:
        return error, _behind_brackets(source, error.stood, brackets)
    return error, _behind_text(source, error)


def _never_closed(bracket: int) -> TomlError:
    return TomlError(bracket, "this array is never closed", "[", expected=("]",))


def _next_line(source: str, at: int) -> int:
    return source.index("\n", at) + 1


def _next_header(source: str, at: int) -> int:
    while source[at] != "\0":
        at = _next_line(source, at)
        if _is_header(source, at):
            break
    return at


def _behind_text(source: str, error: TomlError) -> int:
    """Behind a text that was broken over lines, when no statement is in it."""
    after = _next_line(source, error.stood)
    quote = source[error.stood]
    if quote not in "\"'" or error.expected != (quote,):
        return after
    end = source.find(quote, after, after + _LOOK_AHEAD)
    line = after
    while line <= end:
        if _is_statement(source, line) or source[line] == "\n":
            return after
        line = _next_line(source, line)
    return line


def _behind_brackets(source: str, stood: int, brackets: list[int]) -> int:
    """The line behind the last of the open brackets.

    When it is not found, the next statement after an array, the next line after an
    inline table.
    """
    kinds = [source[offset] for offset in brackets]
    in_array = kinds[0] == "["
    last = len(source) - 2
    at, limit = stood, last if in_array else min(last, stood + _LOOK_AHEAD)
    while at < limit:
        if source[at] == "\n" and _ends_value(source, at + 1, kinds):
            break
        at = _step(source, at, kinds)
        if not kinds:
            return _next_line(source, at - 1)
    return _next_line(source, min(at, last) if in_array else stood)


def _step(source: str, at: int, kinds: list[str]) -> int:
    """Pass over one bracket, text, comment or other character."""
    mark = source[at]
    if mark == "#":
        return source.index("\n", at)
    if mark in "\"'":
        return _behind_quotes(source, at)
    if mark in "[{":
        kinds.append(mark)
    elif mark in "]}":
        _close(kinds, "[" if mark == "]" else "{")
    return at + 1


def _close(kinds: list[str], opening: str) -> None:
    """Close the innermost bracket of that kind and those that are in it."""
    if opening in kinds:
        while kinds.pop() != opening:
            pass


def _behind_quotes(source: str, at: int) -> int:
    """Behind a text; at the end of the line when it isn't closed there."""
    quote = source[at]
    if source.startswith(quote * 3, at):
        end = source.find(quote * 3, at + 3)
        return end + 3 if end >= 0 else len(source)
    end = at
    while True:
        start = end + 1
        end = source.find(quote, start)
        line = source.find("\n", start, end if end >= 0 else len(source))
        if line >= 0:
            return line
        if quote == "'" or source[end - 1] != "\\":
            return end + 1


def _ends_value(source: str, line: int, kinds: list[str]) -> bool:
    if kinds[-1] == "[":
        return _is_statement(source, line)
    return _is_header(source, line)


def _is_statement(source: str, line: int) -> bool:
    return _is_header(source, line) or _is_pair(source, line)


def _line(source: str, start: int) -> str:
    return source[start : source.find("\n", start)].strip(" \t")


def _is_header(source: str, start: int) -> bool:
    """Whether a line is a header and not part of an array."""
    line = _line(source, start)
    name = line.lstrip("[")
    if name == line or not (name[:1].isalpha() or name[:1] == "_"):
        return False
    name, _, rest = name.partition("]")
    rest = rest.lstrip("] \t")
    return not name.strip(BARE + ". \t\"'") and rest[:1] in ("", "#")


def _is_pair(source: str, start: int) -> bool:
    key, equals, _ = _line(source, start).partition("=")
    key = key.rstrip(" \t")
    return bool(equals and key) and not key.strip(BARE + ".")
