"""`runspec show`: one runnable, every field with the reason of its value."""

from __future__ import annotations

from ..errors import CallError, Fault
from ..render.text import BOLD, CYAN, DIM, escaped
from ..spec.fields import TABLES
from ..spec.inherit import INHERITED as FROM_ABOVE
from ..spec.plain import plain_runnable, plain_value
from ..specfile import find_spec
from . import output
from .lookup import declared_in, is_path, locate, locate_in
from .showrecipe import OF_RECIPES, needs, recipe_of, with_recipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import Loaded
    from ..call import Args
    from ..model import Arg, Runnable
    from ..model_more import Group
    from ..recipe import Recipe
    from ..render.text import Style
    from ..spec.plain import Json
    from .lookup import Located

    Cells = list[tuple[str, str, str]]

NESTED = ("args", "groups", "commands")
INHERITED = {
    "autonomy": "AUT-01",
    "enforce_run_as": "CFG-03",
    "runspec_env": "ENV-01",
}
"""Fields that take their value from [config], and by which rule."""


def run(args: Args) -> int:
    """Show the runnable or the command that the positionals name."""
    located, commands = _located(args.name.value, args.commands.value or [])
    loaded = located.load()
    chain = _chain(loaded[1], commands)
    facts = _facts(chain, loaded)
    recipe = None if commands else recipe_of(located, loaded[1])
    if args.format.value == "json":
        shown = _json(chain, facts, loaded)
        output.show_json(shown if recipe is None else with_recipe(shown, recipe))
    else:
        output.show(_text(chain, facts, loaded, recipe, output.style()))
    return 0


def _located(name: str, commands: list[str]) -> tuple[Located, list[str]]:
    """What is meant: of a file with several runnables, the first word says which."""
    if is_path(name) and commands:
        path = find_spec(name, {}, None)
        if commands[0] in declared_in(path):
            return locate_in(path, commands[0]), commands[1:]
    return locate(name), commands


def _chain(runnable: Runnable, commands: list[str]) -> list[Runnable]:
    from ..nearest import nearest

    chain = [runnable]
    for name in commands:
        below = chain[-1].commands
        if name not in below:
            near = nearest(name, below)
            fault = Fault(
                "unknown-command",
                name,
                received=name,
                expected=tuple(below),
                candidates=near,
            )
            raise CallError(fault, runnable=runnable.name)
        chain.append(below[name])
    return chain


def _facts(chain: list[Runnable], loaded: Loaded) -> dict[str, Json]:
    """The fields of the last of `chain`, inherited ones filled in."""
    facts = plain_runnable(chain[0], loaded[2])
    for level in chain[1:]:
        facts = facts["commands"][level.name]  # type: ignore[assignment,index,call-overload]
    return facts


def _why_field(chain: list[Runnable], attribute: str, value: Json) -> str:
    if chain[-1].declares(attribute):
        return "declared"
    if attribute == "autonomy" and any(level.autonomy for level in chain):
        return "AUT-02"
    if attribute in FROM_ABOVE and any(level.declares(attribute) for level in chain):
        return "RUN-16"
    inherited = attribute in INHERITED and value is not None
    return INHERITED[attribute] if inherited else "default"


def _why_arg(arg: Arg, attribute: str) -> str:
    rule = arg.inferred.get(attribute)
    return rule or ("declared" if arg.declares(attribute) else "default")


def _json(
    chain: list[Runnable], facts: dict[str, Json], loaded: Loaded
) -> dict[str, Json]:
    """Fields as SCH-10 has them, and `why` with the reason of each, by name."""
    runnable = chain[-1]
    why: dict[str, Json] = {
        key: _why_field(chain, key, facts[key])
        for key in facts
        if key not in (*NESTED, "name")
    }
    arguments: dict[str, Json] = {
        arg.name: {f.attribute: _why_arg(arg, f.attribute) for f in TABLES["arg"]}
        for arg in runnable.args.values()
    }
    return {
        "source": loaded[0],
        "command": [level.name for level in chain],
        "runnable": facts,
        "why": {**why, "args": arguments},
    }


