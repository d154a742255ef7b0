"""Where each value of a launch comes from, and what would be executed."""

from __future__ import annotations

from ..render.text import BOLD, DIM, escaped
from .table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..launch.config.overrides import Path
    from ..launch.executor import Rendered
    from ..launch.request import Prepared
    from ..render.text import Style
    from ..spec.plain import Json

VARIABLES = "env_vars"
DEFAULT = "default"
OWN = "runspec launch"


def explained(prepared: Prepared, style: Style) -> str:
    """Three tables: how it is launched, its variables, its configuration."""
    parts = [_table("Launch", _settings(prepared), style)]
    parts.append(_table("Variables", _variables(prepared), style))
    if prepared.merged is not None:
        parts.append(_table("Configuration", _configuration(prepared), style))
    return "\n\n".join(part for part in parts if part)


def rendered(found: Sequence[Rendered], style: Style) -> str:
    """What would be executed or sent; each by its name where there are several."""
    if len(found) == 1:
        return found[0].text.rstrip("\n")
    return "\n\n".join(
        f"{style.paint(f'# {each.name}', BOLD)}\n{each.text.rstrip(chr(10))}"
        for each in found
    )


def _settings(prepared: Prepared) -> list[tuple[str, str, str]]:
    """What the plan has; a setting that nobody made is left out."""
    plan, sources = prepared.plan, prepared.settings.sources
    chosen = {
        "executor": plan.executor,
        "container_runtime": plan.container,
        "container_image": plan.image,
        "launch": plan.launcher,
        "nodes": plan.nodes,
        "gpus_per_node": plan.gpus,
        "workdir": plan.workdir,
    }
    record = prepared.settings.record
    rest = {name: getattr(record, name) for name in record.declared()}
    rows = []
    for name, value in {**rest, **chosen}.items():
        if value is not None and not isinstance(value, dict):
            rows.append((name, _text(value), sources.get(name, DEFAULT)))
    if plan.executor == "local" and plan.container == "none":
        from ..launch.local.interpreter import interpreter_of

        found = interpreter_of(plan.recipe, record.python)
        rows = [row for row in rows if row[0] != "python"]
        rows.append(("python", found.python, found.why))
    return rows


def _variables(prepared: Prepared) -> list[tuple[str, str, str]]:
    sources = prepared.settings.sources
    given = prepared.request.environ
    rows = []
    for name, value in prepared.plan.environ.items():
        source = sources.get(f"{VARIABLES}.{name}", OWN)
        rows.append((name, value, "--env" if name in given else source))
    for name, reference in prepared.plan.secrets.items():
        rows.append((name, reference, sources.get(f"secrets.{name}", "--env")))
    for name, variable in prepared.settings.absent.items():
        rows.append((name, "left out", f"{variable} isn't set here"))
    return rows


def _configuration(prepared: Prepared) -> list[tuple[str, str, str]]:
    from ..launch.config.overrides import dotted, masked

    merged = prepared.merged
    if merged is None:
        return []
    sources = merged.sources
    rows = []
    for path, value in _leaves(merged.data, ()):
        name = dotted(path)
        shown = masked(f"{name}={_text(value)}").removeprefix(f"{name}=")
        rows.append((name, shown, sources.get(name, DEFAULT)))
    return rows


def _leaves(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    """What holds nothing else, by path, in order."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _leaves(each, (*path, index))
    elif path:
        yield path, value


def _text(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(title: str, rows: Sequence[tuple[str, str, str]], style: Style) -> str:
    if not rows:
        return ""
    cells = [
        [(escaped(name), ""), (escaped(value), ""), (escaped(source), DIM)]
        for name, value, source in rows
    ]
    return f"{style.paint(title, BOLD)}\n{table(cells, style, wide=1)}"
