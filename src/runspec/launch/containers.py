"""The command line of docker, podman or apptainer around a command."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOCKER, PODMAN, APPTAINER = "docker", "podman", "apptainer"
ALL = "all"
READ_ONLY = "ro"
SCHEME = "://"


class Inside:
    """What runs in a container, and with what of this machine.

    `mounts` are `host:container[:ro]`; `variables` names whose values the client's
    own environment has, so that none is on its command line; `gpus` "" for none,
    "all" or how many; `user` is `uid:gid`, "" the image's own; `args` the profile's
    own options.
    """

    __slots__ = (
        "args",
        "gpus",
        "host_network",
        "image",
        "interactive",
        "mounts",
        "name",
        "terminal",
        "user",
        "variables",
        "words",
        "workdir",
    )

    def __init__(
        self,
        image: str,
        words: Sequence[str],
        *,
        name: str,
        workdir: str | None = None,
        mounts: Sequence[str] = (),
        variables: Sequence[str] = (),
        gpus: str = "",
        user: str = "",
        args: Sequence[str] = (),
        host_network: bool = False,
        interactive: bool = False,
        terminal: bool = False,
    ) -> None:
        self.image = image
        self.words = words
        self.name = name
        self.workdir = workdir
        self.mounts = mounts
        self.variables = variables
        self.gpus = gpus
        self.user = user
        self.args = args
        self.host_network = host_network
        self.interactive = interactive
        self.terminal = terminal


def container_argv(runtime: str, inside: Inside) -> tuple[str, ...]:
    """The words that run it with `docker`, `podman` or `apptainer`.

    The container goes by `name` and is gone when it has ended.
    """
    return RUNTIMES[runtime](inside)


def remove_argv(runtime: str, name: str) -> tuple[str, ...]:
    """What ends a container and takes it away; apptainer's are plain processes."""
    if runtime == APPTAINER:
        return ()
    at_once = ("--time", "0") if runtime == PODMAN else ()
    return (runtime, "rm", "--force", *at_once, name)


def split_mount(mount: str) -> tuple[str, str, bool]:
    """`host`, `container`, and whether it can only be read."""
    host, _, rest = mount.partition(":")
    inside, _, mode = rest.partition(":")
    return host, inside or host, mode == READ_ONLY


def _docker(inside: Inside) -> tuple[str, ...]:
    gpus = ("--gpus", inside.gpus) if inside.gpus else ()
    user = ("--user", inside.user) if inside.user else ()
    return _oci(DOCKER, inside, (*gpus, *user))


def _podman(inside: Inside) -> tuple[str, ...]:
    """GPUs by CDI. A user that isn't root keeps its own number (user_namespaces(7))."""
    names = _devices(inside.gpus)
    gpus = [word for name in names for word in ("--device", f"nvidia.com/gpu={name}")]
    user: tuple[str, ...] = ("--user", inside.user) if inside.user else ()
    if inside.user and not inside.user.startswith("0:"):
        user = ("--userns", "keep-id", *user)
    return _oci(PODMAN, inside, (*gpus, *user))


def _devices(gpus: str) -> list[str]:
    return [ALL] if gpus == ALL else [str(number) for number in range(int(gpus or 0))]


def _oci(runtime: str, inside: Inside, special: Sequence[str]) -> tuple[str, ...]:
    words = [runtime, "run", "--rm", "--name", inside.name]
    words += ["--init"] if runtime == DOCKER else []
    words += ["--interactive"] if inside.interactive or inside.terminal else []
    words += ["--tty"] if inside.terminal else []
    words += ["--network", "host"] if inside.host_network else []
    words += special
    for mount in inside.mounts:
        words += ["--volume", mount]
    for name in inside.variables:
        words += ["--env", name]
    words += ["--workdir", inside.workdir] if inside.workdir else []
    return (*words, *inside.args, inside.image, *inside.words)


def _apptainer(inside: Inside) -> tuple[str, ...]:
    """It has this machine's network, user and environment by itself."""
    words = [APPTAINER, "exec"]
    words += ["--nv"] if inside.gpus else []
    for mount in inside.mounts:
        words += ["--bind", mount]
    words += ["--pwd", inside.workdir] if inside.workdir else []
    return (*words, *inside.args, _apptainer_image(inside.image), *inside.words)


def _apptainer_image(image: str) -> str:
    """A file or an address as it is; a name is one of a registry."""
    if SCHEME in image or image.startswith(("/", "./", "../")):
        return image
    return image if image.endswith((".sif", ".sqsh", ".img")) else f"docker://{image}"


RUNTIMES: dict[str, Callable[[Inside], tuple[str, ...]]] = {
    DOCKER: _docker,
    PODMAN: _podman,
    APPTAINER: _apptainer,
}
