"""Where a job's things are on the cluster."""

from __future__ import annotations

from ..portable import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..plan import Plan

CODE, JOBS = "code", "jobs"
"""The folders below `remote_job_dir`: the code by its hash, the jobs by their ids."""
SCRIPT = "job.sbatch"
OUTPUT = "output"
EXIT = "exit_code"
ATTEMPT = "attempt"
SECRETS = "secrets"
"""What a job wrote, its own exit status, and what it reads at its start. Of an array
with `-INDEX` behind."""
CANCELLED = "cancelled"
FINAL = "final"
"""The last word on a job, which is kept because Slurm forgets."""


def site(plan: Plan, digest: str | None) -> Site:
    """The roots of the code, whose hash is `digest`, and of the job's own folder.

    Without a hash the code is used where it stands.
    """
    base = plan.settings.remote_job_dir
    folder = f"{base}/{JOBS}/{plan.id}" if base else plan.folder
    root = plan.root if digest is None else f"{base or plan.folder}/{CODE}/{digest}"
    return Site(root, folder)
