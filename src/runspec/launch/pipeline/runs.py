"""The runs of a pipeline that there are: a new one, or one to resume (PIP-07)."""

from __future__ import annotations

import os
from time import time

from ...errors import Fault, RunspecError
from ...source.folder import Folder
from .. import folder as folders
from ..jobs import SHORTEST
from ..jobs import folders as all_folders
from .state import MANIFESTS, STATE, PipelineState, StageState, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .file import PipelineFile


def new_run(
    file: PipelineFile, on: str | None, tokens: tuple[str, ...]
) -> PipelineState:
    """One that isn't written yet."""
    id = folders.new_id()
    state = PipelineState(
        folders.place(os.environ, file.name, id),
        id=id,
        name=file.name,
        file=file.path,
        on=on,
        tokens=tokens,
        began=time(),
    )
    state.stages = {name: StageState() for name in file.stages}
    state.after = {name: [*stage.after] for name, stage in file.stages.items()}
    return state


def make(state: PipelineState, manifests: Mapping[str, bytes]) -> None:
    """Its run directory, whole or not at all. Raises RunspecError (`unwritable`)."""
    if not os.path.isdir(state.folder):
        folders.create(state.folder, {STATE: state.content()})
    below = Folder(f"{state.folder}/{MANIFESTS}", folders.UNTRUSTED)
    below.make()
    for name, content in manifests.items():
        below.write(name, content)


def earlier_run(file: PipelineFile, part: str) -> PipelineState:
    """The run of that file whose id begins or ends so; without one, the last.

    Raises RunspecError (`pipeline-not-found`, `pipeline-ambiguous`).
    """
    found = [state for state in _runs(file) if _is_meant(state.id, part)]
    if not found:
        fault = Fault("pipeline-not-found", file.path, received=part or None)
        raise RunspecError(fault)
    if part and len(found) > 1:
        ids = tuple(state.id for state in found)
        raise RunspecError(
            Fault("pipeline-ambiguous", file.path, received=part, expected=ids)
        )
    after = {name: [*stage.after] for name, stage in file.stages.items()}
    found[0].after = after
    return found[0]


def _is_meant(id: str, part: str) -> bool:
    if not part or id == part:
        return True
    return len(part) >= SHORTEST and (id.startswith(part) or id.endswith(part))


def _runs(file: PipelineFile) -> Iterator[PipelineState]:
    """The newest first."""
    for folder in all_folders(os.environ):
        if os.path.lexists(f"{folder}/{STATE}"):
            state = load(folder)
            if state is not None and state.file == file.path:
                yield state
