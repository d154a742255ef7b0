"""Which files `runspec init` writes, and what stands in them."""

from __future__ import annotations

import os

from ..specfile import SPEC_NAME

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
LANGS = {"python": "py", "bash": "sh", "javascript": "js", "typescript": "mts"}
"""The ending of a stub by language."""
EXAMPLES = ("largest", "prune")
SCRIPT = 0o777
TEXT = 0o666


class Plan:
    """The files of one new package: `files` are text and mode by absolute path."""

    def __init__(self, here: str, name: str, lang: str, *, example: bool) -> None:
        self.here = here
        self.lang = lang
        self.name = name
        self.names = EXAMPLES if example else (name,)
        self.project: str | None = None
        self.files: dict[str, tuple[str, int]] = {}
        words = {"NAME": name, "KEY": _key(name), "LANG": lang}
        self._add(here, SPEC_NAME, "example.toml" if example else "spec.toml", words)
        for each in self.names:
            self._add_stub(each, each if example else "stub")

    def _add(
        self,
        directory: str,
        name: str,
        template: str,
        words: dict[str, str],
        mode: int = TEXT,
    ) -> None:
        text = _template(template)
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        self.files[os.path.join(directory, name)] = text.strip("\n") + "\n", mode

    def _add_stub(self, name: str, template: str) -> None:
        ending = LANGS[self.lang]
        start = "" if self.lang == "python" else _template(f"start.{ending}")
        words = {"START": start.strip("\n"), "NAME": name}
        mode = SCRIPT if self.lang in ("bash", "javascript") else TEXT
        self._add(self.here, self._stub(name), f"{template}.{ending}", words, mode)

    def _stub(self, name: str) -> str:
        base = _module(name) if self.lang == "python" else name
        return f"{base}.{LANGS[self.lang]}"

    def add_project(self, project: str) -> None:
        """Add what makes the package installable, in the directory `project`."""
        self.project = project
        package = os.path.relpath(self.here, project)
        base = os.path.basename(self.here)
        program = self.lang != "typescript"
        words = {
            "PROJECT": base.strip("_").replace("_", "-").lower() or "project",
            "PACKAGE": package,
            "SPEC": os.path.join(package, SPEC_NAME),
            "SCRIPTS": self._scripts(package),
            "FIRST": self.names[0] if program else f"runspec run {self.names[0]}",
        }
        for name, template in self._project_files():
            self._add(project, name, template, words)
        if self.lang == "python" and not os.path.lexists(f"{self.here}/__init__.py"):
            self.files[f"{self.here}/__init__.py"] = "", TEXT

    def _project_files(self) -> list[tuple[str, str]]:
        files = [
            ("pyproject.toml", "pyproject.toml"),
            (".gitignore", "gitignore"),
            ("README.md", "README.md"),
        ]
        if self.lang == "typescript":
            files += [(name, name) for name in ("package.json", "tsconfig.json")]
        return files

    def _scripts(self, package: str) -> str:
        """How the runnables become programs of the environment's `bin`."""
        if self.lang == "python":
            base = os.path.basename(package)
            lines = [f'{_key(n)} = "{base}.{_module(n)}:main"' for n in self.names]
            return "\n".join(["", "[project.scripts]", *lines, ""])
        if self.lang == "typescript":
            return ""
        table = "[tool.hatch.build.targets.wheel.shared-scripts]"
        lines = [f'"{package}/{self._stub(name)}" = "{name}"' for name in self.names]
        return "\n".join(["", table, *lines, ""])

    def next_steps(self, here: str) -> list[str]:
        """What to type next, seen from the directory `here`."""
        steps = ["runspec check"]
        if self.lang == "typescript":
            build = "npx --package typescript tsc" if self.project else "npx tsc"
            steps.append(f"{build}  # makes {self.names[0]}.mjs")
        steps.append(f"runspec run {self.names[0]} --help")
        if self.project is not None:
            steps.append(
                f"pip install --editable {os.path.relpath(self.project, here)}"
            )
        return steps


def _template(name: str) -> str:
    with open(os.path.join(TEMPLATES, f"{name}.txt"), encoding="utf-8") as file:
        return file.read()


def _key(name: str) -> str:
    """The name as a key of TOML; a dot must stand in quotes."""
    return f'"{name}"' if "." in name else name


def _module(name: str) -> str:
    """The name of a Python module for a runnable."""
    from keyword import iskeyword

    module = name.replace("-", "_").replace(".", "_")
    if iskeyword(module):
        return f"{module}_"
    return f"_{module}" if module[0].isdigit() else module
