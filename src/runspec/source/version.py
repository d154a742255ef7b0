"""Which version of which distribution a program is."""

from __future__ import annotations

import os
import sys

from .distributions import distributions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .distributions import Distribution


def version_line(program: str, spec_path: str) -> str:
    """`program` and the version of the distribution that has its spec (HELP-04).

    Without one, the distribution that has a program of that name answers.
    """
    sites = tuple(path for path in sys.path if os.path.isdir(path))
    found = list(distributions(sites))
    owner = _owner(found, program, spec_path)
    if owner is None:
        return f"{program} (not installed, so without a version)"
    return f"{program} {owner.version}"


def _owner(
    found: list[Distribution], program: str, spec_path: str
) -> Distribution | None:
    for distribution in found:
        if spec_path in distribution.specs:
            return distribution
    for distribution in found:
        if program in distribution.scripts:
            return distribution
    return None
