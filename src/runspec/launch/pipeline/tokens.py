"""What follows the options of a pipeline: overrides, each begun with a stage's name."""

from __future__ import annotations

from ...errors import ArgvPlace, CallError, Fault
from ...nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGNS = ("++", "+", "~")


def by_stage(
    tokens: Sequence[str], names: Iterable[str]
) -> dict[str, list[tuple[int, str]]]:
    """`train.epochs=1` as `epochs=1` of `train`, with its position (PIP-05).

    Raises CallError (`unknown-stage`, `unexpected-argument`) for all that is wrong.
    """
    argv, names = tuple(tokens), list(names)
    found: dict[str, list[tuple[int, str]]] = {}
    faults: list[Fault] = []
    for position, token in enumerate(argv):
        sign = next((each for each in SIGNS if token.startswith(each)), "")
        rest = token.removeprefix(sign)
        place = ArgvPlace(argv, position)
        if "=" not in token and sign != "~":
            faults.append(Fault("unexpected-argument", token, place, received=token))
            continue
        stage = _stage(rest, names)
        if stage is None:
            faults.append(_unknown(rest.partition(".")[0], place, names))
        else:
            override = sign + rest.removeprefix(f"{stage}.")
            found.setdefault(stage, []).append((position, override))
    if faults:
        raise CallError(*faults)
    return found


def _stage(text: str, names: list[str]) -> str | None:
    """The longest, because a name may have dots."""
    return max((n for n in names if text.startswith(f"{n}.")), key=len, default=None)


def _unknown(word: str, place: ArgvPlace, names: list[str]) -> Fault:
    name = word.partition("=")[0]
    return Fault(
        "unknown-stage",
        name,
        place,
        received=name,
        expected=tuple(names),
        candidates=nearest(name, names),
    )
