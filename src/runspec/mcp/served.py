"""One tool that is served, and the spec file it comes from."""

from __future__ import annotations

import os

from ..errors import Fault, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import FilePlace
    from ..model import Config, Runnable
    from ..render.schema import Tool
    from ..run.program import Program
    from ..source.installed import InstalledSpec
    from ..spec.plain import Json
    from .revisions import Revision
    from .shapes import Object


class Source:
    """One spec file: its entries, and the places of its runnables by name.

    `spec` is what is known of it where it is installed.
    """

    def __init__(
        self,
        path: str,
        entries: list[Object],
        places: Mapping[str, FilePlace],
        spec: InstalledSpec | None = None,
    ) -> None:
        self.path = path
        self.entries = entries
        self.places = places
        self.installed = spec is not None
        self.distribution = spec.distribution if spec else ""
        self.version = spec.version if spec else ""


class ServedTool:
    """One tool and where it comes from; its spec is read when it is first needed.

    `secrets` are the variables that any runnable of the server declares as secrets.
    `autonomy` is the level without arguments. `distribution` and `version` are empty
    where it isn't `installed`.
    """

    def __init__(self, entry: Object, source: Source) -> None:
        self.entry = entry
        self.name = str(entry["name"])
        self.title = str(entry["title"])
        self.runnable_name = str(entry["runnable"])
        self.autonomy = str(entry["autonomy"])
        self.spec_path = source.path
        self.distribution = source.distribution
        self.version = source.version
        self.installed = source.installed
        self.place = source.places.get(self.runnable_name)
        self.secrets: set[str] = set()
        self._state: tuple[int, ...] | None = None
        self._loaded: tuple[Runnable, Config, Tool] | None = None

    def listed(self, revision: Revision) -> Object:
        """Its item of `tools/list` (SRV-10)."""
        from .listing import listed

        return listed(self.entry, revision)

    @property
    def runnable(self) -> Runnable:
        """The top-level one. Raises SpecError where the spec is faulty by now."""
        return self._load()[0]

    @property
    def config(self) -> Config:
        """`[config]` of its spec. Raises SpecError as `runnable`."""
        return self._load()[1]

    @property
    def tool(self) -> Tool:
        """With its arguments. Raises SpecError as `runnable`."""
        return self._load()[2]

    def refresh(self) -> None:
        """Read the spec again, where it isn't the file that it was."""
        if self._loaded is not None and self._state != _state(self.spec_path):
            self._loaded = None

    def spec_digest(self) -> str:
        """That of the spec which was read; another one where it changes meanwhile."""
        from os import urandom

        from ..run.pinned import file_digest

        found = file_digest(self.spec_path)
        return found if self._state == _state(self.spec_path) else urandom(8).hex()

    @property
    def output_schema(self) -> Json:
        """As it is listed: None where none is declared, or one that is none."""
        from ..spec.plain import plain_value
        from .listing import output_schema_of

        return output_schema_of(plain_value(self.tool.chain[-1].output_schema))

    def program(self) -> Program:
        """What is started. Raises SpecError (`program-not-found`, ...)."""
        from ..run.program import find_program, is_launched, launcher

        if is_launched(self.runnable):
            return launcher(self.runnable_name, self.spec_path)
        return find_program(
            self.runnable_name,
            self.spec_path,
            installed=self.installed,
            declared=self.runnable.program,
        )

    def warm_script(self) -> str | None:
        """The script that is to be imported ahead, where its spec wants that."""
        if not self.entry["warm"]:
            return None
        try:
            return self.program().script
        except SpecError:
            return None  # a call says why

    def _load(self) -> tuple[Runnable, Config, Tool]:
        if self._loaded is None:
            from .. import load_runnable
            from ..render.schema import Tool

            self._state = _state(self.spec_path)
            _, runnable, config, _ = load_runnable(
                self.runnable_name, self.spec_path, None
            )
            chain = [runnable]
            for name in self._command():
                if name not in chain[-1].commands:
                    raise SpecError(Fault("unknown-command", name, received=name))
                chain.append(chain[-1].commands[name])
            self._loaded = runnable, config, Tool(tuple(chain), config)
        return self._loaded

    def _command(self) -> list[str]:
        return [str(name) for name in self.entry["command"]]  # type: ignore[union-attr]


def _state(path: str) -> tuple[int, ...] | None:
    """What is another where a file is, by stat(2); None where it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
