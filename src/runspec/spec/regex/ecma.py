"""Patterns in the spelling of ECMA-262, as JSON Schema wants them (SCH-06)."""

from __future__ import annotations

from .. import match
from . import PatternError
from .chars import LAST
from .parse import parse
from .tree import At, Branch, Chars, Look, Node, Repeat, Sequence

_PLAIN = r"""(?x:
\^?
(?:
    [^\x00-\x1f\x7f.*+?^$(){}\[\]|\\]                   # itself
  | \\[.*+?^$(){}\[\]|\\/dDsSwWb]                       # escaped, category
  | \[ \^? -? (?: [^\x00-\x1f\x7f\[\]\\^\-&~|]
            | \\[.*+?^$(){}\[\]|\\/\-dDsSwW]
            | -(?!-) )+ \]
  | \( (?: \?: | (?!\?) )
  | [)|]
  | (?: [*+?] | \{[0-9]+(?:,[0-9]*)?\} ) \?? (?!\+)
)*
\$?
)"""
"""Texts of valid patterns that mean the same in both languages."""

_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_NAMED = {9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}

_POSITIONS = {
    match.START: "^",
    match.LINE_START: r"(?<![^\n])",
    match.END: r"(?![\s\S])",
    match.LAST_END: r"(?=\n?(?![\s\S]))",
    match.LINE_END: r"(?![^\n])",
    match.BOUNDARY: r"\b",
    match.NOT_BOUNDARY: r"\B",
    match.BOUNDARY + match.ASCII: r"\b",
    match.NOT_BOUNDARY + match.ASCII: r"\B",
}

_COUNTS = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): "{1}"}


class _NoSpellingError(Exception):
    """ECMA-262 can't say it."""


def ecma(pattern: str) -> str | None:
    r"""`^(?:…)$` with the u flag's meaning, or None when there is no spelling.

    A text that means the same in both languages is kept as it is. Possessive
    repeats, atomic groups and letters whose case is ignored have no spelling.
    `\d`, `\s`, `\w` and `\b` stay, though a reader that isn't Python may take them
    for ASCII or for its own spaces: a narrower schema is better than none.
    """
    import re

    try:
        tree = parse(pattern)
        if re.fullmatch(_PLAIN, pattern):
            return f"^(?:{pattern})$"
        return f"^(?:{_spell(_without_ends(tree))})$"
    except (PatternError, _NoSpellingError, RecursionError):
        return None


def _without_ends(node: Node) -> Node:
    """The pattern without anchors at its ends, which a full match implies."""
    items = list(node.items) if isinstance(node, Sequence) else [node]
    if items and _is_at(items[-1], match.END, match.LAST_END, match.LINE_END):
        items.pop()
    if items and _is_at(items[0], match.START, match.LINE_START):
        items.pop(0)
    return items[0] if len(items) == 1 else Sequence(items)


def _is_at(node: Node, *kinds: int) -> bool:
    return isinstance(node, At) and node.kind in kinds


def _spell(node: Node) -> str:
    if isinstance(node, Chars):
        return _spell_chars(node)
    if isinstance(node, At):
        return _POSITIONS[node.kind]
    if isinstance(node, Sequence):
        return "".join(map(_spell_item, node.items))
    if isinstance(node, Branch):
        return "|".join(map(_spell, node.options)) if node.options else "(?!)"
    if isinstance(node, Look):
        behind = "" if node.behind is None else "<"
        return f"(?{behind}{'!' if node.negated else '='}{_spell(node.body)})"
    if isinstance(node, Repeat):
        return _spell_repeat(node)
    raise _NoSpellingError


def _spell_item(node: Node) -> str:
    text = _spell(node)
    return f"(?:{text})" if isinstance(node, Branch) else text


def _spell_repeat(node: Repeat) -> str:
    if node.kind == "possessive":
        raise _NoSpellingError
    body = _spell(node.body)
    if not isinstance(node.body, Chars):
        body = f"(?:{body})"
    high = "" if node.high is None else node.high
    count = _COUNTS.get((node.low, node.high))
    if count is None:
        same = node.low == node.high
        count = f"{{{node.low}}}" if same else f"{{{node.low},{high}}}"
    return body + count + ("?" if node.kind == "lazy" else "")


def _spell_chars(chars: Chars) -> str:
    if chars.folded:
        raise _NoSpellingError
    if chars.ranges == ((0, LAST),):
        return "[\\S\\s]"
    items = [_spell_range(low, high) for low, high in chars.ranges]
    items += ["\\" + category for category in chars.categories]
    if len(items) > 1 or chars.negated:
        return f"[{'^' * chars.negated}{''.join(items)}]"
    if chars.categories:
        return items[0]
    low, high = chars.ranges[0]
    return f"[{items[0]}]" if low != high else _spell_literal(low)


def _spell_range(low: int, high: int) -> str:
    if low == high:
        return _spell_member(low)
    return f"{_spell_member(low)}-{_spell_member(high)}"


def _spell_member(code: int) -> str:
    return "\\" + chr(code) if chr(code) in "\\]^-[" else _spell_code(code)


def _spell_literal(code: int) -> str:
    return "\\" + chr(code) if chr(code) in _SYNTAX else _spell_code(code)


def _spell_code(code: int) -> str:
    if code in _NAMED:
        return _NAMED[code]
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    if 0xD800 <= code < 0xE000 or code in (0x2028, 0x2029):
        return f"\\u{code:04x}"
    return chr(code)
