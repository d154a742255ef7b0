"""Media types (RFC 6838), and which of them are text."""

from __future__ import annotations

WORDS = {"text": "text/plain", "json": "application/json", "html": "text/html"}
"""What a spec's `output` may say for short."""

TEXTUAL = frozenset(
    (
        "application/javascript",
        "application/json",
        "application/jsonl",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/xml",
        "application/yaml",
    )
)
TEXTUAL_ENDS = ("+json", "+xml", "+yaml")


def media_type_of(output: str) -> str:
    """The media type that a runnable's `output` stands for; unknown words are text."""
    if output in WORDS:
        return WORDS[output]
    from ..spec.kinds import is_media_type

    return output if is_media_type(output) else WORDS["text"]


def essence(media_type: str) -> str:
    """Without parameters, in small letters."""
    return media_type.partition(";")[0].strip().lower()


def is_textual(media_type: str) -> bool:
    """A reader of text can read it; among images that is SVG."""
    name = essence(media_type)
    return name.startswith("text/") or name in TEXTUAL or name.endswith(TEXTUAL_ENDS)
