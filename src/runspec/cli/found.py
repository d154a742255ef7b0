"""The spec files and recipes below a folder."""

from __future__ import annotations

import os

from ..source.spec import SCRIPTS, declares_nothing, read_spec, starts_like_program
from ..specfile import SPEC_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source.document import Document

SKIPPED = ("__pycache__", "node_modules", "site-packages")
ENDINGS = ("", ".sh", ".bash", ".zsh", ".ksh", ".fish", ".rb", ".pl", ".R", ".jl")
"""Of files that may hold a block in another language with `#` comments."""
UNREAD = ("spec-not-found", "not-a-file", "unreadable", "too-large")
"""Faults of a Python file of which nobody knows whether it is a recipe."""


def documents(root: str, most: int | None = None) -> Iterator[Document]:
    """Each `runspec.toml` and each script that declares itself, in order.

    Paths are from the current directory where that is above them. `most` bounds the
    number of directories.
    """
    from ..source.walk import directories

    for directory, files in directories(root, _worth_entering, most):
        folder = shown(directory)
        for name in files:
            path = name if folder == "." else os.path.join(folder, name)
            if name == SPEC_NAME:
                yield read_spec(path)
            elif name.endswith(SCRIPTS) or _may_be_recipe(path):
                document = read_spec(path)
                if not declares_nothing(document) and not _is_unread(document):
                    yield document


def _may_be_recipe(path: str) -> bool:
    """Whether it is a script in another language, with a block of its own (RCP-03)."""
    from ..specfile import has_own

    ending = os.path.splitext(path)[1]
    return ending in ENDINGS and starts_like_program(path) and has_own(path)


def shown(path: str) -> str:
    """The path from the current directory when it is below that."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _is_unread(document: Document) -> bool:
    return any(fault.code in UNREAD for fault in document.faults)


def _worth_entering(directory: str) -> bool:
    """Not hidden, not others' code, not a virtual environment, not a link."""
    base = os.path.basename(directory)
    if base.startswith(".") or base in SKIPPED or os.path.islink(directory):
        return False
    return not os.path.exists(os.path.join(directory, "pyvenv.cfg"))
