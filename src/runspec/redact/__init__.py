"""Text without secrets: known values in every form, and what looks like a secret."""

from __future__ import annotations

from ..errors import MASK
from .stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from ..spec.plain import Json
    from .known import Known
    from .spans import Span

    Bytes: TypeAlias = bytes

__all__ = ["LOST", "Redactor", "Stream"]

LOST = f"{MASK} (not shown: its secrets could not be masked)"
"""What stands for a text that could not be redacted."""

ROUNDS = 16
"""After which a text that still changes is not shown; no text is known that needs 4."""
SHORTEST = 4
"""Characters of a value that is masked wherever it stands."""


class Redactor:
    """Masks secrets. It is safe to use from several threads, and raises nothing.

    A value of fewer than 4 characters is in any text by chance, so masking it
    everywhere would destroy texts and, by the gaps, tell the value: it is masked
    only as the value of its names. Space around a value isn't part of it.
    """

    __slots__ = ("_known", "_names", "_values")

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._known: tuple[int, tuple[Known, ...]] = (0, ())
        self._names: set[str] = set()

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._values)} values>"

    def add(self, value: str, *names: str) -> None:
        """Mask `value` from now on, and whatever is a value of one of `names`.

        It is found as it is, URL-quoted, in base64 at any place of a longer text,
        and with the escapes of JSON, Python, C, HTML and shells, also nested; a
        value of several lines also line by line. `names` are those of its argument
        and environment variables, in either case and with `-` or `_`.
        """
        for name in names:
            lower = name.lower()
            self._names.update((lower.replace("-", "_"), lower.replace("_", "-")))
        self._values[value] = None

    def text(self, text: str) -> str:
        """`text` with every secret replaced by `***`; JSON stays JSON.

        If that can't be done, as where memory or descriptors are used up, the values
        alone are replaced.
        """
        try:
            return self._masked(text)
        except Exception:  # noqa: BLE001  whatever it is, no secret is shown
            return self._plainly(text)

    def load(self) -> None:
        """Load all that masking needs, which may be impossible when it is needed."""
        from . import data, shapes, spans  # noqa: F401

        self.text(f"token={MASK}")

    def _plainly(self, text: str) -> str:
        try:
            for value in sorted(self._values, key=len, reverse=True):
                for each in (value, value.strip()):
                    if len(each) >= SHORTEST:
                        text = text.replace(each, MASK)
            return "".join((text, ""))
        except Exception:  # noqa: BLE001  as above
            return LOST

    def bytes(self, data: Bytes) -> Bytes:
        """`data` as UTF-8, redacted; bytes that aren't UTF-8 stay."""
        try:
            text = self._masked(data.decode("utf-8", "surrogateescape"))
            return text.encode("utf-8", "surrogateescape")
        except Exception:  # noqa: BLE001
            return LOST.encode()

    def data(self, value: Json) -> Json:
        """A JSON value with the texts in it redacted, keys included.

        What stands under a secret's name is masked whole, be it a list or an object,
        and so is an item that follows an option such as `--password` in a list.
        """
        from .data import redacted

        try:
            return redacted(value, self.text, frozenset(self._names))
        except Exception:  # noqa: BLE001
            return LOST

    @property
    def known(self) -> tuple[Known, ...]:
        """The forms of the values added."""
        count, known = self._known
        if count != len(self._values):
            from .known import known_of

            values = tuple(self._values)
            new = [form for value in values[count:] for form in known_of(value)]
            known = (*known, *new)
            self._known = len(values), known
        return known

    def spans(self, text: str) -> list[Span]:
        """Where the secrets of `text` are."""
        from contextlib import suppress

        from .spans import shape_spans

        found = [span for known in self.known for span in known.spans(text)]
        with suppress(Exception):  # known values are masked all the same
            found += shape_spans(text, tuple(self._names))
        return found

    def _masked(self, text: str) -> str:
        """Again while it changes: a mask may be what makes a shape of the rest."""
        from .spans import masked

        for _ in range(ROUNDS):
            before, text = text, masked(text, self.spans(text))
            if text == before:
                return text
        return LOST
