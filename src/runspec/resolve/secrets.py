"""The secrets of a call, so that nothing shows them (TYPE-09)."""

from __future__ import annotations

from ..redact import Redactor
from . import variable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Invocation


def redactor_of(call: Invocation) -> Redactor:
    """Knows the secrets of a call, and the names they have."""
    redactor = Redactor()
    for value in call.values.values():
        arg = value.arg
        if arg.type == "password" and value.plain is not None:
            names = (arg.name, variable_of(call.runnable.name, arg.name), *arg.env)
            texts = value.plain if isinstance(value.plain, list) else [value.plain]
            for text in texts:
                redactor.add(str(text), *names)
    return redactor
