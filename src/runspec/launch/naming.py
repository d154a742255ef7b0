"""Names that every place takes."""

from __future__ import annotations

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALLOWED = f"{LETTERS}0123456789-"
LONGEST = 15
"""With an id, what a controller adds to the name still makes a DNS label (RFC 1123)."""


def slug(name: str, longest: int = LONGEST) -> str:
    """A name as lower-case letters, digits and hyphens, a letter first."""
    kept = "".join(each if each in ALLOWED else "-" for each in name.lower())
    words = "-".join(filter(None, kept.split("-")))[:longest].rstrip("-")
    return (
        words if words[:1] in LETTERS and words else f"r-{words}"[:longest].rstrip("-")
    )


def unique(name: str, id: str) -> str:
    """A name of at most 40 characters that no other launch has."""
    return f"{slug(name)}-{id}"
