"""The code of a launch as an archive that is named by its content.

`git` takes what git tracks or would (`git ls-files --cached --others
--exclude-standard`), of submodules and nested repositories, too; outside a repository
every file that no `.gitignore` names. `pattern` takes the files that glob patterns
name. What may hold secrets (`.runspec_env`, `.env`) and `.git` never go along.
"""

from __future__ import annotations

import os
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG

from ..errors import Fault, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedRandom
    from tarfile import TarFile, TarInfo

    from pathspec import GitIgnoreSpec

    from .plan import Plan

GIT, PATTERN, NONE = "git", "pattern", "none"
MEGABYTE = 1_000_000
REPOSITORY = ".git"
DOTENV = ".env"
NEVER = frozenset({REPOSITORY, ".runspec_env", DOTENV})
IGNORE = ".gitignore"
CACHES = frozenset({"__pycache__", ".venv"})
"""Left out where no `.gitignore` says what is only here."""
LISTING = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
SYMLINK = b"2"
"""The type of a symbolic link in a tar (POSIX.1-1988, ustar)."""
TIME = 315_532_800
"""The beginning of 1980, before which a ZIP knows no time."""
LARGEST = 3
"""How many files are named when there is too much."""


class Archive:
    """An open temporary file with a tar in it, and the SHA-256 of that."""

    __slots__ = ("digest", "file")

    def __init__(self, digest: str, file: BufferedRandom) -> None:
        self.digest = digest
        self.file = file


def packed(plan: Plan) -> Archive:
    """What of the code of a plan goes along. Raises RunspecError as `pack` does."""
    settings = plan.settings
    _say_what_stays(plan.root)
    return pack(
        plan.root,
        settings.packager,
        settings.packager_include_pattern,
        settings.packager_max_mb,
        needed=os.path.relpath(plan.script, plan.root),
    )


_said: set[str] = set()


def _say_what_stays(root: str) -> None:
    """That a file of secrets isn't sent, once."""
    from .attend import note

    if root not in _said and os.path.lexists(os.path.join(root, DOTENV)):
        _said.add(root)
        note(f"{DOTENV} is not sent with the code")


def pack(
    root: str, packager: str, patterns: Sequence[str], most: int, *, needed: str
) -> Archive:
    """The code below `root`, at most `most` MB of it, with the file `needed` in it.

    The same files with the same modes make the same bytes, wherever and whenever.
    Raises RunspecError: `code-too-large`, `code-missing`, `unreadable`, `git-failed`.
    """
    import tarfile
    from tempfile import TemporaryFile

    names = files(root, packager, patterns)
    if needed not in names:
        fault = Fault("code-missing", f"{root}/{needed}", received=packager)
        raise RunspecError(fault)
    _require_size(root, names, most)
    file = TemporaryFile()  # noqa: SIM115  it is given out
    try:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in names:
                _add(archive, root, name)
        return Archive(_digest(file), file)
    except OSError as error:
        file.close()
        where = error.filename or "the archive"
        fault = Fault("unreadable", str(where), detail=error.strerror or "")
        raise RunspecError(fault) from None
    except BaseException:
        file.close()
        raise


def files(root: str, packager: str, patterns: Sequence[str]) -> list[str]:
    """The paths that go along, relative to `root`, sorted. Raises RunspecError."""
    if packager == PATTERN:
        found = _matching(root, patterns)
    elif _is_repository(root):
        found = _listed(root)
    else:
        found = _below(root, "", _IgnoreRules(root))
    return sorted({name for name in found if _goes_along(root, name)})


def _is_repository(root: str) -> bool:
    """Whether `root` is part of a work tree; one that git refuses isn't guessed at."""
    status, said = _git(root, "rev-parse", "--is-inside-work-tree")
    if status and os.path.lexists(os.path.join(root, REPOSITORY)):
        raise RunspecError(Fault("git-failed", root))
    return status == 0 and said.strip() == b"true"


def _listed(root: str, prefix: str = "") -> Iterator[str]:
    """What git lists; a directory in its list is a repository of its own."""
    status, said = _git(os.path.join(root, prefix), *LISTING)
    if status:
        raise RunspecError(Fault("git-failed", os.path.join(root, prefix)))
    for name in os.fsdecode(said).split("\0"):
        path = os.path.join(prefix, name.rstrip("/"))
        if name and _is_directory(os.path.join(root, path)):
            if os.path.lexists(os.path.join(root, path, REPOSITORY)):
                yield from _listed(root, path)
        elif name:
            yield path


