"""`runspec jump`: a tool of another host, as if it were here (JMP)."""

from __future__ import annotations

from ..remote.begun import begin_call
from ..remote.hosts import known_hosts
from .lookup import spec_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..call import Args
    from ..remote.ssh import Target


def run(args: Args) -> int:
    """Run the tool, or list what there is; its exit status, 1 for a fault."""
    hosts = known_hosts(spec_from_here())
    named: str = args.host.value
    names = hosts.expand(named)
    targets = {name: hosts.target(name, args.bin.value) for name in names}
    many = names != (named,)
    if many or (args.tool.value and args.format.value == "json"):
        return _on_all(targets, args)
    return _on_one(targets[names[0]], args)


def _on_one(target: Target, args: Args) -> int:
    begun = begin_call(target)
    from ..loop import Loop
    from .onehost import OneHost, Stops

    with Loop() as loop:
        call = OneHost(loop, begun, args, Stops(loop))
        if args.tool.value is None:
            return loop.run(call.tools())
        return loop.run(call.run())


def _on_all(targets: Mapping[str, Target], args: Args) -> int:
    from ..loop import Loop
    from .fleet import jump_to_all
    from .onehost import Stops

    with Loop() as loop:
        return loop.run(jump_to_all(loop, targets, args, Stops(loop)))
