"""A small API server of Kubernetes that kubectl talks to, and the pods it runs.

It keeps objects in memory. The pods of a Job, or of one of the kinds that controllers
of others look after, are processes of this machine: bubblewrap gives each its volumes
at the paths of its manifest.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .kube_discovery import KINDS, discovery
from .kube_pods import Pod, stuck_status
from .kube_workloads import conditions, planned

Object = dict[str, Any]

WORKLOADS = ("Job", "JobSet", "PyTorchJob", "TrainJob", "RayJob")


class Kube:
    """The server, its objects and its pods. `port` stays the same over `stop`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.pods: dict[str, Pod] = {}
        self.bodies: list[bytes] = []
        self.refused: set[str] = set()
        self.images: set[str] | None = None
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()
        self.config = place / "kubeconfig"
        self.config.write_text(json.dumps(self._kubeconfig()), "utf-8")

    def start(self) -> None:
        """Answer, at the same port as before."""
        handler = type("Handler", (_Handler,), {"kube": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()

    def stop(self) -> None:
        """Go away; pods run on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        self.stop()
        for pod in list(self.pods.values()):
            pod.end()

    def kinds(self) -> list[str]:
        """The kinds of all objects there are, sorted."""
        with self.lock:
            return sorted(each["kind"] for each in self.objects.values())

    def of_kind(self, kind: str) -> list[Object]:
        with self.lock:
            return [each for each in self.objects.values() if each["kind"] == kind]

    def create(self, plural: str, namespace: str, found: Object) -> Object:
        metadata = found.setdefault("metadata", {})
        metadata |= {"namespace": namespace, "uid": str(uuid.uuid4()), **_created()}
        metadata.setdefault("resourceVersion", "1")
        with self.changed:
            self.objects[plural, namespace, metadata["name"]] = found
            self.changed.notify_all()
        if found["kind"] in WORKLOADS:
            self._run(found)
        return found

    def delete(self, plural: str, namespace: str, name: str) -> None:
        """With what it owns, as the garbage collector does."""
        with self.changed:
            gone = self.objects.pop((plural, namespace, name))
            uid = gone["metadata"]["uid"]
            owned = [
                key
                for key, each in self.objects.items()
                for owner in each["metadata"].get("ownerReferences", ())
                if owner["uid"] == uid
            ]
            self.changed.notify_all()
        for key in owned:
            self.delete(*key)
        pod = self.pods.get(name) if plural == "pods" else None
        if pod is not None:
            pod.end()

    def look_up(self, kind: str, namespace: str, name: str) -> Object | None:
        """A ConfigMap or a Secret, for the volumes and variables of a pod."""
        with self.lock:
            return self.objects.get((kind, namespace, name))

    def _run(self, workload: Object) -> None:
        """What its controller does: pods, and a status when they have ended."""
        namespace = workload["metadata"]["namespace"]
        pods = []
        for plan in planned(workload):
            name = f"{plan.name}-{uuid.uuid4().hex[:5]}"
            item: Object = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "labels": plan.labels,
                    "ownerReferences": [_owner(workload)],
                },
                "spec": plan.spec,
                "status": {"phase": "Pending"},
            }
            self.create("pods", namespace, item)
            pod = Pod(self, item, plan.environ, self.place / name)
            self.pods[name] = pod
            pods.append(pod)
        image = pods[0].container["image"]
        if self.images is not None and image not in self.images:
            for pod in pods:
                self.told(pod.item, stuck_status(image))
            return
        threading.Thread(target=self._attend, args=(workload, pods)).start()

    def _attend(self, workload: Object, pods: list[Pod]) -> None:
        starters = [threading.Thread(target=pod.run) for pod in pods]
        for starter in starters:
            starter.start()
        with self.changed:
            self.changed.wait_for(lambda: _settled(pods), 60)
        if any(pod.code for pod in pods):
            for pod in pods:
                pod.end()
        for starter in starters:
            starter.join()
        self.told(workload, conditions(workload["kind"], [p.code or 0 for p in pods]))

    def told(self, item: Object, status: Object) -> None:
        with self.changed:
            item["status"] = status
            self.changed.notify_all()

    def _kubeconfig(self) -> Object:
        server = {"server": f"http://127.0.0.1:{self.port}"}
        context = {"cluster": "rig", "user": "rig"}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rig", "cluster": server}],
            "users": [{"name": "rig", "user": {}}],
            "contexts": [{"name": "rig", "context": context}],
            "current-context": "rig",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    kube: ClassVar[Kube]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        known = discovery(path)
        if known is not None:
            self._answer(200, known)
        elif path.endswith("/log"):
            self._log(path)
        else:
            self._stored("GET")

    def do_POST(self) -> None:
        self._stored("POST")

    def do_PATCH(self) -> None:
        """Server-side apply of what isn't there yet."""
        self._stored("POST")

    def do_DELETE(self) -> None:
        self._stored("DELETE")

    def _stored(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        plural, namespace, name = _place_of(urlsplit(self.path).path)
        if method == "POST":
            self.kube.bodies.append(body)
            self._create(plural, namespace, json.loads(body))
        elif name:
            self._one(method, plural, namespace, name)
        else:
            self._many(method, plural, namespace)

    def _create(self, plural: str, namespace: str, found: Object) -> None:
        if plural in self.kube.refused:
            self._answer(403, _status(403, "Forbidden", f"{plural} is forbidden"))
            return
        self._answer(201, self.kube.create(plural, namespace, found))

    def _one(self, method: str, plural: str, namespace: str, name: str) -> None:
        with self.kube.lock:
            found = self.kube.objects.get((plural, namespace, name))
        if found is None:
            said = f'{plural} "{name}" not found'
            self._answer(404, _status(404, "NotFound", said))
            return
        if method == "DELETE":
            self.kube.delete(plural, namespace, name)
        self._answer(200, found)

    def _many(self, method: str, plural: str, namespace: str) -> None:
        query = parse_qs(urlsplit(self.path).query)
        wanted = dict(
            each.split("=") for each in query.get("labelSelector", [""])[0].split(",")
        )
        with self.kube.lock:
            found = [
                each
                for key, each in self.kube.objects.items()
                if key[:2] == (plural, namespace) and _has(each, wanted)
            ]
            if method == "DELETE":
                for each in found:
                    self.kube.delete(plural, namespace, each["metadata"]["name"])
            group, kind = _kind_of(plural)
            listed = {"apiVersion": group, "kind": f"{kind}List", "metadata": {}}
            self._answer(200, {**listed, "items": found})

    def _log(self, path: str) -> None:
        pod = self.kube.pods.get(path.split("/")[-2])
        if pod is None:
            self._answer(404, _status(404, "NotFound", "no such pod"))
            return
        follow = "follow" in parse_qs(urlsplit(self.path).query)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for data in pod.output(follow=follow):
                self.wfile.write(data)
        except OSError:
            pass
        self.close_connection = True

    def _answer(self, code: int, value: Object) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _settled(pods: list[Pod]) -> bool:
    return any(pod.code for pod in pods) or all(pod.code is not None for pod in pods)


def _has(item: Object, wanted: dict[str, str]) -> bool:
    labels = item["metadata"].get("labels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def _place_of(path: str) -> tuple[str, str, str]:
    """`…/namespaces/NS/PLURAL[/NAME]`."""
    rest = path.partition("/namespaces/")[2].split("/")
    namespace, plural, name = (*rest, "", "")[:3]
    return plural, namespace, name


def _kind_of(plural: str) -> tuple[str, str]:
    return next((g, kinds[plural]) for g, kinds in KINDS.items() if plural in kinds)


def _owner(item: Object) -> Object:
    metadata = item["metadata"]
    kept = {"apiVersion": item["apiVersion"], "kind": item["kind"]}
    return {**kept, "name": metadata["name"], "uid": metadata["uid"]}


def _created() -> Object:
    return {"creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _status(code: int, reason: str, message: str) -> Object:
    said = {"status": "Failure", "reason": reason, "message": message, "code": code}
    return {"kind": "Status", "apiVersion": "v1", **said}


@contextmanager
def running(place: Path) -> Iterator[Kube]:
    """A server on loopback, ended with all its pods."""
    kube = Kube(place)
    try:
        yield kube
    finally:
        kube.close()


def environ(kube: Kube) -> dict[str, str]:
    """What makes kubectl talk to it."""
    return {"KUBECONFIG": str(kube.config), "HOME": os.fspath(kube.place)}
