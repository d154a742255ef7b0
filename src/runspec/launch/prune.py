"""Run directories that nobody needs any more (LCH-14)."""

from __future__ import annotations

import os
from time import time

from ..errors import RunspecError
from . import jobs
from .folder import PENDING, discard
from .pipeline.lock import is_driven
from .places.registry import executor_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..errors import Fault
    from .jobs import Job
    from .pipeline.state import PipelineState

DAY = 86_400


class Pruned:
    """How many launches were removed, how many are left, and what couldn't be read."""

    __slots__ = ("faults", "left", "removed")

    def __init__(self) -> None:
        self.removed = 0
        self.left = 0
        self.faults: list[Fault] = []


class _Launch:
    """A job by itself, or the run of a pipeline with the jobs of its stages."""

    __slots__ = ("_folder", "_jobs", "_pipeline", "began")

    def __init__(
        self, folder: str, began: float, found: list[Job], pipeline: bool
    ) -> None:
        self._folder = folder
        self._jobs = found
        self._pipeline = pipeline
        self.began = began

    def is_over(self, silent: set[tuple[str, str]]) -> bool:
        """Whether all of it has ended, as its places say. Raises RunspecError."""
        for job in self._jobs:
            if not jobs.refresh(job, executor_named(job.executor), silent).over:
                return False
        return not (self._pipeline and is_driven(self._folder))

    def remove(self) -> None:
        """Raises RunspecError (`unwritable`)."""
        for job in self._jobs:
            if job.executor == "slurm":
                from .slurm.remove import remove

                remove(job.handle, job.id)
        for folder in {self._folder, *(job.folder for job in self._jobs)}:
            _remove(folder)


def prune(
    environ: Mapping[str, str], *, days: int | None = None, most: int | None = None
) -> Pruned:
    """Remove what began more than `days` ago, and all but the newest `most`.

    What isn't over stays, and counts among the newest. One that can't be read stays,
    too. Raises RunspecError (`unreadable`, `unwritable`).
    """
    done = Pruned()
    silent: set[tuple[str, str]] = set()
    before = 0.0 if days is None else time() - days * DAY
    for number, each in enumerate(_launches(environ, done.faults)):
        unwanted = each.began < before or (most is not None and number >= most)
        try:
            if unwanted and each.is_over(silent):
                each.remove()
                done.removed += 1
                continue
        except RunspecError as error:
            done.faults += error.faults
        done.left += 1
    return done


def _launches(environ: Mapping[str, str], faults: list[Fault]) -> Iterator[_Launch]:
    """The newest first."""
    pipelines: dict[str, PipelineState] = {}
    stages: dict[str, list[Job]] = {}
    alone: list[Job] = []
    for folder in jobs.folders(environ):
        try:
            pipeline, job = _load(folder)
        except RunspecError as error:
            faults += error.faults
            continue
        if pipeline is not None:
            pipelines[pipeline.id] = pipeline
        elif job is not None:
            of = job.about.get(jobs.PIPELINE, "")
            (stages.setdefault(of, []) if of else alone).append(job)
    found = [_Launch(job.folder, job.began, [job], False) for job in alone]
    for id, each in stages.items():
        if id not in pipelines:
            found += [_Launch(job.folder, job.began, [job], False) for job in each]
    for id, run in pipelines.items():
        found.append(_Launch(run.folder, run.began, stages.get(id, []), True))
    yield from sorted(found, key=lambda launch: launch.began, reverse=True)


def _load(folder: str) -> tuple[PipelineState | None, Job | None]:
    from .pipeline.state import STATE, load

    if os.path.lexists(f"{folder}/{STATE}"):
        return load(folder), None
    return None, jobs.load(folder)


def _remove(folder: str) -> None:
    """As a whole: what is half removed is no run directory any more."""
    from ..source.folder import failed

    parent, base = os.path.split(folder)
    gone = f"{parent}/{PENDING}{base}"
    try:
        os.rename(folder, gone)
    except FileNotFoundError:
        return
    except OSError as error:
        raise failed("unwritable", folder, error) from None
    discard(gone)
