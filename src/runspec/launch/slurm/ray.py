"""A Ray cluster on an allocation: its head and the driver on the first node."""

from __future__ import annotations

from ..launchers import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..plan import Plan

RAY = "ray"
START = """\
ray=(ray start --block --log-color=false --disable-usage-stats)
  ray+=(--num-cpus="$SLURM_CPUS_ON_NODE"{gpus})
  up() {{  # until the head listens; $1 is its process, where that is here
    until (: <"/dev/tcp/$MASTER_ADDR/$MASTER_PORT") 2>/dev/null; do
      [ -z "$1" ] || kill -0 "$1" || return 1
      sleep 0.2
    done
  }}
  if [ "$1" = worker ]; then
    trap 'exit 0' TERM
    up ""
    "${{ray[@]}}" --address="$MASTER_ADDR:$MASTER_PORT" || true
    exit 0
  fi
  "${{ray[@]}}" --head --node-ip-address="$MASTER_ADDR" --port="$MASTER_PORT" \\
    --include-dashboard=false &
  local head=$! status=0
  export RAY_ADDRESS="$MASTER_ADDR:$MASTER_PORT"
  {{ up "$head" && python3 -c {wait} "$SLURM_JOB_NUM_NODES" && {driver}; }} || status=$?
  kill "$head" 2>/dev/null || true
  wait "$head" || true
  return "$status"\
"""
WAIT = """\
import sys, time, ray
end, wanted = time.monotonic() + 600, int(sys.argv[1])
ray.init(log_to_driver=False, logging_level='ERROR')
while (alive := sum(node['Alive'] for node in ray.nodes())) < wanted:
    if time.monotonic() > end: sys.exit(f'{alive} of {wanted} Ray nodes came up')
    time.sleep(0.2)"""
"""Returns when all nodes have joined. Ray itself starts with those that are there."""


def ray_lines(plan: Plan, words: Sequence[str]) -> tuple[str, ...]:
    """What `work` runs: `work head` or `work worker`."""
    gpus = f" --num-gpus={plan.gpus}" if isinstance(plan.gpus, int) else ""
    text = START.format(gpus=gpus, wait=quoted((WAIT,)), driver=quoted(words))
    return (text,)
