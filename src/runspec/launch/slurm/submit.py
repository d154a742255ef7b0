"""Handing a job over: its code, its files, its script."""

from __future__ import annotations

import os

from ...errors import Fault, RunspecError
from ..executor import Silent
from ..pack import NONE, packed
from ..transport import NOT_FOUND, put
from .array import suffixes
from .directives import MARK, job_name
from .job import handle_of, is_id, transport_of, way
from .paths import SCRIPT, SECRETS, site
from .queue import MISSING, REFUSED, ask
from .script import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..plan import Plan
    from ..portable import Site
    from ..transport import Done, Transport

SBATCH = ("sbatch", "--parsable")
UNSENT = "files-not-sent"
HAS = '[ -d "$1" ] && [ -O "$1" ] && { touch -c -- "$1" 2>/dev/null || :; }'
"""Its time is that of its last use."""
UNPACK = (
    'set -e; umask 077; mkdir -p -- "${1%/*}"; new=$(mktemp -d -- "$1.XXXXXX"); '
    'trap \'rm -rf -- "$new"\' EXIT; cat >"$new/tar"; '
    'sum=$(sha256sum <"$new/tar"); [ "${sum%% *}" = "${1##*/}" ] || '
    '{ echo "what came isn\'t what was sent" >&2; exit 1; }; '
    'mkdir -- "$new/code"; tar -xpf "$new/tar" -C "$new/code"; '
    'mv -T -- "$new/code" "$1" 2>/dev/null || '
    '[ -O "$1" ] || { echo "$1 is somebody else\'s" >&2; exit 1; }'
)
"""Makes the folder of the code whole or not at all; the first of several wins, unless
another user's is, which may hold anything."""
DISCARD = 'rm -rf -- "$1"'
FORGET = 'rm -f -- "$1/$2" "$1/$2"-*'


def submit(plan: Plan, *, attached: bool) -> dict[str, str]:
    """The handle of the job. Where this fails nothing runs, and no secret is left.

    Raises RunspecError: `slurm-refused` with what sbatch said, `files-not-sent`,
    `slurm-missing`, those of the code, of secrets and of ssh.
    """
    from ..secrets import values

    found = values(plan.secrets)
    hidden = frozenset(
        reference.removeprefix("env:") for reference in plan.secrets.values()
    )
    transport = transport_of(way(plan.settings), hidden)
    place = with_code(plan, transport)
    script = render(plan, place, attached=attached)
    try:
        files = files_of(plan, script, found, suffixes(plan.settings.array))
        done = put(transport, place.folder, files)
        require_sent(done, place.folder, transport)
        said = sbatch(plan, f"{place.folder}/{SCRIPT}", transport)
        return handle_of(plan, place.folder, said)
    except BaseException:
        discard(plan, place, transport)
        raise


def digest_of(plan: Plan) -> str | None:
    """The content hash of the code that goes along; None where none does."""
    if plan.settings.packager == NONE:
        return None
    archive = packed(plan)
    with archive.file:
        return archive.digest


def with_code(plan: Plan, transport: Transport) -> Site:
    """Where the code is, sent there if need be."""
    if plan.settings.packager == NONE:
        return site(plan, None)
    archive = packed(plan)
    with archive.file:
        place = site(plan, archive.digest)
        if transport.run(("sh", "-c", HAS, "sh", place.root)).status:
            words = ("sh", "-c", UNPACK, "sh", place.root)
            done = transport.run(words, archive.file, None)
            require_sent(done, place.root, transport)
    return place


def files_of(
    plan: Plan, script: str, values: Mapping[str, str], tasks: Sequence[str]
) -> dict[str, tuple[bytes, int]]:
    """What stands in the job's folder, by name: content and mode.

    `tasks` are what is behind the names of the files of each task.
    """
    from ..portable import export_lines

    files = {SCRIPT: (os.fsencode(script), 0o700)}
    if plan.config is not None and plan.content is not None:
        files[os.path.basename(plan.config)] = (plan.content, 0o600)
    if values:
        text = "".join(f"{line}\n" for line in export_lines(values))
        for each in tasks:
            files[SECRETS + each] = (os.fsencode(text), 0o600)
    return files


def sbatch(plan: Plan, path: str, transport: Transport) -> str:
    """The line with the job's id; a job whose id didn't arrive is cancelled."""
    words = (*SBATCH, path)
    try:
        done = transport.run(words)
    except BaseException:
        _withdraw(plan, transport)
        raise
    if done.status == NOT_FOUND:
        raise RunspecError(Fault(MISSING, words[0], detail=transport.where))
    if done.status:
        _withdraw(plan, transport)  # a controller may do what it didn't answer
        raise RunspecError(Fault(REFUSED, words[0], detail=done.said))
    for line in reversed(done.text.splitlines()):
        if is_id(line.partition(";")[0]):
            return line
    _withdraw(plan, transport)
    raise RunspecError(Fault(REFUSED, words[0], detail=done.said))


def sbatch_words(place: Site) -> tuple[str, ...]:
    return (*SBATCH, f"{place.folder}/{SCRIPT}")


def _withdraw(plan: Plan, transport: Transport) -> None:
    """Cancel a job that may have been submitted. Raises RunspecError where that
    can't be known.
    """
    try:
        words = ("squeue", "--noheader", "--format=%A|%k", f"--name={job_name(plan)}")
        found = ask(transport, words)
        for line in found.text.splitlines() if found else ():
            id, _, comment = line.partition("|")
            if comment == MARK + plan.id:
                ask(transport, ("scancel", id))
    except Silent as error:
        why = error.faults[0].detail
        fault = Fault("slurm-uncertain", MARK + plan.id, received=plan.id, detail=why)
        raise RunspecError(fault) from None


def discard(plan: Plan, place: Site, transport: Transport) -> None:
    """Leave nothing in a folder there; of this machine's, only no secret."""
    own = place.folder == plan.folder
    words = (
        (FORGET, "sh", place.folder, SECRETS) if own else (DISCARD, "sh", place.folder)
    )
    try:
        transport.run(("sh", "-c", *words))
    except Silent:
        return


def require_sent(done: Done, folder: str, transport: Transport) -> None:
    if done.status:
        where = f"{transport.where}:{folder}" if transport.where else folder
        raise RunspecError(Fault(UNSENT, where, detail=done.said))
