"""Which names are those of secrets."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

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

ABOUT = (
    "age",
    "algorithm",
    "at",
    "based",
    "budget",
    "count",
    "dir",
    "domain",
    "enabled",
    "endpoint",
    "env",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "format",
    "hint",
    "in",
    "index",
    "label",
    "len",
    "length",
    "limit",
    "manager",
    "max",
    "min",
    "name",
    "names",
    "path",
    "pattern",
    "policy",
    "prompt",
    "provider",
    "ref",
    "regex",
    "required",
    "reset",
    "rules",
    "size",
    "source",
    "stdin",
    "store",
    "strength",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "usage",
    "used",
    "version",
)
"""A name that ends in one of these says something about a secret."""

_compiled: dict[str, Pattern[str]] = {}


def _key_pattern() -> str:
    kinds = "|".join(f"(?<={kind}key)|(?<={kind}[-_ ]key)" for kind in KEYS)
    return f"key(?:{kinds})"


def _name_pattern() -> str:
    """What a name has from its stem to its end."""
    about = "".join(f"(?<![-_]{word})" for word in ABOUT)
    camel = "".join(f"(?<!{word.capitalize()})" for word in ABOUT)
    tail = (
        r"(?:(?:[-_]|(?=\d)|(?<=[a-z])(?=[A-Z]))[A-Za-z0-9_-]{0,48}+"
        f"(?i:{about}){camel})?+"
    )
    stems = (
        r"pass(?:w(?:or[dt]|d)|phrase|code|(?<=[-_]pass))"
        # PWD is the working directory
        r"|pwd(?:(?<=[a-z0-9_-]pwd)(?<!oldpwd)|(?!\\{0,7}[\"']?[ \t]*[=:][ \t]*"
        r"\\{0,7}[\"']?[~/]))"
        r"|(?<!unexpected )token|secret|credentials?|cookie|authorization"
        rf"|auth(?<=[-_\"']auth)(?![-_])|{_key_pattern()}"
    )
    return rf"(?i:{stems})(?:s(?![A-Za-z0-9_-])|{tail})(?![A-Za-z0-9_-])"


def name_pattern() -> Pattern[str]:
    """Matches from a stem to the end of a secret's name."""
    if "" not in _compiled:
        from re import compile as compile_pattern

        _compiled[""] = compile_pattern(_name_pattern())
    return _compiled[""]


def own_pattern(name: str) -> Pattern[str]:
    """Matches `name`, in lower case, where it stands as a whole word."""
    if name not in _compiled:
        from re import compile as compile_pattern
        from re import escape

        source = rf"(?<![A-Za-z0-9])(?i:{escape(name)})(?![A-Za-z0-9_-])"
        _compiled[name] = compile_pattern(source)
    return _compiled[name]


def is_secret_name(name: str, own: frozenset[str] = frozenset()) -> bool:
    """Whether `name` is a secret's, by its words or as one of `own`."""
    folded = name.lower()
    if folded in own:
        return True
    starts = [folded.rfind(stem) for stem in STEMS if stem in folded]
    matches = (name_pattern().match(name, start) for start in starts)
    return any(match and match.end() == len(name) for match in matches)


def is_count_name(name: str) -> bool:
    """Whether `name` may be that of a number of secrets, such as `tokens`."""
    return name[-1:] in ("s", "S") and name[-4:].lower() != "pass"
