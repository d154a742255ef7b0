"""Artifacts by name: their manifests in a folder (CNF-07).

    DIR/<name>.json   or   DIR/<name>/metadata.json
    DIR/<name>/v<N>/manifest.json, and the text file DIR/<name>/latest

A manifest is a JSON object with `path` and any further fields.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json

LATEST = "latest"
METADATA = "metadata.json"
MANIFEST = "manifest.json"


class ArtifactError(Exception):
    """Why a field of an artifact can't be had, on one line."""


def field(directory: str, reference: str, name: str) -> Json:
    """A field of the artifact that `name` or `name:version` refers to.

    What the manifest leaves out is made up for: `path` of a `metadata.json` is its
    folder, `name` that of the reference. Raises ArtifactError.
    """
    artifact, _, version = reference.partition(":")
    manifest = _read(directory, artifact, version)
    held = manifest.get("version")
    if version not in ("", LATEST) and held is not None and not _same(held, version):
        raise ArtifactError(f"{artifact} is there as version {held}, not {version}")
    if name in manifest:
        return manifest[name]
    known = ", ".join(sorted(manifest)) or "nothing"
    raise ArtifactError(f"{artifact} has no field {name}, only {known}")


def _same(held: Json, version: str) -> bool:
    return str(held).removeprefix("v") == version.removeprefix("v")


def _read(directory: str, artifact: str, version: str) -> dict[str, Json]:
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
    number = _version(folder, version)
    path = f"{folder}/v{number}"
    if number and os.path.isfile(f"{path}/{MANIFEST}"):
        found = _object(f"{path}/{MANIFEST}")
        return {"name": artifact, "path": path, "version": number, **found}
    wanted = f"{artifact}:{version}" if version else artifact
    raise ArtifactError(f"there is no artifact {wanted} in {directory}")


def _version(folder: str, version: str) -> str:
    """The number that is meant: as `latest` says, or the highest; "" for none."""
    if version not in ("", LATEST):
        return version.removeprefix("v") if version.strip("v0123456789") == "" else ""
    try:
        with open(f"{folder}/{LATEST}", encoding="utf-8") as file:
            said = file.read(64).strip().removeprefix("v")
        names = [] if said.isdecimal() else os.listdir(folder)
    except (OSError, UnicodeDecodeError):
        said, names = "", os.listdir(folder) if os.path.isdir(folder) else []
    if said.isdecimal():
        return said
    numbers = [n[1:] for n in names if n[:1] == "v" and n[1:].isdecimal()]
    return max(numbers, key=int, default="")


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
