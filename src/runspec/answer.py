"""How a program ends that was asked for its help or its version (HELP)."""

import os
import sys

from .render.text import Style, show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .call import Invocation


def answer(call: "Invocation") -> int:
    """Write the answer to stdout; the exit status."""
    program = call.runnable.name
    if call.asked == "version":
        from .source.version import version_line

        text = version_line(program, call.spec_path)
    else:
        from .render.help import help_page

        style = Style.for_stream(sys.stdout, os.environ)
        text = help_page(call.chain, call.config, program=program, style=style)
    return 0 if show(text, sys.stdout) else 1
