"""The launch of each stage, planned before the first one starts (PIP-04)."""

from __future__ import annotations

import os

from ...errors import ArgvPlace, CallError, Fault, FilePlace, RunspecError, SpecError
from ...model_more import Profile
from ..folder import as_json, discard
from ..places.registry import executor_of
from ..request import Request, prepare
from ..start import check
from .sources import code_hash
from .state import ARTIFACTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...model_more import Stage
    from ...recipe import Recipe
    from ...spec.plain import Json
    from ..executor import Executor
    from ..plan import Plan
    from ..request import Prepared
    from .file import PipelineFile

    Locate = Callable[[str], Recipe]
    Typed = Mapping[str, Sequence[tuple[int, str]]]

VARIABLE = "RUNSPEC_ARTIFACTS_DIR"
LOCAL = "local"
APART = ("kubernetes", "skypilot")
"""Places whose machines never see this one's folders."""


class Step:
    """One stage and its launch.

    `artifacts` is its folder, `produces` the paths of its artifacts by name, `inputs`
    hashes of what it is made from by kind.
    """

    __slots__ = ("artifacts", "executor", "inputs", "prepared", "produces", "stage")

    def __init__(
        self,
        stage: Stage,
        prepared: Prepared,
        executor: Executor,
        artifacts: str,
        inputs: Mapping[str, str],
    ) -> None:
        self.stage = stage
        self.prepared = prepared
        self.executor = executor
        self.artifacts = artifacts
        self.inputs = inputs
        self.produces = {
            name: f"{artifacts}/{path}" for name, path in stage.produces.items()
        }

    @property
    def plan(self) -> Plan:
        return self.prepared.plan

    def wait_for(self, condition: str) -> None:
        """Have its place hold it back until then (`dependency` of the profile)."""
        settings = self.plan.settings
        declared = {name: getattr(settings, name) for name in settings.declared()}
        self.plan.settings = Profile(**{**declared, "dependency": condition})

    def make_folder(self) -> None:
        """The folder of its artifacts; other machines may have theirs elsewhere."""
        try:
            os.makedirs(self.artifacts, exist_ok=True)
        except OSError as error:
            if self.plan.executor == LOCAL:
                why = error.strerror or ""
                fault = Fault("unwritable", self.artifacts, detail=why)
                raise RunspecError(fault) from None


