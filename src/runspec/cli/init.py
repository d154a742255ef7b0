"""`runspec init`: a spec and a code stub, written whole or not at all."""

from __future__ import annotations

import os

from ..errors import Fault, SpecError
from ..specfile import SPEC_NAME
from . import output
from .scaffold import Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Args

DEFAULT_LANG = "python"


def run(args: Args) -> int:
    """Write the files of a new runnable; nothing that is there is touched."""
    here = os.getcwd()
    name: str | None = args.name.value
    if name is None:
        name = os.path.basename(here)
    _require_name(name)
    above = str(args.project_dir.value) if args.project_dir.value else None
    project = None
    package = here
    if args.write_project.value or above is not None:
        package, project = _package(here, above)
    lang = _lang(args.lang.value)
    plan = Plan(package, name, lang, example=args.example.value)
    if project is not None:
        plan.add_project(project)
    _write(plan.files, _extend_spec(plan))
    output.show(_text(plan, here))
    return 0


def _require_name(name: str) -> None:
    from ..spec.names import section_name

    if name == "config" or not section_name(name):
        detail = "choose another with --name"
        raise SpecError(Fault("name-invalid", name, received=name, detail=detail))


def _lang(chosen: str | None) -> str:
    """The language asked for; else that of the nearest spec's [config] (CFG-02)."""
    from ..source.spec import read_spec
    from ..spec.build import build
    from .lookup import spec_from_here
    from .scaffold import LANGS

    if chosen is not None:
        return chosen
    spec = spec_from_here()
    lang = build(read_spec(spec)).config.lang if spec else None
    return lang if lang in LANGS else DEFAULT_LANG


def _package(here: str, chosen: str | None) -> tuple[str, str]:
    """The directories of the package and of its project.

    A bare directory becomes the project, with the package below its `src`.
    """
    begins = chosen is None and not _is_in_project(here)
    if begins or (chosen is not None and os.path.realpath(chosen) == here):
        module = os.path.basename(here).replace("-", "_").replace(".", "_")
        if not module.isidentifier():
            raise SpecError(Fault("not-a-package-name", os.path.basename(here)))
        return os.path.join(here, "src", module), here
    return here, _project(here, chosen)


def _is_in_project(here: str) -> bool:
    """Whether it is a package's directory: of `src`, or below a pyproject.toml."""
    if os.path.basename(os.path.dirname(here)) == "src":
        return True
    above = os.path.dirname(here)
    while above != here:
        if os.path.lexists(os.path.join(above, "pyproject.toml")):
            return True
        here, above = above, os.path.dirname(above)
    return False


def _project(here: str, chosen: str | None) -> str:
    """Where the project's files go: a directory above the package."""
    parent = os.path.dirname(here)
    if chosen is None and os.path.basename(parent) == "src":
        parent = os.path.dirname(parent)
    project = parent if chosen is None else os.path.realpath(chosen)
    inside = os.path.realpath(here).startswith(os.path.join(project, ""))
    if not inside or os.path.realpath(here) == project:
        raise SpecError(Fault("not-above-package", project, expected=(parent,)))
    if not os.path.basename(here).isidentifier():
        raise SpecError(Fault("not-a-package-name", os.path.basename(here)))
    return project


def _extend_spec(plan: Plan) -> str | None:
    """The spec that is there, with the sections of the plan at its end.

    None where there is none to add to: it isn't whole, or has one of them already.
    """
    from ..source.spec import read_spec
    from ..spec.build import build

    path = os.path.join(plan.here, SPEC_NAME)
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    document = read_spec(path)
    spec = build(document)
    if spec.errors_for(None) or {*plan.names} & {*spec.names}:
        return None
    return f"{document.text.rstrip()}\n\n{plan.files[path][0]}"


def _write(files: dict[str, tuple[str, int]], extended: str | None = None) -> None:
    """Write every file, or none (a path that exists is `file-exists`).

    `extended` is the new text of the spec that is there already.
    """
    if extended is None:
        _write_all(files)
        return
    from ..source.replace import remove, write_whole

    spec = next(path for path in files if os.path.basename(path) == SPEC_NAME)
    others = {path: files[path] for path in files if path != spec}
    _write_all(others)
    try:
        mode = os.stat(spec).st_mode & 0o777
        write_whole(spec, f"{spec}.{os.getpid()}", extended.encode(), mode)
    except OSError as error:
        for path in others:
            remove(path)
        fault = Fault("unwritable", spec, detail=error.strerror or "")
        raise SpecError(fault) from None


def _write_all(files: dict[str, tuple[str, int]]) -> None:
    taken = [path for path in files if os.path.lexists(path)]
    if taken:
        raise SpecError(*(Fault("file-exists", path) for path in taken))
    written: list[str] = []
    try:
        for path, (text, mode) in files.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write_new(path, text, mode)
            written.append(path)
    except OSError as error:
        from ..source.replace import remove

        for done in written:
            remove(done)
        code = "file-exists" if isinstance(error, FileExistsError) else "unwritable"
        raise SpecError(Fault(code, path, detail=error.strerror or "")) from None


def _write_new(path: str, text: str, mode: int) -> None:
    """Write a file that isn't there yet; it appears only when it is whole."""
    from ..source.replace import CREATE, remove

    temporary = f"{path}.{os.getpid()}"
    with open(os.open(temporary, CREATE, mode), "w", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            _appear(temporary, path)
        finally:
            remove(temporary)


def _appear(temporary: str, path: str) -> None:
    """Give a file its name, unless another has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.rename(temporary, path)


def _text(plan: Plan, here: str) -> str:
    style = output.style()
    written = [f"  {os.path.relpath(path, here)}" for path in plan.files]
    steps = [f"  {line}" for line in plan.next_steps(here)]
    return "\n".join(
        [style.paint("Written", "1"), *written, "", style.paint("Next", "1"), *steps]
    )
