"""What is typed for a runnable of another machine, held against its spec."""

from __future__ import annotations

import os

from ..call import Invocation
from ..errors import Fault, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import Loaded


def prepare() -> None:
    """Load what a call needs, while the other machine is being reached."""
    import binascii  # noqa: F401

    from ..deny import require_allowed  # noqa: F401
    from ..run import recorded, supervise, types  # noqa: F401
    from ..source import toml  # noqa: F401
    from ..spec import build, inherit  # noqa: F401


def loaded(name: str, text: str, path: str) -> Loaded:
    """A runnable by the text of its spec. Raises SpecError for its faults."""
    from ..source.toml import parse_toml
    from ..spec.build import build

    spec = build(parse_toml(text, path), name)
    errors = spec.errors_for(name)
    if errors:
        raise SpecError(*errors)
    if name not in spec.runnables:
        raise SpecError(Fault("unknown-runnable", name, received=name))
    return path, spec.runnables[name], spec.config, ()


def checked(found: Loaded, argv: Sequence[str]) -> Invocation:
    """The call with what was typed, each value made and checked.

    What wasn't typed is for the other machine to find, with its environment and its
    files: whether a value is missing, or a group is broken, is decided there. Raises
    CallError with all faults of the rest.
    """
    from ..resolve import value_of
    from ..run.types import carry_types

    path, runnable, config, _ = found
    carry_types(config)
    call = Invocation(runnable, config, argv, os.environ, path)
    call.bind()
    if not (call.asked or call.lost):
        for attribute, arg in call.scope.items():
            if attribute in call.given:
                call.values[attribute] = value_of(call, attribute, arg)
    if call.faults:
        from ..resolve.report import call_error

        raise call_error(call)
    return call
