"""The rest of a long value, after what a pattern has found of it.

To compile a pattern takes longer than to use it, and a value of some thousand
characters would take seconds; the same few characters make up most of it.
"""

from __future__ import annotations

from .spelling import DOUBLED, is_plain, pattern_of, spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Pattern

_compiled: dict[str, Pattern[str]] = {}


class Rest:
    """A value in pieces: letters and digits, a character, a line break with space."""

    __slots__ = ("_pieces",)

    def __init__(self, value: str) -> None:
        self._pieces = tuple(_pieces(value))

    def __repr__(self) -> str:
        return "<Rest>"

    def end(self, text: str, at: int) -> int:
        """Where the value ends that goes on at `at`; -1 if it doesn't.

        Text may be read in several ways, such as %25 as a percent sign or as it is.
        """
        ends = {at}
        for piece in self._pieces:
            ends = {end for at in ends for end in _ends(piece, text, at)}
        return max(ends, default=-1)


def _pieces(value: str) -> Iterator[str]:
    at = 0
    while at < len(value):
        end = at + 1
        if is_plain(value[at]):
            while end < len(value) and is_plain(value[end]):
                end += 1
        elif value[at] == "\n":
            while value[end : end + 1] in (" ", "\t"):
                end += 1
        elif value[at] == "\\":
            while value[end : end + 1] == "\\":
                end += 1
        yield value[at:end]
        at = end


def _ends(piece: str, text: str, at: int) -> Iterator[int]:
    if text.startswith(piece, at):
        yield at + len(piece)
    if is_plain(piece[0]):
        return
    if piece in DOUBLED and text.startswith(piece * 2, at):
        yield at + 2
    for source in {piece, piece.rstrip(" \t") or piece}:
        match = _pattern(source).match(text, at)
        if match is not None:
            yield match.end()


def _pattern(piece: str) -> Pattern[str]:
    if piece not in _compiled:
        from re import compile as compile_pattern

        bare = piece.rstrip(" \t") or piece
        space = f"(?:{spelled(' ')}|{spelled(chr(9))}){{0,{len(piece) + 16}}}"
        source = pattern_of(bare) + ("" if bare == piece else space)
        _compiled[piece] = compile_pattern(source)
    return _compiled[piece]
