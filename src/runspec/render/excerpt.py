"""The line a fault is about, with a caret under the part that is wrong."""

from __future__ import annotations

from ..errors import MASK, ArgvPlace, EnvPlace, FilePlace
from .text import BLUE, RED, YELLOW, Style, display_width, escaped, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import Place

Piece = tuple[str, str]
"""Text and the character that underlines it, "" for none."""

AROUND = 200
"""Characters of a line kept on each side of its marked part."""
TOKENS = 20
"""Tokens of a command line kept on each side of its first marked one."""
LONGEST_TOKEN = 48
TAB = "    "
SAFE = "@%+=:,./-_"
CUT = "..."


class Shown:
    """How one excerpt looks: the style, and the colour of its caret."""

    __slots__ = ("look", "style")

    def __init__(self, style: Style, severity: str) -> None:
        self.style = style
        self.look = RED if severity == "error" else YELLOW


def of_file(
    place: FilePlace, shown: Shown, related: FilePlace | None = None, note: str = ""
) -> list[str]:
    """` --> file:4:12`, the line, and the caret; `note` says what `related` is.

    Line 0 is the whole file, and a line without text isn't shown.
    """
    paint = shown.style.paint
    marked = [(place, "^", "")]
    if related is not None and related.line:
        marked.append((related, "-", note))
    near = [each for each in marked if each[0].path == place.path and each[0].text]
    near.sort(key=lambda each: (each[0].line, each[0].column))
    width = max((len(str(each.line)) for each, *_ in near), default=1)
    lines = [f"{' ' * width}{paint('-->', BLUE)} {_where(place)}"]
    for each, mark, words in near:
        number = paint(f"{each.line:>{width}} |", BLUE)
        text, carets = _fitted(_source(each, mark), shown.style.width - width - 3 - 1)
        lines.append(f"{number} {text}".rstrip())
        gutter = paint(f"{' ' * width} |", BLUE)
        under = paint(carets.strip(), shown.look if mark == "^" else BLUE)
        indent = carets[: len(carets) - len(carets.lstrip())]
        lines.append(f"{gutter} {indent}{under} {paint(words, BLUE)}".rstrip())
    for each, mark, words in marked:
        if mark == "-" and (each, mark, words) not in near:
            lines.append(f"{' ' * width}{paint(':::', BLUE)} {_where(each)} {words}")
    return lines


def _where(place: FilePlace) -> str:
    path = escaped(place.path)
    return f"{path}:{place.line}:{place.column}" if place.line else path


def _source(place: FilePlace, mark: str) -> list[Piece]:
    """The line around its marked part, each of the three escaped."""
    start = max(place.column - 1, 0)
    end = start + max(place.length, 1)
    text = place.text
    before = text[max(start - AROUND, 0) : start]
    lead = CUT if start > AROUND else ""
    return [
        (lead + _source_text(before), ""),
        (_source_text(text[start:end]) or " ", mark),
        (_source_text(text[end : end + AROUND]), ""),
    ]


def _source_text(text: str) -> str:
    return escaped(shortened(text, AROUND).replace("\t", TAB))


def of_argv(places: Sequence[ArgvPlace], program: str, shown: Shown) -> list[str]:
    """The command line with a caret under each place; nothing for its very end."""
    places = [each for each in places if each.index < len(each.argv)]
    if not places:
        return []
    argv = places[0].argv
    first = max(places[0].index - TOKENS, 0)
    last = places[0].index + TOKENS
    pieces: list[Piece] = [(escaped(program) or CUT, "")]
    if first:
        pieces.append((f" {CUT}", ""))
    by_index = {each.index: each for each in places}
    for index in range(first, min(last, len(argv))):
        pieces.append((" ", ""))
        pieces += _token(argv[index], by_index.get(index))
    text, carets = _fitted(pieces, shown.style.width - 3)
    return [f"  {text}", _painted_carets(carets, shown)]


def _painted_carets(carets: str, shown: Shown) -> str:
    indent = len(carets) - len(carets.lstrip())
    return f"  {carets[:indent]}{shown.style.paint(carets.strip(), shown.look)}"


def _token(token: str, place: ArgvPlace | None) -> list[Piece]:
    """A token as a shell takes it, its wrong part marked."""
    plain = token.removesuffix(MASK)[:AROUND]
    quote = "" if token and all(map(_is_safe, plain)) else "'"
    if place is None:
        return [(quote + _quoted(token) + quote, "")]
    if not place.length:
        return [(quote + _quoted(token) + quote, "^")]
    start, end = place.start, place.start + place.length
    return [
        (quote + _quoted(token[:start]), ""),
        (_quoted(token[start:end]) or " ", "^"),
        (_quoted(token[end:]) + quote, ""),
    ]


def _is_safe(character: str) -> bool:
    return character.isalnum() or character in SAFE


def _quoted(text: str) -> str:
    return escaped(shortened(text, LONGEST_TOKEN).replace("'", "'\\''"))


def of_environment(place: EnvPlace) -> str:
    """Where the value of a variable comes from, in words."""
    return f"from the variable {escaped(shortened(place.variable, LONGEST_TOKEN))}"


def source_of(place: Place | None) -> str | None:
    """The place in one word for programs: cli, a variable, or file:line."""
    if isinstance(place, EnvPlace):
        return place.variable
    if isinstance(place, FilePlace):
        return f"{place.path}:{place.line}" if place.line else place.path
    return None if place is None or place.index >= len(place.argv) else "cli"


def _fitted(pieces: Sequence[Piece], room: int) -> tuple[str, str]:
    """The pieces as one line of at most `room` columns, and the line of carets.

    What doesn't fit is cut on both sides of the first marked part.
    """
    cells = [
        (character, mark, display_width(character))
        for text, mark in pieces
        for character in text
    ]
    if sum(columns for *_, columns in cells) > room:
        cells = _cut(cells, room)
    text = "".join(character for character, *_ in cells)
    carets = "".join((mark or " ") * columns for _, mark, columns in cells)
    return text, carets.rstrip()


Cell = tuple[str, str, int]


def _cut(cells: list[Cell], room: int) -> list[Cell]:
    """The cells around the first marked one, dots where others are left out."""
    dots: list[Cell] = [(each, "", 1) for each in CUT]
    room -= 2 * len(CUT)
    first = next((at for at, (_, mark, _) in enumerate(cells) if mark), 0)
    start = end = first
    used = 0
    while start and used + cells[start - 1][2] <= room // 2:
        start -= 1
        used += cells[start][2]
    while end < len(cells) and used + cells[end][2] <= room:
        used += cells[end][2]
        end += 1
    while start and used + cells[start - 1][2] <= room:
        start -= 1
        used += cells[start][2]
    lead = dots if start else []
    return lead + cells[start:end] + (dots if end < len(cells) else [])
