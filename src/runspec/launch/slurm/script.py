"""The job script: bash that sbatch takes, and that needs nothing of this project."""

from __future__ import annotations

from ..launchers import quoted
from ..plan import is_contained
from ..portable import dependency_lines, export_lines, variables
from .directives import directives, may_requeue
from .paths import ATTEMPT, EXIT, SECRETS
from .ray import RAY
from .task import functions, needs_meeting, srun_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..plan import Plan
    from ..portable import Site

SHEBANG = "#!/bin/bash\n"
KEEP = """\
set -euo pipefail

# The exit status of what runs here is kept in a file, because Slurm forgets it.
job={folder}
of=${{SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}}
export RUNSPEC_EXIT=$job/{exit}$of
rm -f -- "$RUNSPEC_EXIT" "$RUNSPEC_EXIT.first"
unset SLURM_EXPORT_ENV  # steps have all that this script exports
export RUNSPEC_ATTEMPT=$((${{SLURM_RESTART_COUNT:-0}} + 1))
echo "$RUNSPEC_ATTEMPT" >"$job/{attempt}$of" || true
keep() {{
  local status=$1
  trap - EXIT
  if [ -s "$RUNSPEC_EXIT.first" ]; then read -r status <"$RUNSPEC_EXIT.first"; fi
{ending}  {{
    echo "$status" >"$RUNSPEC_EXIT.new" && mv -f -- "$RUNSPEC_EXIT.new" "$RUNSPEC_EXIT"
  }} || true
  exit "$status"
}}
trap 'keep $?' EXIT
trap : TERM INT HUP USR1 USR2  # the tasks get it too, and are waited for
"""
HANDED = """\
# Secrets are handed over in a file that only this reads, once.
. "$job/{secrets}$of"
rm -f -- "$job/{secrets}$of"
"""
HANDED_AGAIN = """\
# Secrets are handed over in a file that stays for as long as this may run again.
. "$job/{secrets}$of"
"""
RETRY = """\
  if [ "$status" -ne 0 ] && [ "$RUNSPEC_ATTEMPT" -le {retries} ] &&
    scontrol requeue "${{SLURM_ARRAY_JOB_ID:+${{SLURM_ARRAY_JOB_ID}}_}}\
${{SLURM_ARRAY_TASK_ID:-$SLURM_JOB_ID}}"; then
    exit "$status"
  fi
"""
FORGET = """\
  # A signal may be the place's, which puts the job back into its queue.
  if [ "$status" -lt 128 ]; then rm -f -- "$job/{secrets}$of"; fi
"""
MEETING = """\
# Where the nodes meet: the first one's name, or its address where nobody knows that.
read -r first < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
MASTER_ADDR=$first
if ! getent hosts "$first" >/dev/null; then
  read -r MASTER_ADDR < <(scontrol --oneliner show node "$first" |
    sed -n 's/.* NodeAddr=\\([^ ]*\\).*/\\1/p')
fi
export MASTER_ADDR MASTER_PORT={port}
"""
ABOUT_ENVIRONMENT = "# What the script depends on, once for all nodes."
ENVIRONMENT = '"$job"/"env$of"'
PORT = "$((20000 + SLURM_JOB_ID % 10000))"
"""Another for each job, between the ports of Ray's workers (10002 to 19999) and those
that systems choose by themselves."""
RUN = "srun {options} bash -c 'task \"$@\"' bash\n"
RUN_RAY = """\
srun --nodes=1 --ntasks=1 --nodelist="$first" {options} \\
  bash -c 'task "$@"' bash head &
head=$!
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
  srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --ntasks=$((SLURM_JOB_NUM_NODES - 1)) \\
    --exclude="$first" {options} bash -c 'task "$@"' bash worker &
fi
status=0
wait "$head" || status=$?
while kill -0 "$head" 2>/dev/null; do
  status=0
  wait "$head" || status=$?
done
kill $(jobs -p) 2>/dev/null || true
wait
exit "$status"
"""


def render(plan: Plan, site: Site, *, attached: bool) -> str:
    """The whole script. Raises RunspecError (`slurm-value-invalid`)."""
    head = SHEBANG + directives(plan, site, attached=attached)
    return "\n".join((head, *_parts(plan, site)))


def _parts(plan: Plan, site: Site) -> Iterator[str]:
    again, retries = may_requeue(plan), plan.settings.max_retries
    ending = RETRY.format(retries=retries) if retries else ""
    ending += FORGET.format(secrets=SECRETS) if again and plan.secrets else ""
    folder = quoted((site.folder,))
    yield KEEP.format(folder=folder, exit=EXIT, attempt=ATTEMPT, ending=ending)
    if plan.secrets:
        yield (HANDED_AGAIN if again else HANDED).format(secrets=SECRETS)
    if lines := export_lines(variables(plan, site)):
        yield "".join(f"{line}\n" for line in lines)
    if not is_contained(plan) and (lines := dependency_lines(plan, ENVIRONMENT)):
        yield "".join(f"{line}\n" for line in (ABOUT_ENVIRONMENT, *lines))
    if needs_meeting(plan):
        yield MEETING.format(port=plan.settings.rendezvous_port or PORT)
    yield functions(plan, site)
    yield "export -f work task first\n"
    form = RUN_RAY if plan.launcher == RAY else RUN
    yield form.format(options=quoted(srun_options(plan, site)))
