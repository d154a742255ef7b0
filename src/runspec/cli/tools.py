"""The tools of another host, as text and as JSON."""

from __future__ import annotations

from ..render.text import BOLD, CYAN, escaped, flow, words
from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..spec.plain import Json

LEVEL = "x-autonomy"
NARROWEST = 30


def show_tools(host: str, tools: Sequence[Json], form: str) -> None:
    """Those of one host."""
    if form == "json":
        output.show_json({"host": host, "tools": [*tools]})
    else:
        output.show(listed(host, tools))


def listed(host: str, tools: Sequence[Json]) -> str:
    """A line for each tool, with how far an agent may go by itself."""
    style = output.style()
    lines = [style.paint(escaped(host), BOLD)]
    if not tools:
        return "\n".join([*lines, "  no tools"])
    names = [_text(each, "title") or _text(each, "name") for each in tools]
    width = max(map(len, names))
    room = max(style.width - width - 18, NARROWEST)
    for name, tool in zip(names, tools, strict=True):
        description = " ".join(_text(tool, "description").split("\n\n")[0].split())
        first, *more = [
            " ".join(word for word, _ in line)
            for line in flow(words(escaped(description)), room)
        ] or [""]
        shown = style.paint(escaped(name).ljust(width), CYAN)
        lines.append(f"  {shown}  {_text(tool, LEVEL):<12}  {first}".rstrip())
        lines += [" " * (width + 18) + line for line in more]
    return "\n".join(lines)


def _text(tool: Json, key: str) -> str:
    found = tool.get(key) if isinstance(tool, dict) else None
    return found if isinstance(found, str) else ""
