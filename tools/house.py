"""How large the package is, and how tied: `python tools/house.py` prints the figures.

- lines of code: neither blank, nor a comment, nor a docstring
- files and functions
- names that begin with a past participle (functions and classes)
- groups of files that import each other, at module level or in functions, and the
  same with the imports for types
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "runspec"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
IRREGULAR = frozenset(
    [
        "begun",
        "bound",
        "built",
        "chosen",
        "done",
        "drawn",
        "found",
        "given",
        "heard",
        "held",
        "kept",
        "known",
        "lost",
        "made",
        "meant",
        "said",
        "seen",
        "sent",
        "shown",
        "spent",
        "taken",
        "told",
        "written",
    ]
)
"""Participles that don't end in -ed."""
NO_PARTICIPLES = frozenset(
    ["embed", "exceed", "feed", "need", "proceed", "seed", "speed"]
)
_WORD = re.compile(r"_*([A-Z]?[a-z]+|[A-Z]+)")


def begins_with_participle(name: str) -> bool:
    """Whether the first word of a name is a past participle."""
    match = _WORD.match(name)
    word = match[1].lower() if match else ""
    regular = len(word) > 4 and word.endswith("ed") and word not in NO_PARTICIPLES
    return regular or word in IRREGULAR


def source_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def count_lines(text: str) -> int:
    """Lines that hold code; a docstring, or another text that stands alone, is none."""
    prose = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - prose)


def definitions(text: str) -> Iterator[str]:
    """The name of every function and class."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DEFINITIONS):
            yield node.name


def count_functions(text: str) -> int:
    return sum(isinstance(node, FUNCTIONS) for node in ast.walk(ast.parse(text)))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, known: frozenset[str], *, types: bool) -> set[str]:
    """The modules of this package that a file imports, wherever it does so."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package.pop()
    return set(_imports(ast.parse(path.read_text("utf-8")), package, known, types))


def _imports(
    tree: ast.AST, package: list[str], known: frozenset[str], types: bool
) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and _is_for_types(node) and not types:
            for other in node.orelse:
                yield from _imports(other, package, known, types)
        elif isinstance(node, ast.ImportFrom):
            yield from _targets(node, package, known)
        else:
            yield from _imports(node, package, known, types)


def _is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _targets(
    node: ast.ImportFrom, package: list[str], known: frozenset[str]
) -> Iterator[str]:
    base = package[: len(package) - node.level + 1] if node.level else []
    name = ".".join([*base, *(node.module or "").split(".")]).strip(".")
    for alias in node.names:
        if f"{name}.{alias.name}" in known:
            yield f"{name}.{alias.name}"
        elif name in known:
            yield name


def groups(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Sets of two and more modules that reach each other, the largest first."""
    reach = {name: _reachable(graph, name) for name in graph}
    found = {
        tuple(sorted(other for other in reach[name] if name in reach[other]))
        for name in graph
    }
    return sorted((list(each) for each in found if len(each) > 1), key=len)[::-1]


def _reachable(graph: Mapping[str, Iterable[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return seen


def import_groups(*, types: bool) -> list[list[str]]:
    files = {module_name(path): path for path in source_files()}
    known = frozenset(files)
    return groups(
        {name: imports(path, known, types=types) for name, path in files.items()}
    )


def main() -> int:
    texts = [path.read_text("utf-8") for path in source_files()]
    names = [name for text in texts for name in definitions(text)]
    participles = sum(map(begins_with_participle, names))
    print(f"lines of code  {sum(map(count_lines, texts)):6,}")
    print(f"files          {sum(bool(text.strip()) for text in texts):6,}")
    print(f"functions      {sum(map(count_functions, texts)):6,}")
    print(f"participles    {participles:6,}  ({participles / len(names):.1%} of names)")
    for words, types in (("import each other", False), ("the same with types", True)):
        sizes = ", ".join(str(len(each)) for each in import_groups(types=types))
        print(f"{words}: groups of {sizes or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