def _text(
    chain: list[Runnable],
    facts: dict[str, Json],
    loaded: Loaded,
    recipe: Recipe | None,
    style: Style,
) -> str:
    runnable = chain[-1]
    title = " ".join(level.name for level in chain)
    head = f"{style.paint(title, BOLD)}  {style.paint(escaped(loaded[0]), DIM)}"
    apart = () if recipe is None else OF_RECIPES
    tables = [(head, _field_cells(chain, facts, apart))]
    if recipe is not None:
        facts_of = [(key, _value(value), why) for key, value, why in needs(recipe)]
        tables.append((style.paint("recipe", CYAN), facts_of))
    tables += [
        (_head("args", arg, style), _arg_cells(arg, chain[0].name))
        for arg in runnable.args.values()
    ]
    tables += [
        (_head("groups", group, style), _group_cells(group))
        for group in runnable.groups.values()
    ]
    blocks = ["\n".join([title, *_lines(cells, style)]) for title, cells in tables]
    if runnable.commands:
        below = runnable.commands.values()
        cells = [(each.name, each.description or "") for each in below]
        blocks.append("\n".join([style.paint("commands", CYAN), *output.rows(cells)]))
    return "\n\n".join(blocks)


def _head(table: str, record: Arg | Group, style: Style) -> str:
    return style.paint(f"{table}.{record.name}", CYAN)


def _field_cells(
    chain: list[Runnable], facts: dict[str, Json], apart: tuple[str, ...]
) -> Cells:
    """The fields of a runnable, without those that stand `apart`."""
    return [
        (field.key, _value(facts[field.attribute]), why)
        for field in TABLES["runnable"]
        if field.key not in (*NESTED, *apart)
        for why in (_why_field(chain, field.attribute, facts[field.attribute]),)
        if why != "default" or field.default not in (None, "", (), {})
    ]


def _arg_cells(arg: Arg, runnable: str) -> Cells:
    from ..resolve import variable_of
    from ..spec.names import OWN_VARIABLES, exported

    cells: Cells = []
    if exported(arg.name) in OWN_VARIABLES:
        cells.append(("exported", variable_of(runnable, arg.name), "ARG-23"))
    for field in TABLES["arg"]:
        why = _why_arg(arg, field.attribute)
        value = plain_value(getattr(arg, field.attribute))
        if why != "default" or value not in (None, [], {}):
            cells.append((field.key, _value(value), why))
    return cells


def _group_cells(group: Group) -> Cells:
    return [
        (field.key, _value(plain_value(getattr(group, field.attribute))), "declared")
        for field in TABLES["group"]
        if group.declares(field.attribute)
    ]


REASONS = {
    "ARG-23": "its short name has a meaning of its own",
    "AUT-01": "from [config]",
    "AUT-02": "from above",
    "CFG-03": "from [config]",
    "ENV-01": "from [config]",
    "RUN-16": "from above",
}
"""Where a value comes from, by the rule."""


def _reason(rule: str) -> str:
    """Where a value comes from, in words; JSON has the rule of the specification."""
    return REASONS.get(rule, "inferred" if rule.startswith("INF-") else rule)


def _value(value: Json) -> str:
    """As TOML would have it, on one line; nothing is a dash."""
    import json

    if value is None:
        return "-"
    return escaped(json.dumps(value, ensure_ascii=False))


def _lines(cells: Cells, style: Style) -> list[str]:
    """Key, value, reason; the reason is beside values that leave room for it."""
    key = max((len(row[0]) for row in cells), default=0)
    room = style.width - key - 14
    fitting = [len(value) for _, value, _ in cells if len(value) <= room]
    width = max(fitting, default=0)
    return [
        f"  {name:<{key}}  {value:<{width}}  {style.paint(_reason(why), DIM)}"
        for name, value, why in cells
    ]
