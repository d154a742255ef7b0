"""The specs that may start something elsewhere, or as somebody else (CFG-12).

`settings.toml` in the user's `runspec` directory (`paths.config_dir`) may have
`trusted-folders`: what is below one of them is trusted whoever wrote it.
"""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, SpecError
from ..paths import config_dir
from .ownership import WRITABLE, distrust, distrust_place

SETTINGS = "settings.toml"
FOLDERS = "trusted-folders"


def require_trusted_spec(path: str, use: str) -> None:
    """Raise SpecError (`spec-untrusted`) where somebody else could have written it.

    `path` is that of the spec, `use` what of it would be used.
    """
    try:
        found = distrust_place(path)
    except OSError as error:
        place = FilePlace(path, 0, 0)
        why = error.strerror or ""
        raise SpecError(Fault("unreadable", path, place, detail=why)) from None
    if found is None or _is_below(path, _read_folders()):
        return
    place = FilePlace(found.path, 0, 0)
    settings = _settings() or SETTINGS
    fault = Fault("spec-untrusted", path, place, received=found.why)
    fault.expected, fault.detail = (use, settings), found.mend
    raise SpecError(fault)


def _is_below(path: str, folders: list[str]) -> bool:
    spellings = (os.path.abspath(path), os.path.realpath(path))
    return any(
        each.startswith(f"{spelling.rstrip('/')}/")
        for folder in folders
        for spelling in (os.path.abspath(folder), os.path.realpath(folder))
        for each in spellings
    )


def _settings() -> str:
    folder = config_dir(os.environ)
    return f"{folder}/runspec/{SETTINGS}" if folder else ""


def _read_folders() -> list[str]:
    """Those of the user's settings. Raises SpecError for what is wrong there."""
    from .toml import read_toml

    path = _settings()
    if not path or not os.path.lexists(path):
        return []
    document = read_toml(path, lambda status: _refusal(path, status))
    if document.faults:
        raise SpecError(*document.faults)
    found = document.tables.get(FOLDERS, [])
    items = found if isinstance(found, list) else [None]
    folders = [os.path.expanduser(each) for each in items if isinstance(each, str)]
    if len(folders) < len(items) or not all(map(os.path.isabs, folders)):
        place = document.place((FOLDERS,), value=True)
        expected = ("a list of absolute paths",)
        raise SpecError(Fault("field-type", FOLDERS, place, expected=expected))
    return folders


def _refusal(path: str, status: os.stat_result) -> Fault | None:
    """ENV-04, but for reading."""
    found = distrust(path, status, open_to=WRITABLE, owners=(0,))
    if found is None:
        return None
    place = FilePlace(path, 0, 0)
    return Fault(
        "env-file-untrusted", path, place, received=found.why, detail=found.mend
    )
