"""Secrets that the system's keyring holds (ENV-05)."""

from __future__ import annotations

from ..errors import Fault
from ..model import attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Invocation
    from ..errors import Place
    from ..model import Arg


def from_keyring(call: Invocation, arg: Arg, reference: str, place: Place) -> str:
    """The secret that `keyring:SERVICE/USER` stands for.

    "" where there is none; the call then has the fault that says why.
    """
    service, _, user = reference.removeprefix("keyring:").partition("/")
    detail = ""
    code = "keyring-missing" if service and user else "keyring-invalid"
    if code == "keyring-missing":
        try:
            from keyring import get_password

            found = get_password(service, user)
        except ImportError:
            code = "keyring-not-installed"
        except Exception as error:  # noqa: BLE001  a keyring raises its own errors
            detail = type(error).__name__
        else:
            if found is not None:
                return str(found)
            detail = f"no {user} of {service}"
    call.faults.append(Fault(code, arg.name, place, detail=detail))
    call.failed.add(attribute_of(arg.name))
    return ""
