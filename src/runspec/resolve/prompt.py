"""Ask a person for a secret (SRC-07)."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Invocation
    from ..model import Arg


def prompted(arg: Arg, call: Invocation) -> str | None:
    """What was typed, without echo; None where nobody is there to ask, or answers.

    Somebody is there when stdin and stderr are terminals and no agent calls. An empty
    answer, and one that isn't UTF-8, is asked for again; Ctrl-D gives none.
    """
    if not is_asked(call):
        return None
    from getpass import getpass

    about = f" ({arg.description})" if arg.description else ""
    question = f"{call.runnable.name}: {arg.name}{about}: "
    while True:
        try:
            text = getpass(question)
        except UnicodeDecodeError:
            print("That isn't UTF-8; type it again.", file=sys.stderr)
            continue
        except EOFError:
            print(file=sys.stderr)
            return None
        except KeyboardInterrupt as error:
            from ..interrupt import hide

            print(file=sys.stderr)
            hide(error)
            raise
        if text:
            return text


def is_asked(call: Invocation) -> bool:
    """Whether a person is there to be asked."""
    if call.agent:
        return False
    streams = (sys.stdin, sys.stderr)
    return all(each and not each.closed and each.isatty() for each in streams)
