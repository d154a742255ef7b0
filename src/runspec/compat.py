"""What private modules of the interpreter give, and the public way to the same.

Only this module imports one, inside of the function that needs it. A private module
is taken because the public one brings others along that cost a start; where it is
missing or another than expected, the public one serves, with the same result.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signal
    import socket as socket
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any, Protocol

    class Hash(Protocol):
        """SHA-256 of what it was fed."""

        def update(self, data: bytes, /) -> None: ...
        def digest(self) -> bytes: ...
        def hexdigest(self) -> str: ...

    Parsed = list[tuple[Any, Any]]
    Library = tuple[Callable[[str], int], type[Any], type[Any]]

INSTEAD_OF = {"signal": "_signal", "socket": "_socket"}
"""The private module, without enums and selectors, for a public one."""


def __getattr__(name: str) -> "ModuleType":
    """`signal` and `socket`: the functions and numbers of these modules.

    Their constants are plain integers. A socket has the methods of socket(2), not
    `makefile` and `accept`.
    """
    if name not in INSTEAD_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = _module(INSTEAD_OF[name]) or __import__(name)
    return found


def _module(name: str) -> "ModuleType | None":
    """A private module; None where this interpreter has none of that name."""
    try:
        return __import__(name, fromlist=("*",))
    except ImportError:
        return None


def sha256() -> "Callable[[bytes], Hash]":
    """The hash without OpenSSL, whose loading costs a third of Python's start."""
    for name in ("_sha2", "_sha256"):
        found: Callable[[bytes], Hash] | None = getattr(_module(name), "sha256", None)
        if found is not None:
            return found
    from hashlib import sha256

    return sha256


def compare_digest(one: str, other: str) -> bool:
    """Whether two ASCII texts are the same, found in constant time."""
    try:
        from _operator import _compare_digest
    except ImportError:
        from hmac import compare_digest

        return compare_digest(one, other)
    return _compare_digest(one, other)


def weak_reference() -> "type[Any]":
    """`weakref.ref`, without the containers of that module."""
    try:
        from _weakref import ref
    except ImportError:
        from weakref import ref
    return ref


def count_threads() -> int:
    """The threads that Python knows of, beside the main one."""
    try:
        from _thread import _count

        return _count()
    except ImportError:
        return len(sys._current_frames()) - 1


def quoters() -> "tuple[Callable[[str], str], Callable[[str], str]]":
    """A text as JSON has it (RFC 8259, section 7): any characters, and ASCII only."""
    try:
        from _json import encode_basestring, encode_basestring_ascii
    except ImportError:
        from json import JSONEncoder

        return JSONEncoder(ensure_ascii=False).encode, JSONEncoder().encode
    return encode_basestring, encode_basestring_ascii


def json_scanner(options: "Any") -> "Callable[[str, int], tuple[Any, int]]":
    """Reads one value at an index, with the attributes of a JSONDecoder as options.

    It gives the value and its end; raises ValueError, StopIteration or SystemError
    where there is none. An error that is its own is a class of `json`.
    """
    try:
        from _json import make_scanner

        return make_scanner(options)
    except (ImportError, AttributeError, TypeError):
        from json import JSONDecoder

        names = ("parse_float", "parse_int", "parse_constant", "strict")
        return JSONDecoder(
            **{each: getattr(options, each) for each in names}
        ).raw_decode


def json_encoder(unknown: "Callable[[Any], Any]") -> "Callable[[Any], str]":
    """Gives the text of a value in ASCII without spaces (RFC 8259).

    It raises ValueError for NaN and infinities; `unknown` is called with what has no
    text in JSON.
    """
    try:
        from _json import encode_basestring_ascii, make_encoder

        options = (None, ":", ",", False, False, False)
        pieces = make_encoder(None, unknown, encode_basestring_ascii, *options)
    except (ImportError, TypeError):
        from json import JSONEncoder

        separators = (",", ":")
        return JSONEncoder(
            separators=separators,
            allow_nan=False,
            default=unknown,
            check_circular=False,
        ).encode
    return lambda value: "".join(pieces(value, 0))


def json_string(text: str, start: int) -> "tuple[str, int]":
    """The JSON text whose opening quote is before `start`, and where it ends.

    Raises ValueError, whose `pos` is the place of what is wrong.
    """
    try:
        from _json import scanstring
    except ImportError:
        from json import JSONDecoder

        found, end = JSONDecoder().raw_decode(text, start - 1)
        return str(found), end
    return scanstring(text, start)


def c_library(code: str) -> "Library":
    """`address(name)` of a function, the type for `code`, "P" a pointer or "i" an int,
    and that of functions which give one; a pointer is given as an int.

    Raises ImportError, OSError or AttributeError where the system has none of this.
    `ctypes` costs three times as much as what it wraps.
    """
    try:
        return _library_of_own(code)
    except (ImportError, TypeError):
        return _library_of_ctypes(code)


def _library_of_own(code: str) -> "Library":
    from _ctypes import FUNCFLAG_CDECL, CFuncPtr, _SimpleCData, dlopen, dlsym

    class Simple(_SimpleCData):  # type: ignore[type-arg]
        _type_ = code

    class Function(CFuncPtr):
        _flags_ = FUNCFLAG_CDECL
        _restype_ = Simple

    library = dlopen(None, 0)  # type: ignore[arg-type]
    return lambda name: dlsym(library, name), Simple, Function


def _library_of_ctypes(code: str) -> "Library":
    import ctypes

    library = ctypes.CDLL(None)

    def address(name: str) -> int:
        return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0

    simple = ctypes.c_void_p if code == "P" else ctypes.c_int
    return address, simple, ctypes.CFUNCTYPE(simple)


def parse_pattern(pattern: str) -> "tuple[Parsed, int]":
    """The standard library's parse of a regular expression: its tree and flags.

    The tree is a list of pairs of an operation, which has a `name`, and its argument.
    Raises `re.error`, OverflowError, ValueError or RecursionError.
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from re import _parser  # type: ignore[attr-defined]
        except ImportError:
            from .spec.regex.public import parse_by_dump

            return parse_by_dump(pattern)
        tree = _parser.parse(pattern)
    return tree, tree.state.flags


def casing() -> "tuple[Callable[[int], int], Callable[[int], bool], Mapping[int, Any]]":
    """How `re` ignores case: a code point's lower case, whether it has a case, and
    the further code points that a lower case one is equal to.
    """
    try:
        import _sre  # type: ignore[import-not-found]
        from re._casefix import _EXTRA_CASES  # type: ignore[import-not-found]

        lower, is_cased = _sre.unicode_tolower, _sre.unicode_iscased
    except (ImportError, AttributeError):
        from .spec.regex.public import casing_of_strings

        return casing_of_strings()
    return lower, is_cased, _EXTRA_CASES
