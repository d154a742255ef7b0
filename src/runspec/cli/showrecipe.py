"""What `runspec show` says of a recipe: all that a launch needs (RCP-10)."""

from __future__ import annotations

from ..run.program import is_launched
from ..spec.fields import TABLES
from ..spec.plain import plain_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Runnable
    from ..recipe import Recipe
    from ..spec.plain import Json
    from .lookup import Located

    Fact = tuple[str, Json, str]

TEXTS = ("name", "image", "setup", "docs", "schema")
SECTIONS = {"run": "run", "config": "recipe-config", "resources": "resources"}
"""The tables of a recipe, by the name of their rows in `spec/fields.py`."""
OF_RECIPES = (*TEXTS, *SECTIONS, "env")
"""The fields of a runnable that are the recipe format's."""
WORKED_OUT = ("config_dir", "script_path")
FROM_BLOCK = ("dependencies", "requires_python")
PLACES_RULE = "RCP-10"


def recipe_of(located: Located, runnable: Runnable) -> Recipe | None:
    """The recipe, where it is a script or a section that says how it is launched."""
    from ..recipe import parse
    from ..source.spec import is_script

    if not is_launched(runnable) and not is_script(located.path):
        return None
    return parse(located.path, located.name)


def needs(recipe: Recipe) -> Iterator[Fact]:
    """Dotted key, value and the reason of the value, defaults included."""
    for key in TEXTS:
        yield key, plain_value(getattr(recipe, key)), _why(recipe, key)
    for key, table in SECTIONS.items():
        held = getattr(recipe, key)
        for field in TABLES[table]:
            value = plain_value(getattr(held, field.attribute))
            yield f"{key}.{field.attribute}", value, _why(recipe, key, field.attribute)
    yield "env", plain_value(dict(recipe.env)), _why(recipe, "env")
    for key in FROM_BLOCK:
        value = plain_value(getattr(recipe, key))
        yield key, value, "declared" if value else "default"
    for key in WORKED_OUT:
        yield key, plain_value(getattr(recipe, key)), PLACES_RULE


def with_recipe(shown: dict[str, Json], recipe: Recipe) -> dict[str, Json]:
    """JSON of a runnable with that of its recipe, and what is doubtful about it."""
    from ..render.fault import faults_json

    facts: dict[str, Json] = {}
    reasons: dict[str, Json] = {}
    for key, value, reason in needs(recipe):
        _put(facts, key, value)
        _put(reasons, key, reason)
    why: Json = {**shown["why"], "recipe": reasons}  # type: ignore[dict-item]
    warnings: Json = faults_json(recipe.warnings)  # type: ignore[assignment]
    return {**shown, "recipe": facts, "why": why, "warnings": warnings}


def _put(tree: dict[str, Json], key: str, value: Json) -> None:
    table, _, below = key.rpartition(".")
    held = tree.setdefault(table, {}) if table else tree
    held[below] = value  # type: ignore[index,call-overload]


def _why(recipe: Recipe, table: str, key: str | None = None) -> str:
    return "declared" if recipe.declares(table, key) else "default"
