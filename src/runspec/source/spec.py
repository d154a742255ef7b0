"""What declares runnables: a TOML file, or the block of a script (RCP)."""

from __future__ import annotations

from ..errors import Fault, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .document import Document
    from .script import Block

SCRIPTS = (".py", ".pyw")
NO_RECIPE = "no-recipe"
IN_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
RESERVED = ("", "config")


def read_spec(path: str) -> Document:
    """Read a spec; one that can't be read is a document with that fault only.

    What ends in `.toml` is TOML and in `.py` a script; anything else is a script where
    it has a block (RCP-03).
    """
    from .toml import parse_toml, read_toml

    if path.endswith(".toml"):
        return read_toml(path)
    from .file import read_bytes, text_of
    from .script import find_block, is_enough

    data = read_bytes(path, is_enough)
    if isinstance(data, Fault):
        return _faulty(data, path)
    block = find_block(data, path)
    if not isinstance(block, Fault):
        return _script(block, path)
    if block.code == NO_RECIPE and not path.endswith(SCRIPTS):
        text = text_of(data, path)
        return (
            _faulty(text, path) if isinstance(text, Fault) else parse_toml(text, path)
        )
    return _faulty(block, path)


def is_script(path: str) -> bool:
    """Whether `read_spec` takes a file for a script."""
    if path.endswith((".toml", *SCRIPTS)):
        return path.endswith(SCRIPTS)
    return read_spec(path).recipe != ""


def is_plain_program(path: str) -> bool:
    """Whether a file is a program that doesn't declare itself (RCP-07)."""
    if path.endswith(SCRIPTS):
        return declares_nothing(read_spec(path))
    if path.endswith(".toml") or not starts_like_program(path):
        return False
    return not read_spec(path).recipe


def starts_like_program(path: str) -> bool:
    """Whether a file begins with a shebang, or as what is compiled for Linux does."""
    try:
        with open(path, "rb") as file:
            return file.read(4).startswith((b"#!", b"\x7fELF"))
    except OSError:
        return False


def declares_nothing(document: Document) -> bool:
    """Whether it is a script that isn't a recipe."""
    return any(fault.code == NO_RECIPE for fault in document.faults)


def _faulty(fault: Fault, path: str) -> Document:
    from .document import Document

    document = Document(path)
    document.faults.append(fault)
    return document


def _script(block: Block, path: str) -> Document:
    from .document import RECIPE
    from .toml import parse_toml

    document = parse_toml(block.text, path, line_offset=block.line, margin="# ")
    table, name = RECIPE
    tool = document.tables.get(table)
    recipe = tool.get(name) if isinstance(tool, dict) else None
    torn = document.faults and name in block.text
    if recipe is None and not torn:
        place = FilePlace(path, 0, 0)
        detail = "its block has no [tool.runspec] table"
        return _faulty(Fault(NO_RECIPE, path, place, detail=detail), path)
    identity = recipe.get("name") if isinstance(recipe, dict) else None
    document.recipe = runnable_name(identity, path)
    for fault in document.faults:
        fault.runnable = document.recipe
    return document


def runnable_name(identity: object, path: str) -> str:
    """The name of a script's runnable, valid for tools, variables and jobs (RCP-04)."""
    name = _valid(identity) if isinstance(identity, str) else ""
    if name in RESERVED:
        stem = path[path.rfind("/") + 1 :]
        name = _valid(stem.removesuffix(".py").removesuffix(".pyw"))
    return "recipe" if name in RESERVED else name


def _valid(text: str) -> str:
    """With a dash for whatever can't stand in a name (SEC-02)."""
    text = text.replace("/", "-")
    if text.strip(IN_NAME):
        text = "".join(letter if letter in IN_NAME else "-" for letter in text)
    return text.lstrip("-_.").rstrip("-")
