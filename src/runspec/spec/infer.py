"""What an argument leaves unsaid, with the rule that says it (INF-01 to INF-09)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OF_SCALAR = {
    bool: ("flag", "INF-03"),
    int: ("int", "INF-04"),
    float: ("float", "INF-05"),
    str: ("str", "INF-06"),
}
OF_ITEMS = {bool: "bool", int: "int", float: "float", str: "str"}
CONTROLS = {
    "password": "password",
    "int": "number",
    "float": "number",
    "flag": "checkbox",
    "bool": "checkbox",
    "choice": "select",
    "path": "path",
    "rest": "tags",
}
NEVER_REQUIRED = ("flag", "rest")


def type_of(values: Mapping[str, object]) -> tuple[str, str]:
    """The type of an argument that declares none, and its rule."""
    if "options" in values:
        return "choice", "INF-02"
    default = values.get("default")
    if isinstance(default, list):
        return (OF_ITEMS.get(type(default[0]), "str") if default else "str"), "INF-07"
    return OF_SCALAR.get(type(default), ("str", "INF-07"))


def complete(values: dict[str, object]) -> dict[str, str]:
    """Add what follows from a known `type`; the rule of each attribute added."""
    added: dict[str, str] = {}

    def add(attribute: str, value: object, rule: str) -> None:
        if attribute not in values:
            values[attribute] = value
            added[attribute] = rule

    kind = str(values["type"])
    if "delimiter" in values:
        add("multiple", True, "ARG-10")
    elif isinstance(values.get("default"), list) and kind not in NEVER_REQUIRED:
        add("multiple", True, "ARG-09")
    add("required", kind not in NEVER_REQUIRED and "default" not in values, "INF-08")
    if kind == "flag":
        add("default", False, "INF-08")
    elif kind == "rest":
        add("default", [], "INF-08")
    add("ui", control(kind, values.get("multiple") is True), "INF-09")
    return added


def control(kind: str, multiple: bool) -> str:
    """The form control of a type (INF-09)."""
    if kind == "choice" and multiple:
        return "multiselect"
    if multiple and kind != "password":
        return "tags"
    return CONTROLS.get(kind, "text")
