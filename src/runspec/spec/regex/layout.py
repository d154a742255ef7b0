"""The last touches to a program: quick spans, joins, and the order in memory."""

from __future__ import annotations

from ..match import ACCEPT, AT, ATOMIC, CHAR, END, FAIL, FORK, LOOK, NOWHERE, SPAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..match import Instruction, Wide

    Code = list[Instruction]
    Classes = tuple[tuple[str, Wide | None], ...]

_TARGETS = {
    CHAR: (1,),
    FORK: (1, 2),
    SPAN: (1,),
    AT: (1,),
    LOOK: (1, 2),
    ATOMIC: (1, 2, 3),
    ACCEPT: (),
    FAIL: (),
}
"""Which fields of an instruction name another one."""

_FAR = 32
"""How many instructions are looked at to find what may follow a loop."""


def lay_out(
    code: Code, start: int, classes: Classes
) -> tuple[int, tuple[Instruction, ...]]:
    """The start and the code without unused instructions, spans and joins put in.

    An instruction that several lead to is entered through a fork without another
    way (a join), so that it is run once for each position.
    """
    _put_spans(code, classes)
    entries = _entries(code, start)
    places: dict[int, int] = {}
    size = 0
    for pc, count in entries.items():
        places[pc] = size
        size += 2 if _joined(code[pc], count) else 1
    laid: Code = []
    for pc, count in entries.items():
        if _joined(code[pc], count):
            laid.append((FORK, len(laid) + 1, NOWHERE, 0))
        laid.append(_moved(code[pc], places))
    return places[start], tuple(laid)


def _joined(instruction: Instruction, count: int) -> bool:
    return count > 1 and instruction[0] not in (FORK, ACCEPT, FAIL)


def _moved(instruction: Instruction, places: dict[int, int]) -> Instruction:
    fields = list(instruction)
    for index in _TARGETS[instruction[0]]:
        fields[index] = places[fields[index]]
    op, then, x, y = fields
    return op, then, x, y


def _entries(code: Code, start: int) -> dict[int, int]:
    """How many ways lead to each instruction that can be reached."""
    counts = {start: 1}
    waiting = [start]
    while waiting:
        instruction = code[waiting.pop()]
        for index in _TARGETS[instruction[0]]:
            target = instruction[index]
            if target not in counts:
                waiting.append(target)
            counts[target] = counts.get(target, 0) + 1
    return counts


def _put_spans(code: Code, classes: Classes) -> None:
    """Loops over one class become spans where what follows can't overlap it."""
    for pc, (op, first, second, _) in enumerate(code):
        if op != FORK:
            continue
        for char, then in ((first, second), (second, first)):
            if code[char][:2] == (CHAR, pc):
                index = code[char][2]
                following = _following(code, then)
                if following is not None and not any(
                    _overlap(classes[index], classes[other]) for other in following
                ):
                    code[pc] = (SPAN, then, index, 0)
                break


def _following(code: Code, start: int) -> set[int] | None:
    """The classes whose characters may come next; None when it can be any."""
    found: set[int] = set()
    known = {start}
    waiting = [start]
    while waiting:
        op, then, x, _ = code[waiting.pop()]
        if op in (ACCEPT, ATOMIC) or len(known) > _FAR:
            return None
        if op in (CHAR, SPAN):
            found.add(x)
        for target in _passed(op, then, x):
            if target not in known:
                known.add(target)
                waiting.append(target)
    return found


def _passed(op: int, then: int, x: int) -> tuple[int, ...]:
    """Where an instruction leads without taking a character."""
    if op in (CHAR, FAIL) or (op == AT and x == END):
        return ()
    return (then, x) if op == FORK else (then,)


def _overlap(a: tuple[str, Wide | None], b: tuple[str, Wide | None]) -> bool:
    both_wide = a[1] is not None and b[1] is not None
    return both_wide or any(char in b[0] for char in a[0])
