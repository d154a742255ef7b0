"""The Jobs REST API of a Ray cluster (its dashboard), version 4.

https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
"""

from __future__ import annotations

import os

from ...errors import Fault, RunspecError
from ..executor import Silent
from ..transport import SILENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPConnection
    from urllib.parse import SplitResult

    from ...spec.plain import Json

    Object = dict[str, Json]

JOBS = "/api/jobs/"
PACKAGES = "/api/packages/gcs/"
SCHEMES = ("http", "https")
VARIABLES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
TOKEN = "RAY_AUTH_TOKEN"  # noqa: S105  the name of a variable
TOKEN_FILE = "RAY_AUTH_TOKEN_PATH"  # noqa: S105
PATIENCE = 30.0
"""Seconds for one answer."""
NOT_FOUND = 404
REFUSED = 400
LONGEST = 300


def address_of(named: str | None, environ: Mapping[str, str]) -> str:
    """The dashboard's address: as named, or in one of VARIABLES.

    Raises RunspecError (`ray-address-missing`, `ray-address-invalid`).
    """
    found = named or next(filter(None, map(environ.get, VARIABLES)), None)
    if not found:
        raise RunspecError(Fault("ray-address-missing", "address", expected=VARIABLES))
    _split(found)
    return found.rstrip("/")


class Jobs:
    """The jobs of one cluster.

    Every method raises Silent where it doesn't answer, and RunspecError
    (`ray-refused`) with its own words where it refuses.
    """

    __slots__ = ("_parts", "address")

    def __init__(self, address: str) -> None:
        self.address = address
        self._parts = _split(address)

    def upload(self, name: str, content: bytes) -> None:
        """Give it a package, unless it has that already."""
        path = PACKAGES + name
        if self._ask("GET", path)[0] == NOT_FOUND:
            kind = "application/octet-stream"
            self._accepted("PUT", path, content, kind)

    def submit(self, request: Object) -> None:
        import json

        self._accepted("POST", JOBS, json.dumps(request).encode(), "application/json")

    def job(self, submission: str) -> Object | None:
        """What it says of a job; None of one it doesn't know."""
        return self._object(JOBS + submission)

    def logs(self, submission: str) -> bytes:
        """All that the job has written."""
        found = self._object(f"{JOBS}{submission}/logs") or {}
        return str(found.get("logs") or "").encode("utf-8", "surrogateescape")

    def stop(self, submission: str) -> None:
        status, body = self._ask("POST", f"{JOBS}{submission}/stop")
        if status >= REFUSED and status != NOT_FOUND:
            raise self._refused(status, body)

    def _object(self, path: str) -> Object | None:
        import json

        status, body = self._ask("GET", path)
        if status == NOT_FOUND:
            return None
        if status >= REFUSED:
            raise self._refused(status, body)
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._refused(status, b"it answered with no JSON object")
        return found

    def _accepted(self, method: str, path: str, body: bytes, kind: str) -> None:
        status, answer = self._ask(method, path, body, kind)
        if status >= REFUSED:
            raise self._refused(status, answer)

    def _ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = ""
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Redirections aren't followed."""
        from http.client import HTTPException

        connection = self._connection()
        try:
            connection.request(
                method, self._parts.path.rstrip("/") + path, body, _headers(kind)
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            why = str(error) or type(error).__name__
            raise Silent(Fault(SILENT, self.address, detail=why)) from None
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        secure = self._parts.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=PATIENCE)

    def _refused(self, status: int, body: bytes) -> RunspecError:
        said = _last_line(body.decode("utf-8", "replace"))
        return RunspecError(
            Fault("ray-refused", self.address, received=status, detail=said)
        )


def _split(address: str) -> SplitResult:
    """Raises RunspecError; credentials in it would be in every file and log."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        right = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right or "@" in parts.netloc or parts.query or not address.isprintable():
        shown = address.rpartition("@")[2]
        raise RunspecError(Fault("ray-address-invalid", "address", received=shown))
    return parts


def _headers(kind: str) -> dict[str, str]:
    found = {"Content-Type": kind} if kind else {}
    if token := os.environ.get(TOKEN) or _token_in_file():
        found["Authorization"] = f"Bearer {token}"
    return found


def _token_in_file() -> str:
    path = os.environ.get(TOKEN_FILE)
    if not path:
        return ""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read().strip()
    except OSError as error:
        why = error.strerror or ""
        raise RunspecError(Fault("unreadable", path, detail=why)) from None


def _last_line(text: str) -> str:
    """What a Python traceback ends with says what is wrong."""
    lines = [line.strip() for line in text.split("\n") if line.strip(" .\r")]
    return lines[-1][:LONGEST] if lines else ""
