"""The words of a `rest` argument that come from a variable (TYPE-08)."""

from __future__ import annotations

from ..errors import Refused
from . import variable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Invocation, Origin
    from ..model import Arg


def rest_words(call: Invocation, arg: Arg, text: str, origin: Origin) -> list[str]:
    """One word a line, where there are lines or the variable is the argument's own.

    Else as a POSIX shell splits words, without expansion. Raises Refused
    (`not-valid`) for a quote that isn't closed.
    """
    if "\n" in text or _is_own(call, arg, text, origin):
        return text.removesuffix("\n").split("\n") if text else []
    from shlex import split

    try:
        return split(text)
    except ValueError as error:
        raise Refused("not-valid", detail=str(error)) from None


def _is_own(call: Invocation, arg: Arg, text: str, origin: Origin) -> bool:
    """Whether it is RUNSPEC_<RUNNABLE>_ARG_<NAME>, which runspec itself exports."""
    own = variable_of(call.chain[0].name, arg.name)
    if isinstance(origin, str):
        return origin == own
    return call.env_file is not None and call.env_file.variables.get(own) == text
