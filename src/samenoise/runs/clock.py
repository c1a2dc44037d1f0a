"""The time where files are kept, by the stamp of one just written there: clocks of hosts differ, by hours at times."""

from __future__ import annotations

import time

from samenoise.runs.named import KeptFiles
from samenoise.runs.writers import writer

__all__ = ["Clock"]

FOLDER = ".claims"
FRESH = 5.0
"""Seconds for which what was read goes on by our own watch."""


class Clock:
    """The clock of a store's files."""

    def __init__(self, files: KeptFiles) -> None:
        self.files = files
        self._read: tuple[float, float] | None = None  # theirs and ours, together

    def now(self) -> float:
        """Seconds, as in ``st_mtime``."""
        ours = time.monotonic()
        if self._read is None or ours - self._read[1] > FRESH:
            probe = f"{FOLDER}/.now-{writer()}"
            try:
                self.files.create(probe, b"now")
                about = self.files.about(probe)
                self._read = time.time() if about is None else about.st_mtime, ours
                self.files.remove_file(probe)
            except OSError:  # of one who may only read, our own has to do
                self._read = time.time(), ours
        return self._read[0] + ours - self._read[1]
