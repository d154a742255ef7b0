"""What is to be run, with what and where: made once, the same for every executor."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model_more import Profile
    from ..recipe import Recipe

SCRIPT = "{script}"
CONFIG = "{config}"


class Plan:
    """One launch of one recipe.

    `id` is unique and sorts by time; `folder` is the run directory on this machine.
    `command` are the words of the recipe's `cmd`, with `{script}` and `{config}` still
    in them, for they stand elsewhere on another machine; without its launcher.
    `passed` are the words behind it, which mean themselves. `launcher` is torchrun,
    ray or direct; `container` is none, docker, podman, apptainer or pyxis;
    `executor` names the place.
    `settings` is the merged profile (a record of `profile` in `spec/fields.py`).
    `environ` has no secrets; `secrets` are references (`env:NAME`, `file:PATH`,
    `cmd:…`) by the variable that the script reads. `config` is the path of the merged
    configuration in `folder`, None where the script takes none, `content` what stands
    in it. `root` is the folder of the code that goes along, which has the script.
    `attached`: somebody waits for its end. `restarts` is how often torchrun begins
    again by itself, where the place doesn't.
    """

    __slots__ = (
        "attached",
        "command",
        "config",
        "container",
        "content",
        "environ",
        "executor",
        "folder",
        "gpus",
        "id",
        "image",
        "launcher",
        "mounts",
        "name",
        "nodes",
        "passed",
        "recipe",
        "restarts",
        "root",
        "script",
        "secrets",
        "settings",
        "startup",
        "workdir",
    )

    def __init__(
        self,
        *,
        id: str,
        name: str,
        recipe: Recipe,
        folder: str,
        root: str,
        script: str,
        config: str | None,
        command: tuple[str, ...],
        launcher: str,
        container: str,
        executor: str,
        image: str | None,
        workdir: str | None,
        mounts: tuple[str, ...],
        startup: tuple[str, ...],
        environ: Mapping[str, str],
        secrets: Mapping[str, str],
        nodes: int,
        gpus: int | str,
        settings: Profile,
        passed: tuple[str, ...] = (),
        content: bytes | None = None,
        attached: bool = True,
        restarts: int = 0,
    ) -> None:
        self.id = id
        self.name = name
        self.recipe = recipe
        self.folder = folder
        self.root = root
        self.script = script
        self.config = config
        self.command = command
        self.passed = passed
        self.launcher = launcher
        self.container = container
        self.executor = executor
        self.image = image
        self.workdir = workdir
        self.mounts = mounts
        self.startup = startup
        self.environ = environ
        self.secrets = secrets
        self.nodes = nodes
        self.gpus = gpus
        self.settings = settings
        self.attached = attached
        self.restarts = restarts
        self.content = content


def is_contained(plan: Plan) -> bool:
    """Whether an image is taken to have what the script needs."""
    by_place = plan.executor in ("kubernetes", "skypilot") and plan.image is not None
    return by_place or plan.container != "none"
