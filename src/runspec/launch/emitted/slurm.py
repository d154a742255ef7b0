"""A script that makes a job's folder and calls sbatch."""

from __future__ import annotations

from ..launchers import Shell, quoted
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
folder={folder}
mkdir -p -- "$folder"
"""
FOLDER = Shell('"$folder"')


def script(plan: Plan) -> str:
    """The script; code and folder are where they are on this machine."""
    place = Site(plan.root, f"{plan.root}/runs/{plan.id}")
    job = render(plan, place, attached=False)
    path = Shell(f'"$folder"/{SCRIPT}')
    lines = [
        HEAD.format(folder=quoted((place.folder,))),
        *config_lines(plan, Site(place.root, FOLDER)),
        *heredoc(path, job),
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
        path = f'"$folder"/{SECRETS}{each}'
        lines.append(f"declare -p {names} | sed 's/^declare -x /export /' > {path}")
    return lines
