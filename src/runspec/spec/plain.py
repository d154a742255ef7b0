"""Records as plain data: what `--format json` prints (SCH-10)."""

from __future__ import annotations

from ..model import Record
from .fields import NAMED, TABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from ..model import Config, Runnable

    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


def plain(record: Record) -> dict[str, Json]:
    """Every field of the record's table by attribute, in the table's order.

    What the spec doesn't set is its default; a record that is known by a name has
    its `name` first.
    """
    table = record.table
    data: dict[str, Json] = {}
    if table in NAMED:
        data["name"] = plain_value(getattr(record, "name", ""))
    for field in TABLES[table]:
        data[field.attribute] = plain_value(getattr(record, field.attribute))
    return data


def plain_runnable(runnable: Runnable, config: Config) -> dict[str, Json]:
    """`plain()` with what `[config]` and the levels above decide filled in.

    These are `autonomy` (AUT-01, AUT-02), `enforce_run_as` (CFG-03),
    `runspec_env` (ENV-01) and what commands inherit (RUN-16), at every level of
    commands.
    """
    return _filled((runnable,), config)


def _filled(chain: tuple[Runnable, ...], config: Config) -> dict[str, Json]:
    from ..model import autonomy_of
    from .inherit import INHERITED, inherited

    level = chain[-1]
    data = plain(level)
    data["autonomy"] = autonomy_of(chain, config)
    enforced = inherited(chain, "enforce_run_as")
    data["enforce_run_as"] = enforced or config.enforce_run_as
    data["runspec_env"] = level.runspec_env or config.runspec_env
    for attribute in INHERITED:
        data[attribute] = plain_value(inherited(chain, attribute))
    data["commands"] = {
        name: _filled((*chain, command), config)
        for name, command in level.commands.items()
    }
    return data


def plain_value(value: object) -> Json:
    """Any TOML value or record as JSON has it.

    Dates and times are ISO 8601 text; `inf` and `nan`, which JSON hasn't (RFC 8259,
    section 6), are the words TOML has for them.
    """
    if isinstance(value, Record):
        return plain(value)
    if isinstance(value, tuple | list):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    isoformat = getattr(value, "isoformat", None)
    return str(value if isoformat is None else isoformat())
