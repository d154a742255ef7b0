"""Which code a launch runs: its commit, what was changed since, a hash of both."""

from __future__ import annotations

import os
from stat import S_ISREG

from ..compat import sha256
from ..errors import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json
    from .capture import Asked

MOST_DIFF = 10 * 1024 * 1024
"""Bytes of changes that are kept; of more, only that there are some."""
MOST_UNTRACKED = 1_000
"""Untracked files whose content counts; of more, their names do."""
REMOTE = ("config", "--get", "remote.origin.url")
CHANGES = (
    *("diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--unified=3"),
    "HEAD",
)
"""As `git apply` takes them, whatever the repository or its user has configured."""
STATUS = ("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all")
MOST_HASHED = 16 * 1024 * 1024
"""Bytes of an untracked file whose content counts; of a larger one, size and time."""
CHUNK = 1 << 20
MARKER = ".git"


class Code:
    """What is known of the code below `root`.

    `commit` is None outside a repository, `dirty` whether tracked files were changed
    or untracked ones are there, `remote` the address of its origin without
    credentials, `digest` the SHA-256 of the commit's name, the changes, the untracked
    files and the script. `diff` are the changes as `git apply` takes them, None
    where they are too large; `untracked` the paths of the untracked files.
    """

    __slots__ = ("commit", "diff", "digest", "dirty", "remote", "root", "untracked")

    def __init__(
        self,
        root: str,
        commit: str | None = None,
        remote: str | None = None,
        diff: bytes | None = b"",
        untracked: tuple[str, ...] = (),
        digest: str = "",
    ) -> None:
        self.root = root
        self.commit = commit
        self.remote = remote
        self.diff = diff
        self.untracked = untracked
        self.digest = digest
        self.dirty = diff is None or diff != b"" or bool(untracked)

    def plain(self) -> Json:
        """As code.json has it."""
        return {
            "root": self.root,
            "commit": self.commit,
            "dirty": self.dirty,
            "remote": self.remote,
            "sha256": self.digest,
            "untracked": [*self.untracked[:MOST_UNTRACKED]],
            "diff": "left out" if self.diff is None else "whole" if self.diff else None,
        }


def root_of(script: str) -> str:
    """The folder that goes along with a script: its repository, else its own."""
    here = directory = os.path.dirname(os.path.abspath(script))
    while True:
        if os.path.lexists(f"{directory}/{MARKER}"):
            return directory
        above = os.path.dirname(directory)
        if above == directory:
            return here
        directory = above


class Question:
    """What git is asked of a folder, while this process does other things."""

    __slots__ = ("_remote", "_status", "root")

    def __init__(self, root: str) -> None:
        self.root = root
        there = os.path.lexists(f"{root}/{MARKER}")
        self._status = _asked(root, *STATUS) if there else None
        self._remote = _asked(root, *REMOTE) if there else None

    def answer(self, script: str) -> Code:
        """The code that `script` is part of; without git only the script counts."""
        status, remote = _said(self._status), _said(self._remote)
        if status is None:
            return _hashed(Code(self.root), script)
        commit, changed, untracked = _read(status)
        diff: bytes | None = b""
        if changed and commit:
            diff = _said(_asked(self.root, *CHANGES))
            if diff is not None and len(diff) > MOST_DIFF:
                diff = None
        address = os.fsdecode(remote or b"").strip()
        shown = without_credentials(address) if address else None
        return _hashed(Code(self.root, commit, shown, diff, untracked), script)


def warnings(code: Code) -> tuple[Fault, ...]:
    """What of the code can't be had back later."""
    if code.diff is not None:
        return ()
    return (Fault("diff-left-out", code.root, severity="warning", received=MOST_DIFF),)


def _read(status: bytes) -> tuple[str | None, bool, tuple[str, ...]]:
    """The commit, whether tracked files were changed, the untracked ones."""
    commit: str | None = None
    changed = False
    untracked: list[str] = []
    for entry in os.fsdecode(status).split("\0"):
        if entry.startswith("# branch.oid "):
            name = entry.removeprefix("# branch.oid ")
            commit = None if name.startswith("(") else name
        elif entry.startswith("? "):
            untracked.append(entry[2:])
        elif entry[:1] in ("1", "2", "u"):
            changed = True
    return commit, changed, tuple(untracked)


def without_credentials(address: str) -> str:
    """An URL without user and password (RFC 3986, section 3.2.1)."""
    scheme, found, rest = address.partition("://")
    if not found:
        return address
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _hashed(code: Code, script: str) -> Code:
    total = sha256()(b"")
    parts = [(code.commit or "").encode(), code.diff or b"", _content(script)]
    for path in code.untracked[:MOST_UNTRACKED]:
        parts += [os.fsencode(path), _content(f"{code.root}/{path}")]
    parts += [os.fsencode(path) for path in code.untracked[MOST_UNTRACKED:]]
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    code.digest = total.hexdigest()
    return code


def _content(path: str) -> bytes:
    """A file's own hash; its size and time where it is large; nothing for no file."""
    try:
        seen = os.lstat(path)
        if not S_ISREG(seen.st_mode):
            return b""
        if seen.st_size > MOST_HASHED:
            return f"{seen.st_size} {seen.st_mtime_ns}".encode()
        total = sha256()(b"")
        with open(path, "rb") as file:
            while part := file.read(CHUNK):
                total.update(part)
    except OSError:
        return b""
    return total.digest()


def _asked(root: str, *words: str) -> Asked:
    """It takes no lock, runs no monitor of the repository's, and asks nothing."""
    from .capture import Asked

    settings = ("-c", "core.fsmonitor=false", "-c", "color.ui=false")
    return Asked(("git", "--no-optional-locks", "-C", root, *settings, *words))


def _said(asked: Asked | None) -> bytes | None:
    """What git prints; None where there is no git or it fails."""
    status, data = (1, b"") if asked is None else asked.answer()
    return data if status == 0 else None
