"""Artifacts by name: their manifests in a folder (CNF-07).

    DIR/<name>.json   or   DIR/<name>/metadata.json

A manifest is a JSON object with `path` and any further fields.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json

LATEST = "latest"
METADATA = "metadata.json"


class ArtifactError(Exception):
    """Why a field of an artifact can't be had, on one line."""


def field(directory: str, reference: str, name: str) -> Json:
    """A field of the artifact that `name` or `name:version` refers to.

    What the manifest leaves out is made up for: `path` of a `metadata.json` is its
    folder, `name` that of the reference. Raises ArtifactError.
    """
    artifact, _, version = reference.partition(":")
    manifest = _read(directory, artifact)
    held = manifest.get("version")
    if version not in ("", LATEST) and held is not None and str(held) != version:
        raise ArtifactError(f"{artifact} is there as version {held}, not {version}")
    if name in manifest:
        return manifest[name]
    known = ", ".join(sorted(manifest)) or "nothing"
    raise ArtifactError(f"{artifact} has no field {name}, only {known}")


def _read(directory: str, artifact: str) -> dict[str, Json]:
    parts = artifact.split("/")
    if not all(part.strip(".") for part in parts) or "\0" in artifact:
        raise ArtifactError(f"{artifact!r} can't be the name of an artifact")
    folder = os.path.join(directory, artifact)
    for path, implied in (
        (f"{folder}.json", {"name": artifact}),
        (f"{folder}/{METADATA}", {"name": artifact, "path": folder}),
    ):
        if os.path.isfile(path):
            return {**implied, **_object(path)}
    raise ArtifactError(f"there is no artifact {artifact} in {directory}")


def _object(path: str) -> dict[str, Json]:
    from json import loads

    from ...errors import Fault
    from ...source.file import read_text

    text = read_text(path)
    if isinstance(text, Fault):
        raise ArtifactError(f"{path} can't be read")
    try:
        found = loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArtifactError(f"{path} isn't a JSON object")
    return found
