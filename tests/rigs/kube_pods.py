"""A pod of the rig: a process with its volumes at the paths of its manifest."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kube import Kube

Object = dict[str, Any]

REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")
OWN = ("proc", "dev", "runspec", "lost+found")
"""What of this machine's root a pod has in another form, or not at all."""


class DeletedError(Exception):
    """The pod is gone before all that it needs was there."""


class Pod:
    """`code` is its exit code once it has ended."""

    def __init__(
        self, kube: Kube, item: Object, environ: dict[str, str], place: Path
    ) -> None:
        self.kube = kube
        self.item = item
        self.environ = environ
        self.place = place
        self.code: int | None = None
        self.log = place / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = Event()
        self._deleted = False

    @property
    def container(self) -> Object:
        found: Object = self.item["spec"]["containers"][0]
        return found

    def run(self) -> None:
        """Start it, and stay until it has ended."""
        self.place.mkdir()
        try:
            process = self._start()
        except DeletedError:
            self._ended.set()
            self.code = 0
            return
        code = process.wait()
        code = 128 - code if code < 0 else code
        ended = {"exitCode": code, "reason": "Error" if code else "Completed"}
        ended |= _now("finished")
        phase = "Failed" if code else "Succeeded"
        self._ended.set()
        with self.kube.changed:
            self.code = code
            self.kube.told(self.item, self._state(phase, "terminated", ended))

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log, self.kube.changed:
            argv = [*self._sandbox(), "--", *self._command()]
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._variables(),
                process_group=0,
            )
            self.kube.told(
                self.item, self._state("Running", "running", _now("started"))
            )
            if self._deleted:
                self.end()
            return self._process

    def end(self) -> None:
        """As the kubelet does when it is deleted."""
        with self.kube.changed:
            self._deleted = True
            self.kube.changed.notify_all()
        process = self._process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)

    def output(self, *, follow: bool) -> Iterator[bytes]:
        with self.log.open("rb") as log:
            while True:
                over = self._ended.is_set()
                if data := log.read():
                    yield data
                elif over or not follow:
                    return
                else:
                    self._ended.wait(0.02)

    def _state(self, phase: str, how: str, what: Object) -> Object:
        status = {"name": self.container["name"], "state": {how: what}}
        return {"phase": phase, "containerStatuses": [status]}

    def _command(self) -> list[str]:
        words = [*self.container.get("command", ()), *self.container.get("args", ())]
        known = self._variables()
        return [_expanded(word, known) for word in words]

    def _variables(self) -> dict[str, str]:
        """PATH has this Python; a `$(NAME)` is replaced, `$$` is `$` (EnvVar)."""
        python = os.path.dirname(sys.executable)
        found = {"PATH": f"{python}:{os.environ['PATH']}", "HOME": str(self.place)}
        found |= self.environ
        for each in self.container.get("env", ()):
            if "valueFrom" in each:
                found[each["name"]] = self._secret(each["valueFrom"]["secretKeyRef"])
            else:
                found[each["name"]] = _expanded(each["value"], found)
        return found

    def _secret(self, reference: Object) -> str:
        data = self._wait_for("secrets", reference["name"])["data"]
        return b64decode(data[reference["key"]]).decode()

    def _wait_for(self, kind: str, name: str) -> Object:
        """What a pod needs may come after it."""
        namespace = self.item["metadata"]["namespace"]

        def there() -> Object | None:
            return self.kube.look_up(kind, namespace, name)

        with self.kube.changed:
            self.kube.changed.wait_for(lambda: self._deleted or there(), 20)
        found = there()
        if found is None:
            raise DeletedError
        return found

    def _sandbox(self) -> list[str]:
        words = ["bwrap", "--die-with-parent", "--dev-bind", "/dev", "/dev"]
        words += ["--bind", "/proc", "/proc"]
        for each in sorted(os.listdir("/")):
            path = f"/{each}"
            if each in OWN:
                continue
            if os.path.islink(path):
                words += ["--symlink", os.readlink(path), path]
            else:
                words += ["--bind", path, path]
        mounts = {m["name"]: m for m in self.container.get("volumeMounts", ())}
        for volume in self.item["spec"].get("volumes", ()):
            mount = mounts.get(volume["name"])
            if mount is not None and mount["mountPath"] != "/dev/shm":
                how = "--ro-bind" if mount.get("readOnly") else "--bind"
                words += [how, str(self._volume(volume)), mount["mountPath"]]
        return words

    def _volume(self, volume: Object) -> Path:
        if "hostPath" in volume:
            return Path(volume["hostPath"]["path"])
        folder = self.place / str(volume["name"])
        if "persistentVolumeClaim" in volume:
            claim: str = volume["persistentVolumeClaim"]["claimName"]
            folder = self.kube.place / claim
        folder.mkdir(exist_ok=True)
        for source in volume.get("projected", {}).get("sources", ()):
            found = self._wait_for("configmaps", source["configMap"]["name"])
            for name, text in found.get("data", {}).items():
                (folder / name).write_text(text, "utf-8", newline="")
            for name, data in found.get("binaryData", {}).items():
                (folder / name).write_bytes(b64decode(data))
        return folder


def stuck_status(image: str) -> Object:
    """Of a pod whose image nobody has."""
    why = f'Back-off pulling image "{image}"'
    waiting = {"reason": "ImagePullBackOff", "message": why}
    status = {"name": "main", "state": {"waiting": waiting}}
    return {"phase": "Pending", "containerStatuses": [status]}


def _expanded(text: str, known: dict[str, str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return known.get(found[1], found[0])

    return REFERENCE.sub(replaced, text)


def _now(what: str) -> Object:
    return {f"{what}At": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
