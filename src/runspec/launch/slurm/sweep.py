"""Many launches as one array: each task runs the job of one of them."""

from __future__ import annotations

import os

from ...model_more import Profile
from ..launchers import quoted
from ..secrets import values
from ..transport import put
from .directives import directives
from .job import handle_of, transport_of, way
from .paths import OUTPUT, SCRIPT
from .script import render
from .submit import discard, files_of, require_sent, sbatch, with_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..plan import Plan
    from ..portable import Site

SWEEP = "sweep.sbatch"
BODY = """\
# Each task is a launch of its own, in a folder of its own.
folders=({folders})
folder=${{folders[$SLURM_ARRAY_TASK_ID]}}
cd -- "$folder"
exec bash "$folder/{script}" >>"$folder/{output}-$SLURM_ARRAY_TASK_ID" 2>&1
"""


def submit_array(
    plans: Sequence[Plan], *, limit: int | None, attached: bool
) -> list[dict[str, str]]:
    """The handles of all, in order; `limit` of them run at once.

    Where this fails nothing runs, and no secret is left. Raises RunspecError as
    `submit` does.
    """
    first = plans[0]
    found = values(first.secrets)
    references = (each.removeprefix("env:") for each in first.secrets.values())
    transport = transport_of(way(first.settings), frozenset(references))
    places: list[Site] = []
    try:
        for number, plan in enumerate(plans):
            places.append(with_code(plan, transport))
            script = render(plan, places[-1], attached=attached)
            files = files_of(plan, script, found, (f"-{number}",))
            done = put(transport, places[-1].folder, files)
            require_sent(done, places[-1].folder, transport)
        text = array_script(plans, places, limit=limit, attached=attached)
        folder = places[0].folder
        done = put(transport, folder, {SWEEP: (os.fsencode(text), 0o700)})
        require_sent(done, folder, transport)
        said = sbatch(first, f"{folder}/{SWEEP}", transport)
    except BaseException:
        for plan, place in zip(plans, places, strict=False):
            discard(plan, place, transport)
        raise
    id, semicolon, cluster = said.strip().partition(";")
    return [
        {
            **handle_of(plan, place.folder, f"{id}_{number}{semicolon}{cluster}"),
            "array": str(number),
        }
        for number, (plan, place) in enumerate(zip(plans, places, strict=True))
    ]


def array_script(
    plans: Sequence[Plan], places: Sequence[Site], *, limit: int | None, attached: bool
) -> str:
    """The script of the array. Raises RunspecError (`slurm-value-invalid`)."""
    plan = plans[0]
    settings, before = plan.settings, plan.settings
    declared = {name: getattr(settings, name) for name in settings.declared()}
    array = f"0-{len(plans) - 1}" + (f"%{limit}" if limit else "")
    try:
        plan.settings = Profile(**{**declared, "array": array})
        head = directives(plan, places[0], attached=attached)
    finally:
        plan.settings = before
    folders = quoted([place.folder for place in places])
    body = BODY.format(folders=folders, script=SCRIPT, output=OUTPUT)
    return f"#!/bin/bash\n{head}\n{body}"
