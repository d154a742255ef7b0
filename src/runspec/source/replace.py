"""Files that are either whole or as they were."""

from __future__ import annotations

import os

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
RACY_NS = 20_000_000
"""A file changed within this time may change again under the same mtime."""


def replace(path: str, content: bytes, mode: int) -> bool:
    """Write a file of a cache, its directory made when missing; False: it can't be."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        write_whole(path, f"{path}.{os.getpid()}", content, mode)
    except OSError:
        return False
    return True


def write_whole(path: str, temporary: str, content: bytes, mode: int) -> None:
    """Write a file by way of a new one beside it. Raises OSError."""
    descriptor = os.open(temporary, CREATE, mode | 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        remove(temporary)
        raise


def remove(path: str) -> None:
    """Unlink a file that may be gone."""
    try:
        os.unlink(path)
    except OSError:
        return
