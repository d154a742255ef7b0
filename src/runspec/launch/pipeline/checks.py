"""What the stages of a pipeline say of each other (PIP-02, PIP-03)."""

from __future__ import annotations

from ...nearest import nearest
from .order import before, cycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...model_more import Stage
    from ...spec.reader import Reader

REFERENCE = "${art:"
"""Begins `${art:NAME,path}`, the path of an artifact in a configuration."""


def relate(reader: Reader, names: tuple[str, ...], stages: Mapping[str, Stage]) -> None:
    """Note unknown stages, circles and artifacts that aren't there.

    `names` are all that the file declares, `stages` those without a fault.
    """
    for stage in stages.values():
        for number, each in enumerate(stage.after, 1):
            if each not in names:
                at = ("stages", stage.name, "after")
                reader.unknown(at, each, names, "unknown-stage", number)
    for circle in cycles(stages):
        shown = " → ".join((*circle, circle[0]))
        reader.fault("pipeline-cycle", ("stages", circle[0], "after"), detail=shown)
    _check_unique(reader, stages)
    if len(stages) == len(names):
        for stage in stages.values():
            _check_references(reader, stages, stage)


def _check_unique(reader: Reader, stages: Mapping[str, Stage]) -> None:
    first: dict[str, tuple[str, ...]] = {}
    for stage in stages.values():
        for name in stage.produces:
            at = ("stages", stage.name, "produces", name)
            if name in first:
                place = reader.document.place(first[name])
                reader.fault("artifact-conflict", at, received=name, related=place)
            first.setdefault(name, at)


def _check_references(
    reader: Reader, stages: Mapping[str, Stage], stage: Stage
) -> None:
    earlier = before(stages, stage.name) - {stage.name}
    producers = {name: s.name for s in stages.values() for name in s.produces}
    known = [name for name, producer in producers.items() if producer in earlier]
    for number, text in enumerate(stage.overrides, 1):
        for name in artifact_names(text):
            if name not in known:
                reader.fault(
                    "artifact-unknown",
                    ("stages", stage.name, "overrides"),
                    value=True,
                    item=number,
                    received=name,
                    candidates=nearest(name, known),
                    detail=producers.get(name, ""),
                )


def artifact_names(text: str) -> Iterator[str]:
    """The artifacts that a text refers to."""
    for piece in text.split(REFERENCE)[1:]:
        yield piece.partition("}")[0].partition(",")[0].strip()
