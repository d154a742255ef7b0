"""What each revision of the Model Context Protocol changes: one table."""

from __future__ import annotations


class Revision:
    """One revision; what it has of what this server uses.

    `stateless`: each request says who asks, and questions are results
    (`server/discover`, `_meta`, `resultType`, `ttlMs`). `batches`: several messages
    may come in one array. `structured` is "" (none), "object" or "any".
    """

    __slots__ = (
        "annotations",
        "audio",
        "batches",
        "elicitation",
        "links",
        "missing_resource",
        "name",
        "progress_message",
        "stateless",
        "structured",
        "titles",
    )

    def __init__(
        self,
        name: str,
        *,
        stateless: bool = False,
        batches: bool = False,
        annotations: bool = True,
        audio: bool = True,
        progress_message: bool = True,
        titles: bool = True,
        links: bool = True,
        elicitation: bool = True,
        structured: str = "object",
        missing_resource: int = -32002,
    ) -> None:
        self.name = name
        self.stateless = stateless
        self.batches = batches
        self.annotations = annotations
        self.audio = audio
        self.progress_message = progress_message
        self.titles = titles
        self.links = links
        self.elicitation = elicitation
        self.structured = structured
        self.missing_resource = missing_resource


REVISIONS = {
    each.name: each
    for each in (
        Revision(
            "2024-11-05",
            annotations=False,
            audio=False,
            progress_message=False,
            titles=False,
            links=False,
            elicitation=False,
            structured="",
        ),
        Revision(
            "2025-03-26",
            batches=True,
            titles=False,
            links=False,
            elicitation=False,
            structured="",
        ),
        Revision("2025-06-18"),
        Revision("2025-11-25"),
        Revision(
            "2026-07-28",
            stateless=True,
            structured="any",
            missing_resource=-32602,
        ),
    )
}
"""Every revision by its name, oldest first."""

STATELESS = tuple(name for name, each in REVISIONS.items() if each.stateless)
HANDSHAKE = tuple(name for name, each in REVISIONS.items() if not each.stateless)
NEWEST_HANDSHAKE = HANDSHAKE[-1]
