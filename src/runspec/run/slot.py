"""What a program is connected to the server with."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket


class Slot:
    """Pipes for stdout, stderr and progress, and the control socket of a keeper.

    `reads` are non-blocking and belong to whoever reads them; `ends` are the
    program's, kept until it has them; `control` is None until a zygote has the slot.
    Raises OSError where there is no descriptor left.
    """

    __slots__ = ("control", "ends", "reads")

    def __init__(self) -> None:
        pipes = _pipes(3)
        self.reads = [pipe[0] for pipe in pipes]
        self.ends = [pipe[1] for pipe in pipes]
        self.control: socket | None = None
        for each in self.reads:
            os.set_blocking(each, False)

    def release(self) -> None:
        """Close all but `reads`; a keeper that waits for its task ends."""
        if self.control is not None:
            self.control.close()
        ends, self.ends = self.ends, []
        for each in ends:
            os.close(each)

    def close(self) -> None:
        """Close all."""
        self.release()
        for each in self.reads:
            os.close(each)


def _pipes(count: int) -> list[tuple[int, int]]:
    """So many, or none."""
    pipes: list[tuple[int, int]] = []
    try:
        for _ in range(count):
            pipes.append(os.pipe())  # noqa: PERF401  those made are closed
    except OSError:
        for pipe in pipes:
            os.close(pipe[0])
            os.close(pipe[1])
        raise
    return pipes