class _IgnoreRules:
    """What the `.gitignore` files of a folder and of those above it name.

    They need pathspec, of the extra `recipes`; without it that is said, once.
    """

    def __init__(
        self, root: str, above: _IgnoreRules | None = None, at: str = ""
    ) -> None:
        self._root = root
        self._above = above
        self._at = at
        self._rules = _rules(os.path.join(root, at, IGNORE))

    def below(self, at: str) -> _IgnoreRules:
        return _IgnoreRules(self._root, self, at)

    def has(self, path: str, *, folder: bool) -> bool:
        """The deepest file that says something of a path decides."""
        said = None
        if self._rules is not None:
            name = os.path.relpath(path, self._at or ".") + "/" * folder
            said = self._rules.check_file(name).include
        if said is None and self._above is not None:
            return self._above.has(path, folder=folder)
        return bool(said)


def _rules(path: str) -> GitIgnoreSpec | None:
    if not os.path.isfile(path):
        return None
    try:
        from pathspec import GitIgnoreSpec
    except ImportError:
        from .attend import note

        if path not in _said:
            _said.add(path)
            note(f"{path} isn't read: pip install 'runspec[recipes]'")
        return None
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return GitIgnoreSpec.from_lines(file)


def _below(
    root: str, prefix: str, ignored: _IgnoreRules | None = None
) -> Iterator[str]:
    """Every file that isn't `ignored`; links to directories are files, too."""
    with os.scandir(os.path.join(root, prefix)) as entries:
        for entry in entries:
            path = os.path.join(prefix, entry.name)
            folder = entry.is_dir(follow_symlinks=False)
            if entry.name in CACHES:
                continue
            if ignored is not None and ignored.has(path, folder=folder):
                continue
            if not folder:
                yield path
            elif entry.name not in NEVER:
                yield from _below(root, path, ignored and ignored.below(path))


def _matching(root: str, patterns: Sequence[str]) -> Iterator[str]:
    """What the patterns name; of a directory, all that is in it."""
    from glob import glob

    for pattern in patterns:
        for found in glob(pattern, root_dir=root, recursive=True, include_hidden=True):
            name = os.path.normpath(found)
            if _is_directory(os.path.join(root, name)):
                yield from _below(root, "" if name == "." else name)
            else:
                yield name


def _goes_along(root: str, name: str) -> bool:
    """A file or link that is there and stays within `root`."""
    parts = name.split("/")
    if parts[0] in ("", "..") or NEVER.intersection(parts):
        return False
    try:
        mode = os.lstat(os.path.join(root, name)).st_mode
    except OSError:
        return False
    return S_ISREG(mode) or S_ISLNK(mode)


def _is_directory(path: str) -> bool:
    try:
        return S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _require_size(root: str, names: Sequence[str], most: int) -> None:
    sizes = {name: os.lstat(os.path.join(root, name)).st_size for name in names}
    total = sum(sizes.values())
    if total <= most * MEGABYTE:
        return
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    shown = (f"{name} ({sizes[name] / MEGABYTE:.1f} MB)" for name in largest)
    raise RunspecError(
        Fault(
            "code-too-large",
            root,
            received=f"{total / MEGABYTE:.1f}",
            expected=(most,),
            detail=", ".join(shown),
        )
    )


def _add(archive: TarFile, root: str, name: str) -> None:
    path = os.path.join(root, name)
    try:
        target = os.readlink(path)
    except OSError:
        with open(path, "rb") as file:
            archive.addfile(_member(name, os.fstat(file.fileno())), file)
        return
    member = _member(name, os.lstat(path))
    member.size, member.type, member.linkname = 0, SYMLINK, target
    archive.addfile(member)


def _member(name: str, status: os.stat_result) -> TarInfo:
    """With nothing of its owner or its times."""
    from tarfile import TarInfo

    member = TarInfo(name)
    member.size, member.mode = status.st_size, S_IMODE(status.st_mode)
    member.mtime = TIME
    return member


def _digest(file: BufferedRandom) -> str:
    from hashlib import file_digest

    file.seek(0)
    digest = file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _git(folder: str, *words: str) -> tuple[int, bytes]:
    """Its status and output; it runs no monitor of the repository's."""
    from .capture import output_of

    git = ("git", "--no-optional-locks", "-C", folder, "-c", "core.fsmonitor=false")
    return output_of((*git, *words))
