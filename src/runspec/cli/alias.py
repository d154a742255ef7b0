"""Commands and options as the public implementation has them, in this one's words.

Only the words change: what they mean is checked and done as for anybody else's call.
"""

from __future__ import annotations

JSON = ("--format", "json")
COMMANDS: dict[tuple[str, ...], str] = {("audit", "list"): "show"}
OPTIONS: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {
    ("history",): {"--json": JSON, "--failed": ("--status", "failed")},
    ("history", "prune"): {"--older-than": ("--keep-days",), "--max-rows": ("--max",)},
    ("logs", "prune"): {"--older-than": ("--keep-days",), "--max-files": ("--max",)},
    ("deny",): {"--json": JSON},
    ("audit",): {"--json": JSON},
}
"""What an option is called here, by the commands that it stands behind."""
MISSING = frozenset(
    (
        *("--label", "--trigger", "--lock", "--skip-if-running"),
        *("--capture-bytes", "--timeout"),
    )
)
"""Options of `exec` that aren't there: refused, never the program's."""


def translate(argv: list[str]) -> list[str]:
    """The same call in the words of this command's own spec."""
    if argv[:1] == ["exec"]:
        return _translate_exec(argv[1:])
    words = argv[:]
    if tuple(argv[:2]) in COMMANDS:
        words[1] = COMMANDS[tuple(argv[:2])]
    for path, options in OPTIONS.items():
        if tuple(argv[: len(path)]) == path:
            words = [each for word in words for each in _translate(word, options)]
    return words


def _translate(word: str, options: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    name, equals, value = word.partition("=")
    found = options.get(name)
    if found is None or (equals and len(found) > 1):
        return (word,)
    return (f"{found[0]}={value}",) if equals else found


def _translate_exec(words: list[str]) -> list[str]:
    """`run`, with its own options in front, so that none is the program's."""
    end = words.index("--") if "--" in words else len(words)
    own = [word for word in words[:end] if word.partition("=")[0] in MISSING]
    others = [word for word in words[:end] if word not in own]
    return ["run", *own, *others, *words[end:]]
