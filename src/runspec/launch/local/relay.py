"""The output of a detached job, on its way into its log, without secrets."""

from __future__ import annotations

import os

from ...redact import Redactor, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK = 1 << 16


class Relay:
    """A pipe whose near end this process reads, `descriptor`, -1 once it has ended.

    What can't be written, on a full disk, is counted and dropped: the job goes on.
    """

    def __init__(self, log: str, secrets: Mapping[str, str]) -> None:
        """Raises OSError where the log can't be written."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._log = os.open(log, flags, 0o600)
        self.descriptor, self._far = os.pipe()
        os.set_blocking(self.descriptor, False)
        redactor = Redactor()
        for name, value in secrets.items():
            redactor.add(value, name)
        self._stream = Stream(redactor)
        self._dropped = 0
        self._why = ""

    def take(self) -> None:
        """Make the far end this process's stdout and stderr; nothing its stdin."""
        null = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((null, 0), (self._far, 1), (self._far, 2)):
            os.dup2(source, number)

    def close_far_end(self) -> None:
        """Where it was taken by another process."""
        os.close(self._far)

    def descriptors(self) -> tuple[int, ...]:
        """What a process that passes on has to keep open."""
        return self._log, self.descriptor, self._far

    def close(self) -> None:
        """Where another process passes on."""
        for each in self.descriptors():
            os.close(each)

    def pass_on(self) -> bool:
        """Write what is there; whether there was anything."""
        try:
            data = os.read(self.descriptor, CHUNK)
        except BlockingIOError:
            return False
        if data:
            self._write(self._stream.feed(data))
            return True
        os.close(self.descriptor)
        self.descriptor = -1
        return False

    def end(self) -> str:
        """Write the rest; what there is to say of it."""
        while self.descriptor >= 0 and self.pass_on():
            continue
        self._write(self._stream.end())
        if self._dropped:
            return f"{self._dropped} bytes of its output were dropped: {self._why}"
        return ""

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._log, data) :]
            except OSError as error:
                self._dropped += len(data)
                self._why = error.strerror or ""
                return