class Planner:
    """Plans all stages of `file`, whose run directory is `folder`.

    `typed` are the overrides of the command line by stage, each with its position in
    `argv`; `on` is the profile that was typed; `locate` finds a recipe. `warnings` are
    those of the plans.
    """

    def __init__(
        self,
        file: PipelineFile,
        folder: str,
        *,
        on: str | None,
        typed: Typed,
        argv: tuple[str, ...],
        locate: Locate,
    ) -> None:
        self._file = file
        self._root = artifacts_root(file, folder)
        self._on = on
        self._typed = typed
        self._argv = argv
        self._locate = locate
        self.warnings: list[Fault] = []
        self._faults: list[Fault] = []
        self._of_call = False

    def steps(self) -> dict[str, Step]:
        """Raises SpecError, or CallError for what was typed, with all faults."""
        from tempfile import mkdtemp

        manifests = mkdtemp(prefix="runspec-")
        try:
            self._write_manifests(manifests)
            prepared = {
                name: made
                for name, stage in self._file.stages.items()
                if (made := self._prepared(stage, manifests)) is not None
            }
        finally:
            discard(manifests)
        steps = self._checked(prepared)
        if self._faults:
            kind = CallError if self._of_call else SpecError
            raise kind(*_once(self._faults))
        return steps

    def manifests(self) -> dict[str, bytes]:
        """Where each artifact is, by its name, as `${art:NAME,path}` reads it."""
        return {
            f"{name}.json": as_json(
                {"name": name, "path": f"{self._root}/{stage.name}/{path}"}
            )
            for stage in self._file.stages.values()
            for name, path in stage.produces.items()
        }

    def _write_manifests(self, folder: str) -> None:
        for name, content in self.manifests().items():
            with open(f"{folder}/{name}", "xb") as file:
                file.write(content)

    def _prepared(self, stage: Stage, manifests: str) -> Prepared | None:
        typed = [token for _, token in self._typed.get(stage.name, ())]
        try:
            return prepare(
                Request(
                    self._locate(recipe_of(self._file, stage)),
                    config=config_of(self._file, stage),
                    overrides=(*stage.overrides, *typed),
                    profile=self._on or stage.on or self._file.on,
                    options=_options(stage),
                    environ={VARIABLE: f"{self._root}/{stage.name}"},
                    artifacts=manifests,
                    attached=False,
                )
            )
        except RunspecError as error:
            self._faults += [self._placed(stage, each) for each in error.faults]
            return None

    def _placed(self, stage: Stage, fault: Fault) -> Fault:
        """A fault of an override stands where that was written."""
        if not isinstance(fault.place, ArgvPlace):
            return fault
        index = fault.place.index - len(stage.overrides)
        if index < 0:
            keys = ("stages", stage.name, "overrides", fault.place.index)
            fault.place = self._file.document.place(keys, value=True)
            return fault
        positions = [position for position, _ in self._typed.get(stage.name, ())]
        at = (*positions, len(self._argv))[index]
        fault.place = ArgvPlace(self._argv, at)
        self._of_call = True
        return fault

    def _checked(self, prepared: Mapping[str, Prepared]) -> dict[str, Step]:
        steps: dict[str, Step] = {}
        for name, each in prepared.items():
            stage, plan = self._file.stages[name], each.plan
            self.warnings += each.warnings
            try:
                executor = executor_of(each)
                self.warnings += check(plan, executor)
            except RunspecError as error:
                self._faults += error.faults
                continue
            if unplaced := self._unplaced(stage, plan):
                self._faults.append(unplaced)
            inputs = inputs_of(each)
            steps[name] = Step(stage, each, executor, f"{self._root}/{name}", inputs)
        return steps

    def _unplaced(self, stage: Stage, plan: Plan) -> Fault | None:
        """What a stage produces where this machine's folders aren't."""
        over_ssh = plan.settings.tunnel == "ssh"
        if self._file.artifacts or not stage.produces:
            return None
        if plan.executor not in APART and not over_ssh:
            return None
        place = self._file.document.place(("stages", stage.name, "produces"))
        name = f"stage {stage.name}"
        return Fault("artifacts-unplaced", name, place, detail=plan.executor)


def _options(stage: Stage) -> dict[str, Json]:
    """Settings that a stage has of its own."""
    return {} if stage.max_retries is None else {"max_retries": stage.max_retries}


def artifacts_root(file: PipelineFile, folder: str) -> str:
    """Where the stages of one run have their folders."""
    if file.artifacts is None:
        return f"{folder}/{ARTIFACTS}"
    named = os.path.expanduser(file.artifacts)
    return os.path.join(os.path.dirname(file.path), named, os.path.basename(folder))


def recipe_of(file: PipelineFile, stage: Stage) -> str:
    """What `runspec launch` would be told, a path from the file's folder on."""
    if "/" in stage.recipe or stage.recipe.endswith((".py", ".toml")):
        return os.path.join(os.path.dirname(file.path), stage.recipe)
    return stage.recipe


def config_of(file: PipelineFile, stage: Stage) -> str | None:
    """A name, or a file's path from the pipeline's folder on."""
    path = os.path.join(os.path.dirname(file.path), stage.config or "")
    return path if os.path.isfile(path) else stage.config


def inputs_of(prepared: Prepared) -> dict[str, str]:
    """Hashes of code, configuration and command."""
    from hashlib import sha256

    plan, merged = prepared.plan, prepared.merged
    config = b"" if merged is None else merged.content()
    return {
        "code": code_hash(plan.script),
        "configuration": sha256(config).hexdigest(),
        "command": sha256(
            "\0".join((*plan.command, *plan.passed)).encode()
        ).hexdigest(),
    }


def _once(faults: Sequence[Fault]) -> list[Fault]:
    """Stages share files: a fault of one is told once."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        place = fault.place
        where: tuple[object, ...] = (id(place),)
        if isinstance(place, FilePlace):
            where = (place.path, place.line, place.column)
        found.setdefault((fault.code, fault.subject, *where), fault)
    return list(found.values())
