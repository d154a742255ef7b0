"""What must not stand where a plan, a log or a job script would have it (PRF-05)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 4
"""Of fewer characters no value is kept from anybody."""
OPENING = "${oc.env:"


def is_secret(name: str, value: str | None) -> bool:
    """Whether a variable's name, or the shape of its value, is that of a secret.

    Switches such as `1` and `false` aren't secrets, nor numbers of tokens.
    """
    from ...redact.names import is_count_name, is_secret_name
    from ..config.scalars import typed

    if value is not None and len(value) < SHORTEST:
        return False
    plain = None if value is None else typed(value)
    if is_secret_name(name):
        is_number = isinstance(plain, int | float)
        return not (isinstance(plain, bool) or (is_number and is_count_name(name)))
    return value is not None and _looks_secret(value)


def _looks_secret(value: str) -> bool:
    from ...redact import Redactor

    return Redactor().text(value) != value


class UnresolvedError(Exception):
    """A variable that a text names and that can't be put into it."""

    def __init__(self, variable: str, secret: bool) -> None:
        super().__init__(variable)
        self.variable = variable
        self.secret = secret


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """The text with `${oc.env:NAME}` and `${oc.env:NAME,default}` replaced.

    Anything else in it stays, shells' `${NAME}` included. Raises UnresolvedError for
    a variable that isn't set and for a secret's.
    """
    pieces: list[str] = []
    while OPENING in text:
        before, _, rest = text.partition(OPENING)
        inside, brace, rest = rest.partition("}")
        name, comma, default = (each.strip() for each in inside.partition(","))
        value = environ.get(name)
        if is_secret(name, value):
            raise UnresolvedError(name, secret=True)
        if value is None and not (comma and brace):
            raise UnresolvedError(name, secret=False)
        pieces += (before, default.strip("'\"") if value is None else value)
        text = rest
    return "".join((*pieces, text))
