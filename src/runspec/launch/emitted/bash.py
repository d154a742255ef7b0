"""A bash script that runs a plan where it is called."""

from __future__ import annotations

from ..containers import DOCKER, RUNTIMES, Inside, container_argv
from ..launchers import PORT, Rendezvous, Shell, launch_words, quoted, started
from ..plan import is_contained
from ..planning import LOCAL, RUN_ID
from ..portable import (
    Site,
    config_lines,
    dependency_lines,
    export_lines,
    run_lines,
    secret_lines,
    variables,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..plan import Plan

SITE = Site(Shell('"$CODE_DIR"'), Shell('"$RUN_DIR"'))
HEAD = """\
#!/usr/bin/env bash
set -e

# The folder of the code, and the one for what this run leaves behind.
[ -n "$CODE_DIR" ] || CODE_DIR={code}
[ -n "$RUN_DIR" ] || RUN_DIR="$PWD/runs/{name}-$(date +%Y%m%d-%H%M%S)-$$"
mkdir -p -- "$RUN_DIR"
RUN_DIR="$(cd -- "$RUN_DIR" && pwd)"
"""
BY_HAND = Rendezvous(
    0,
    Shell('"${NODE_RANK:?the number of this node, from 0}"'),
    Shell('"${MASTER_ADDR:?the name of node 0}"'),
    Shell(f'"${{MASTER_PORT:-{PORT}}}"'),
)


def script(plan: Plan) -> str:
    """The script. On several nodes it is started on each."""
    return text(plan, quoted((plan.root,)), BY_HAND, contained=is_contained(plan))


def text(plan: Plan, code: str, meeting: Rendezvous, *, contained: bool) -> str:
    """`code` is shell text for the code's folder where CODE_DIR doesn't say it;
    `meeting` how nodes find each other, whatever number of nodes it has.
    """
    from ..naming import slug

    found = variables(plan, SITE)
    found.pop(RUN_ID, None)
    lines = [
        HEAD.format(code=code, name=slug(plan.name, 40)),
        *config_lines(plan, SITE),
        *export_lines(found),
        *secret_lines(plan.secrets),
    ]
    rendezvous = None
    if plan.nodes > 1:
        rank, address, port = meeting.rank, meeting.address, meeting.port
        rendezvous = Rendezvous(plan.nodes, rank, address, port)
    if contained:
        lines += _in_container(plan, rendezvous)
    else:
        lines += _bare(plan, rendezvous)
    return "\n".join((*lines, ""))


def _bare(plan: Plan, rendezvous: Rendezvous | None) -> list[str]:
    """As on this machine, it runs where its caller is, unless somebody says where."""
    needed = [] if is_contained(plan) else dependency_lines(plan, SITE.folder)
    lines = run_lines(plan, SITE, rendezvous=rendezvous)
    stays = plan.executor == LOCAL and plan.workdir is None
    return [*needed, *(lines[1:] if stays else lines)]


def _in_container(plan: Plan, rendezvous: Rendezvous | None) -> list[str]:
    """The code and the run's folder are at the same paths in it."""
    runtime = plan.container if plan.container in RUNTIMES else DOCKER
    words = launch_words(
        plan,
        script=SITE.script(plan),
        config=SITE.config(plan),
        rendezvous=rendezvous,
    )
    own = [Shell(f"{path}:{path}") for path in (SITE.root, SITE.folder)]
    inside = Inside(
        plan.image or "",
        started(plan.startup, words),
        name=Shell('"runspec-$$"'),
        workdir=SITE.workdir(plan),
        mounts=(*plan.mounts, *own),
        variables=(*variables(plan, SITE), *plan.secrets),
        gpus="" if plan.gpus in (0, "cpu") else "all",
        user=Shell('"$(id -u):$(id -g)"'),
        args=plan.settings.container_args,
        host_network=rendezvous is not None,
    )
    return [f"exec {quoted(container_argv(runtime, inside))}"]
