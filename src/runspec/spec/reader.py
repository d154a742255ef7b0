"""What all readers of a spec share: the document and the faults found in it."""

from __future__ import annotations

from ..errors import Fault
from ..nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from ..errors import Place, Word
    from ..source.document import Document

    Path: TypeAlias = tuple[str | int, ...]
    Builder: TypeAlias = Callable[["Reader", Path, str, object], object]

BAD: object = object()
"""What a reader returns instead of a value when it has reported a fault."""

MOST_FAULTS = 100
"""Errors kept of one section; and as many warnings."""

MOST_LETTERS = 2_000_000
MOST_TRIES = 100_000
LONGEST_SHOWN = 60
LONGEST_LIST = 6
INT_MAX = 2**63 - 1

ABSENCES = frozenset(
    {
        "no-description",
        "no-autonomy",
        "group-unknown-argument",
        "group-kind",
        "group-incomplete",
        "group-unsatisfiable",
        "example-without-cmd",
        "run-as-empty",
        "require-command-without-commands",
        "pipeline-without-stages",
        "stage-without-recipe",
        "unknown-stage",
        "artifact-unknown",
    }
)
"""Faults that say something isn't there: the lines a syntax fault lost may have it."""


class Reader:
    """Reads one document; `builders` make the records of the tables they name.

    `types` are the argument types the file knows (TYPE-10), `programs` the compiled
    patterns by pattern, `secrets` the paths of values that no fault may show.
    `letters` (to compare with each other, for the nearest word) and `tries` (of groups)
    are what may still be spent on one file, so that none takes long.
    """

    __slots__ = (
        "builders",
        "counts",
        "document",
        "faults",
        "letters",
        "programs",
        "secrets",
        "torn",
        "tries",
        "types",
    )

    def __init__(
        self, document: Document, builders: dict[str, Builder], types: tuple[str, ...]
    ) -> None:
        self.document = document
        self.builders = builders
        self.types = types
        self.faults: list[Fault] = []
        self.programs: dict[str, tuple[object, ...]] = {}
        self.secrets: list[Path] = []
        self.counts: dict[tuple[str | None, str], int] = {}
        self.letters = MOST_LETTERS
        self.tries = MOST_TRIES
        self.torn = {fault.runnable for fault in document.faults}

    def fault(
        self,
        code: str,
        path: Path,
        *,
        value: bool = False,
        severity: str = "error",
        received: Word | None = None,
        expected: tuple[Word, ...] = (),
        candidates: tuple[str, ...] = (),
        detail: str = "",
        item: int | None = None,
        related: Place | None = None,
    ) -> None:
        """Note a fault at the key of `path`, or at its `value` or an item of it."""
        section = self.section_of(path)
        count = self.counts.get((section, severity), 0)
        if count >= MOST_FAULTS or (code in ABSENCES and section in self.torn):
            return
        self.counts[section, severity] = count + 1
        at = path if item is None else (*path, item - 1)
        fault = Fault(
            code,
            ".".join(map(str, path)),
            self.document.place(at, value),
            severity=severity,
            runnable=section,
            received=received,
            expected=expected,
            candidates=candidates,
            detail=detail,
            item=item,
            related=related,
        )
        self.faults.append(fault)

    def section_of(self, path: Path) -> str | None:
        """The runnable a path stands in; None for [config] and the file (FILE-07)."""
        if self.document.recipe:
            return self.document.recipe
        return None if not path or path[0] == "config" else str(path[0])

    def warn(
        self,
        code: str,
        path: Path,
        *,
        value: bool = False,
        received: Word | None = None,
        expected: tuple[Word, ...] = (),
        candidates: tuple[str, ...] = (),
    ) -> None:
        """Note a warning (FILE-08)."""
        self.fault(
            code,
            path,
            value=value,
            severity="warning",
            received=received,
            expected=expected,
            candidates=candidates,
        )

    def refuse(
        self,
        code: str,
        path: Path,
        value: object,
        *expected: Word,
        candidates: tuple[str, ...] = (),
        item: int | None = None,
    ) -> object:
        """Note a value, or item number `item` of it, that can't be; returns BAD."""
        self.fault(
            code,
            path,
            value=True,
            received=shown(value),
            expected=expected,
            candidates=candidates,
            item=item,
        )
        return BAD

    def wrong_type(
        self, path: Path, value: object, words: str, item: int | None = None
    ) -> object:
        """Note a value of the wrong TOML type (SEC-04); returns BAD."""
        return self.refuse("field-type", path, value, words, item=item)

    def unknown(
        self,
        path: Path,
        value: str,
        known: Sequence[str],
        code: str = "unknown-value",
        item: int | None = None,
    ) -> object:
        """Note a word that isn't one of `known` (SEC-05); returns BAD."""
        near = self.near(value, known)
        return self.refuse(code, path, value, *known, candidates=near, item=item)

    def advise(
        self, path: Path, value: str, known: Sequence[str], item: int | None = None
    ) -> str:
        """Warn of a word that isn't one of `known`, and let it stand (SEC-05)."""
        near = self.near(value, known)
        self.fault(
            "unknown-value",
            path,
            value=True,
            severity="warning",
            received=shown(value),
            expected=tuple(known),
            candidates=near,
            item=item,
        )
        return value

    def near(self, word: str, known: Iterable[str]) -> tuple[str, ...]:
        """The nearest known words, while there are `letters` to spend."""
        if self.letters <= 0:
            return ()
        words = list(known)
        cost = len(word) * sum(map(len, words))
        affordable = cost <= self.letters
        self.letters -= cost if affordable else len(words)
        return nearest(word, words) if affordable else ()

    def sorted_faults(self, of_syntax: Sequence[Fault]) -> tuple[Fault, ...]:
        """These and `of_syntax` in the order of their places, secrets masked."""
        faults = [*of_syntax, *self.faults]
        if self.secrets:
            from .secret import mask

            mask(faults, self.document, self.secrets)
        return in_order(faults)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults of one file in the order of their places."""
    return tuple(sorted(faults, key=_order))


def _order(fault: Fault) -> tuple[int, int]:
    place = fault.place
    return getattr(place, "line", 0), getattr(place, "column", 0)


def shown(value: object) -> Word:
    """A value as a message shows it: itself, or a short text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -INT_MAX <= value <= INT_MAX else "a number over 64 bits"
    if isinstance(value, str | float):
        return value if isinstance(value, float) else _cut(value)
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return _cut(f"[{', '.join(_items(value))}]")
    return f"the date {value}"


def _items(values: Sequence[object]) -> list[str]:
    texts = [
        f"'{value}'" if isinstance(value, str) else _bare(shown(value))
        for value in values[:LONGEST_LIST]
    ]
    return texts if len(values) <= LONGEST_LIST else [*texts, "…"]


def _bare(word: Word) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
