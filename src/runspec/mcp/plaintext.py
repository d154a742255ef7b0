"""Text as a model or a terminal of somebody else may have it."""

from __future__ import annotations

ESCAPES = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS, SOS, PM, APC: strings
    r"|\x1b[ -/]*[0-~]?"  # the other escapes
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
"""The control sequences of ECMA-48."""
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)])


def plain_text(text: str) -> str:
    """Without escape sequences and control characters (ECMA-48) but tab and newline.

    A carriage return that no newline follows becomes one: it begins a line anew.
    """
    if "\x1b" in text or "\x9b" in text:
        import re

        text = re.sub(ESCAPES, "", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(CONTROLS) if not text.isprintable() else text
