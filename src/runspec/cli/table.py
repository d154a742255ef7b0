"""Columns side by side, as lists show them."""

from __future__ import annotations

from ..render.text import display_width, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..render.text import Style

    Cell = tuple[str, str]
    """A text and how it looks."""

ID = 8
"""Last characters of an id that a list shows."""
NARROWEST = 12
"""Columns that are always left to the one that gives way."""


def table(cells: Sequence[Sequence[Cell]], style: Style, wide: int) -> str:
    """Columns side by side; in a terminal the column `wide` gives way."""
    columns = list(zip(*cells, strict=True))
    widths = [max(display_width(text) for text, _ in column) for column in columns]
    room = style.width - sum(widths) - 2 * (len(widths) - 1) + widths[wide]
    if style.terminal:
        widths[wide] = min(widths[wide], max(room, NARROWEST))
    return "\n".join(_line(row, widths, style) for row in cells)


def _line(row: Sequence[Cell], widths: Sequence[int], style: Style) -> str:
    parts = []
    for (text, look), width in zip(row, widths, strict=True):
        cut = text if display_width(text) <= width else shortened(text, width)
        padding = " " * (width - display_width(cut))
        parts.append(style.paint(cut, look) + padding)
    return "  ".join(parts).rstrip()
