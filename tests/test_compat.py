"""Private modules of the interpreter: one place, and the same without them."""

from __future__ import annotations

import ast
import ctypes
import hashlib
import json
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from environments import ROOT
from runspec import compat
from runspec.spec.regex import PatternError
from runspec.spec.regex import parse as patterns

SOURCES = ROOT / "src" / "runspec"
FOR_TYPES = {"_typeshed"}
"""Stubs, which no interpreter has."""
DOCUMENTED = "_thread."
"""A module of the library reference, whatever its name says."""
PRIVATE = {
    *("_ctypes", "_json", "_operator", "_sha2", "_sha256", "_signal", "_socket"),
    *("_sre", "_thread", "_weakref", "re._casefix", "re._parser"),
}


def _is_private(name: str) -> bool:
    parts = name.removeprefix(DOCUMENTED).split(".")
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


def _imported(path: Path) -> Iterator[str]:
    """What a file imports from outside of the package, by full names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "__import__",
            "import_module",
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def test_only_compat_imports_private_modules_and_names():
    found = {
        f"{path.relative_to(SOURCES)}: {name}"
        for path in SOURCES.rglob("*.py")
        for name in _imported(path)
        if _is_private(name)
        and name.partition(".")[0] not in FOR_TYPES
        and path != SOURCES / "compat.py"
    }
    assert not found


def test_compat_imports_private_modules_only_where_they_are_needed():
    tree = ast.parse((SOURCES / "compat.py").read_text("utf-8"))
    at_start = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert at_start == {"sys"}


def test_of_uvicorn_only_what_its_documentation_names_is_imported():
    found = {
        name
        for path in SOURCES.rglob("*.py")
        for name in _imported(path)
        if name.startswith("uvicorn.")
    }
    assert not found


def take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that has none of those modules; what is loaded goes on."""
    assert ctypes.CDLL
    for name in PRIVATE:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("_casefix", "_parser"):
        monkeypatch.delattr(re, name)
    for name in compat.INSTEAD_OF:
        monkeypatch.delitem(vars(compat), name, raising=False)


TEXTS = ("", "plain", 'quo"te\\', "é\u2028\n\x00\x7f", "\U0001f600", "\ud800")
VALUES = (None, True, 0, -1.5, 2**70, "é", [], [1, [2]], {}, {"a": {"b": [None]}})
PATTERNS = (
    *("", "a", "[a-z0-9_]+", "(?:a|b|)*?c", "(?i)straße", "^x{2,}$", "(?<=ab)c"),
    *(r"\d+\.\w*\b", "(?s:.)(?-i:A)", "a++b", "(?>ab|a)", "[^\\s,]{1,3}", "x*+"),
    *("(?!)", "(?!a)b", r"\Ba\Z", "[а-я]", "(?m)^a$", "(?a)\\w", "(a)(?P<n>b)"),
    *("É|(|)", "[a-]]", "(?i:[^é-ü])", "(?:)*", r"\x00\n ", "[(,)]", "OR|ELSE"),
)
WRONG_PATTERNS = ("(", "[", "a**", "(?P<1>a)", "a{2,1}", r"(a)\1", "(a)?(?(1)b|c)")


class _Options:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _error(call: Callable[[], object]) -> object:
    try:
        return call()
    except (PatternError, ValueError) as error:
        return type(error).__name__, str(error)


def _quoted() -> object:
    unicode, ascii_only = compat.quoters()
    return [(unicode(text), ascii_only(text)) for text in TEXTS]


def _scanned() -> object:
    scan = compat.json_scanner(_Options)
    return [scan(json.dumps(value) + " x", 0) for value in VALUES]


def _encoded() -> object:
    encode = compat.json_encoder(str)
    return [encode(value) for value in (*VALUES, *TEXTS)]


def _strings() -> object:
    found = [compat.json_string("[" + json.dumps(text), 2) for text in TEXTS]
    wrong = ('"abc', '"\\x"', '"a\nb"')
    places = []
    for text in wrong:
        with pytest.raises(ValueError) as error:  # noqa: PT011  json's and the scanner's
            compat.json_string(text, 1)
        places.append(getattr(error.value, "pos", None))
    return found, places


def _casing() -> object:
    lower, is_cased, equal = compat.casing()
    lowered = [lower(code) for code in range(0x110000)]
    return lowered, [bool(is_cased(code)) for code in range(0x110000)], dict(equal)


def _library() -> object:
    address, pointer, to_address = compat.c_library("P")
    _, _, to_int = compat.c_library("i")
    absolute = to_int(address("abs"))(-3)
    copy = to_address(address("strdup"))(b"text")
    size = to_int(address("strlen"))(pointer(copy))
    to_int(address("free"))(pointer(copy))
    with pytest.raises((AttributeError, OSError)):
        address("no_such_function_at_all")
    return absolute, size


def _numbers() -> object:
    numbers = int(compat.signal.SIGTERM), int(compat.signal.SIG_IGN)
    one, other = compat.socket.socketpair()
    one.sendall(b"over")
    found = other.recv(10)
    for each in (one, other):
        each.close()
    return numbers, found


def _referred() -> object:
    class Thing:
        pass

    dropped: list[bool] = []
    thing = Thing()
    reference = compat.weak_reference()(thing, lambda _: dropped.append(True))
    alive = reference() is thing
    del thing
    return alive, reference(), dropped


def _parsed(pattern: str) -> object:
    return _shape(_error(lambda: patterns.parse(pattern)))


def _shape(node: Any) -> object:
    """A tree of plain values, to be compared."""
    if isinstance(node, list | tuple):
        return [_shape(each) for each in node]
    names = getattr(node, "__slots__", ())
    if names:
        values = {name: _shape(getattr(node, name, None)) for name in names}
        return type(node).__name__, values
    return str(node)


WAYS: dict[str, Callable[[], object]] = {
    "quoters": _quoted,
    "json_scanner": _scanned,
    "json_encoder": _encoded,
    "json_string": _strings,
    "casing": _casing,
    "c_library": _library,
    "signal and socket": _numbers,
    "weak_reference": _referred,
    "count_threads": compat.count_threads,
    "sha256": lambda: compat.sha256()(b"abc").hexdigest(),
    "compare_digest": lambda: [compat.compare_digest("a", each) for each in "ab"],
    "parse_pattern": lambda: [_parsed(each) for each in (*PATTERNS, *WRONG_PATTERNS)],
}


@pytest.mark.parametrize("name", WAYS)
def test_without_its_private_module_a_function_gives_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    by_private = WAYS[name]()
    take_away(monkeypatch)
    assert WAYS[name]() == by_private


def test_what_is_given_then_is_of_the_public_modules(monkeypatch: pytest.MonkeyPatch):
    take_away(monkeypatch)
    assert compat.signal.SIGTERM is signal.SIGTERM
    assert compat.socket.socketpair is socket.socketpair
    assert compat.sha256() is hashlib.sha256


def test_every_function_of_compat_is_compared():
    public = {
        name
        for name, each in vars(compat).items()
        if callable(each)
        and each.__module__ == compat.__name__
        and not name.startswith("_")
    }
    assert public == WAYS.keys() - {"signal and socket"}


def test_the_private_modules_are_those_of_this_interpreter():
    """What is taken away above was there before."""
    here = {name for name in PRIVATE if name in sys.modules or _is_found(name)}
    assert PRIVATE - here <= {"_sha2", "_sha256"}
    assert here & {"_sha2", "_sha256"}


def _is_found(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
