"""A script that makes a job's folder and calls sbatch."""

from __future__ import annotations

from ..launchers import Shell, quoted
from ..naming import slug
from ..portable import Site, config_lines, heredoc, secret_lines
from ..slurm.array import suffixes
from ..slurm.paths import SCRIPT, SECRETS
from ..slurm.script import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..plan import Plan

HEAD = """\
#!/usr/bin/env bash
# Submits the job below; further options are for sbatch.
set -e
umask 077
for each in $(compgen -e); do  # no option of another job's is this one's
  case $each in
    SLURM_CONF | SLURM_CLUSTERS | SLURM_JWT) ;;
    SLURM_* | SBATCH_* | PMI*) unset "$each" ;;
  esac
done

# The folder of the code, and the one for what this run leaves behind, on all nodes.
[ -n "$CODE_DIR" ] || CODE_DIR={code}
[ -n "$RUN_DIR" ] || RUN_DIR="$PWD/runs/{name}-$(date +%Y%m%d-%H%M%S)-$$"
mkdir -p -- "$RUN_DIR"
RUN_DIR="$(cd -- "$RUN_DIR" && pwd)"
CODE_DIR="$(cd -- "$CODE_DIR" && pwd)"
"""
FOLDER = Shell('"$RUN_DIR"')
HERE = Site("/runspec code", "/runspec run")
"""What stands for the two folders in the job until they are known. With a blank, so
that it is in quotes wherever it stands.
"""
FILL = """\
fill() {{  # a path as it stands between single quotes, for sed
  printf %s "$1" | sed "s/'/'\\\\\\\\''/g; s/[&|]/\\\\&/g"
}}
sed -i "s|{root}|$(fill "$CODE_DIR")|g; s|{folder}|$(fill "$RUN_DIR")|g" {path}
"""


def script(plan: Plan) -> str:
    """The script; a new folder each time, unless RUN_DIR names one."""
    job = render(plan, HERE, attached=False)
    path = Shell(f'"$RUN_DIR"/{SCRIPT}')
    lines = [
        HEAD.format(code=quoted((plan.root,)), name=slug(plan.name, 40)),
        *config_lines(plan, Site(plan.root, FOLDER)),
        *heredoc(path, job),
        FILL.format(root=HERE.root, folder=HERE.folder, path=path),
        *_secrets(plan),
        f'exec sbatch "$@" {path}',
        "",
    ]
    return "\n".join(lines)


def _secrets(plan: Plan) -> list[str]:
    """What the job reads at its start, once."""
    if not plan.secrets:
        return []
    names = quoted(tuple(plan.secrets))
    lines = [*secret_lines(plan.secrets)]
    for each in suffixes(plan.settings.array):
        path = f'"$RUN_DIR"/{SECRETS}{each}'
        lines.append(f"declare -p {names} | sed 's/^declare -x /export /' > {path}")
    return lines
