"""Which names are those of secrets."""

from __future__ import annotations

import os

from ..errors import MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

    from ..spec.plain import Json

STEMS = ("pass", "pwd", "token", "secret", "credential", "cookie", "auth", "key")
"""One of them is in every name, in lower case."""

KEYS = (
    "api",
    "access",
    "account",
    "auth",
    "deploy",
    "encryption",
    "master",
    "private",
    "secret",
    "service",
    "session",
    "shared",
    "signing",
    "ssh",
    "storage",
    "webhook",
)
"""What a key is of that is a secret: `api_key`, `private key`."""

_compiled: dict[str, Pattern[str]] = {}


def _key_pattern() -> str:
    kinds = "|".join(f"(?<={kind}key)|(?<={kind}[-_ ]key)" for kind in KEYS)
    return f"key(?:{kinds})"


def _name_pattern() -> str:
    """What a name has from its stem to its end."""
    tail = r"(?:[-_]|(?=\d)|(?<=[a-z])(?=[A-Z]))[A-Za-z0-9_-]{0,48}+"
    stems = (
        r"pass(?:w(?:or[dt]|d)|phrase|code|(?<=[-_]pass))"
        # PWD is the working directory
        r"|pwd(?:(?<=[a-z0-9_-]pwd)(?<!oldpwd)|(?!\\{0,7}[\"']?[ \t]*[=:][ \t]*"
        r"\\{0,7}[\"']?[~/]))"
        r"|(?<!unexpected )token|secret|credentials?|cookie|authorization"
        rf"|auth(?<=[-_\"']auth)(?![-_])|{_key_pattern()}"
    )
    return rf"(?i:{stems})(?:s(?![A-Za-z0-9_-])|(?:{tail})?+)(?![A-Za-z0-9_-])"


def name_pattern() -> Pattern[str]:
    """Matches from a stem to the end of a secret's name."""
    if "" not in _compiled:
        from re import compile as compile_pattern

        _compiled[""] = compile_pattern(_name_pattern())
    return _compiled[""]


def full_name(text: str, start: int, end: int) -> str:
    """The whole name in a text of which the stem begins at `start`."""
    first = start
    if text[start - 1 : start + 3].lower() == " key":  # of what stands before it
        first -= 1
    least = max(0, start - LONGEST_NAME)
    while first > least and (text[first - 1].isalnum() or text[first - 1] in "-_"):
        first -= 1
    return text[first:end]


def own_pattern(name: str) -> Pattern[str]:
    """Matches `name`, in lower case, where it stands as a whole word."""
    if name not in _compiled:
        from re import compile as compile_pattern
        from re import escape

        source = rf"(?<![A-Za-z0-9])(?i:{escape(name)})(?![A-Za-z0-9_-])"
        _compiled[name] = compile_pattern(source)
    return _compiled[name]


LAST_WORDS = frozenset(
    (
        *("password", "passwd", "passwort", "passphrase", "passcode", "pass", "pwd"),
        *("token", "secret", "credential", "cookie", "authorization", "auth", "pin"),
        *("apikey", "secretkey", "privatekey", "accesskey"),
    )
)
"""A name that ends in one of them, or its plural, is that of a secret."""
JOINED = ("password", "passwd", "passphrase", "token", "secret")
"""What ends a word that is written together, as in `PGPASSWORD`."""
NO_WORDS = frozenset(
    (
        *("old", "new", "current", "previous", "backup", "confirm", "confirmation"),
        *("dev", "staging", "prod", "production", "v"),
        *("value", "string", "base", "raw", "plain", "pem", "json"),
    )
)
"""Behind a credential's word they say which or in what form, as do numbers."""
NUMERIC = frozenset(("password", "passphrase", "passcode", "pin"))
"""Credentials that may be numbers."""
DIRECTORIES = ("pwd", "oldpwd")
SHORTEST = 4
"""Of fewer characters no value is kept from anybody."""
LONGEST_SEGMENT = 20
LONGEST_NAME = 64
MARKERS = (("<", ">"), ("[", "]"), ("${", "}"))
"""What stands around the special tokens of a language model, and references."""


def words_of(name: str) -> list[str]:
    """The words of a name in lower case, also of `camelCase`; numbers are none."""
    words = [""]
    for index, each in enumerate(name):
        if not each.isalpha():
            words.append("")
            continue
        word = words[-1]
        lower_next = name[index + 1 : index + 2].islower()
        if each.isupper() and word and (word[-1].islower() or lower_next):
            words.append("")
        words[-1] += each
    return [word.lower() for word in words if word]


def credential_word(name: str) -> str:
    """The word for which `name` is a secret's; "" where it is none."""
    words = words_of(name)
    while words and words[-1] in NO_WORDS:
        words.pop()
    if not words:
        return ""
    last = words[-1]
    singular = last if last in LAST_WORDS else last.removesuffix("s")
    if singular == "key":
        return "key" if len(words) > 1 and words[-2] in KEYS else ""
    if singular in LAST_WORDS:
        return singular
    return next((word for word in JOINED if singular.endswith(word)), "")


def is_secret_name(name: str, own: frozenset[str] = frozenset()) -> bool:
    """Whether `name` is a secret's, by its words or as one of `own`.

    What is left of a name of which a part is masked isn't one.
    """
    return name.lower() in own or (MASK not in name and bool(credential_word(name)))


def is_credential(name: str, value: Json = None) -> bool:
    """Whether a variable or key of that name has a secret, as far as its name says.

    `value` is None where it isn't known. Switches, numbers, lists of numbers, paths,
    references and markers such as `<mask>` are no secrets, whatever they are called.
    """
    word = credential_word(name)
    if not word or name.lower() in DIRECTORIES:
        return False
    return value is None or _may_be_secret(value, word)


def _may_be_secret(value: Json, word: str) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return word in NUMERIC
    if isinstance(value, list):
        return any(_may_be_secret(each, word) for each in value)
    if not isinstance(value, str):
        return value is not None
    is_marker = any(
        value.startswith(first) and value.endswith(last) and not set(" \t") & set(value)
        for first, last in MARKERS
    )
    return len(value) >= SHORTEST and not is_marker and not _is_path(value)


def _is_path(text: str) -> bool:
    """One that is there, or whose parts are words rather than a key's characters."""
    if not text.startswith(("/", "~/", "./", "../")) or "\n" in text:
        return False
    if os.path.lexists(os.path.expanduser(text)):
        return True
    return not any(_is_random(segment) for segment in text.split("/"))


def _is_random(segment: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    mixed = all(any(map(kind, segment)) for kind in kinds)
    return (
        "=" in segment or "+" in segment or (mixed and len(segment) > LONGEST_SEGMENT)
    )
