"""How far a pipeline has come: `pipeline.json` in its run directory (PIP-06).

It is written whole after each change, so that a client that is killed loses nothing.
"""

from __future__ import annotations

from time import time

from ...errors import Fault, FilePlace, RunspecError
from ...source.folder import Folder
from ..folder import UNTRUSTED, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...spec.plain import Json

STATE = "pipeline.json"
ARTIFACTS = "artifacts"
"""The folder of what the stages produce, unless the pipeline names another."""
MANIFESTS = "manifests"
"""The folder that says where each artifact is."""
MOST_BYTES = 16 * 1024 * 1024

WAITING, SUBMITTED, OK, FAILED, CANCELLED, LOST, SKIPPED = (
    "waiting",
    "running",
    "ok",
    "failed",
    "cancelled",
    "lost",
    "not run",
)


class StageState:
    """What is known of one stage.

    `phase` is one of those above; `run` the id of its last launch and `folder` that
    one's run directory; `status` its exit status. `inputs` are hashes of what it was
    made from by kind, `produced` those of its artifacts by name. `began` and `ended`
    are seconds since 1970.
    """

    __slots__ = (
        "began",
        "detail",
        "ended",
        "folder",
        "inputs",
        "phase",
        "produced",
        "run",
        "status",
    )

    def __init__(self) -> None:
        self.phase = WAITING
        self.run = ""
        self.folder = ""
        self.status: int | None = None
        self.detail = ""
        self.inputs: dict[str, str] = {}
        self.produced: dict[str, str] = {}
        self.began: float | None = None
        self.ended: float | None = None

    @classmethod
    def begun(cls, run: str, folder: str, inputs: Mapping[str, str]) -> StageState:
        """One that is submitted now, made from these."""
        stage = cls()
        stage.phase, stage.began = SUBMITTED, time()
        stage.run, stage.folder, stage.inputs = run, folder, dict(inputs)
        return stage

    def plain(self) -> Json:
        return {name: getattr(self, name) for name in self.__slots__}


class PipelineState:
    """One run of a pipeline, kept in `folder`.

    `file` is the pipeline's, `on` and `tokens` the profile and the overrides that
    were typed, `after` what each stage waits for.
    """

    __slots__ = (
        "after",
        "began",
        "file",
        "folder",
        "id",
        "name",
        "on",
        "stages",
        "tokens",
    )

    def __init__(
        self,
        folder: str,
        *,
        id: str,
        name: str,
        file: str,
        on: str | None,
        tokens: tuple[str, ...],
        began: float,
    ) -> None:
        self.folder = folder
        self.id = id
        self.name = name
        self.file = file
        self.on = on
        self.tokens = tokens
        self.began = began
        self.stages: dict[str, StageState] = {}
        self.after: dict[str, list[str]] = {}

    def plain(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "name": self.name,
            "file": self.file,
            "on": self.on,
            "tokens": list(self.tokens),
            "began": self.began,
            "after": {name: [*each] for name, each in self.after.items()},
            "stages": {name: each.plain() for name, each in self.stages.items()},
        }

    def content(self) -> bytes:
        """The file's content."""
        return as_json(self.plain())

    def save(self) -> None:
        """Write it whole. Raises RunspecError (`unwritable`)."""
        Folder(self.folder, UNTRUSTED).write(STATE, self.content())


def load(folder: str) -> PipelineState | None:
    """That of a run directory; None where it is no pipeline's.

    Raises RunspecError: `pipeline-damaged`, or what `Folder` raises.
    """
    content = Folder(folder, UNTRUSTED).read(STATE, MOST_BYTES)
    if content is None:
        return None
    import json

    try:
        return _revived(folder, json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        path = f"{folder}/{STATE}"
        place = FilePlace(path, 0, 0)
        why = f"{type(error).__name__}: {error}"
        raise RunspecError(Fault("pipeline-damaged", path, place, detail=why)) from None


def _revived(folder: str, data: Mapping[str, Json]) -> PipelineState:
    stages, tokens = data["stages"], data["tokens"]
    if not isinstance(stages, dict) or not isinstance(tokens, list):
        raise TypeError("not a pipeline's state")
    state = PipelineState(
        folder,
        id=str(data["id"]),
        name=str(data["name"]),
        file=str(data["file"]),
        on=None if data["on"] is None else str(data["on"]),
        tokens=tuple(map(str, tokens)),
        began=_seconds(data["began"]) or 0.0,
    )
    state.stages = {name: _stage(each) for name, each in stages.items()}
    after = data.get("after")
    for name, each in after.items() if isinstance(after, dict) else ():
        state.after[name] = list(map(str, each)) if isinstance(each, list) else []
    return state


def _stage(data: Json) -> StageState:
    if not isinstance(data, dict):
        raise TypeError("a stage that is no object")
    stage = StageState()
    stage.phase = str(data["phase"])
    stage.run, stage.folder = str(data["run"]), str(data["folder"])
    stage.detail = str(data["detail"])
    status = data["status"]
    stage.status = status if isinstance(status, int) else None
    stage.inputs = _texts(data["inputs"])
    stage.produced = _texts(data["produced"])
    stage.began, stage.ended = _seconds(data["began"]), _seconds(data["ended"])
    return stage


def _texts(data: Json) -> dict[str, str]:
    found = data if isinstance(data, dict) else {}
    return {name: each for name, each in found.items() if isinstance(each, str)}


def _seconds(data: Json) -> float | None:
    return float(data) if isinstance(data, int | float) else None
