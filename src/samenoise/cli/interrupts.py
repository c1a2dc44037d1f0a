"""Ctrl-C, heard once: what is being stopped is not stopped again halfway."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["PATIENCE", "heard_once"]

PATIENCE = 3.0
"""Seconds to stop in. Ctrl-C after that ends the process at once; what it kept is whole all the same."""


@contextmanager
def heard_once() -> Iterator[list[float]]:
    """The first Ctrl-C is a ``KeyboardInterrupt``, those that follow while it is obeyed are none. Yields when they were
    heard."""
    since: list[float] = []
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield since  # of a job in the background, which is to go on
        return

    def handler(number: int, frame: Any) -> None:
        since.append(time.monotonic())
        if len(since) == 1:
            raise KeyboardInterrupt
        if since[-1] - since[0] > PATIENCE:
            os.write(2, b"\nsamenoise: interrupted; finished units are kept\n")
            os._exit(130)

    signal.signal(signal.SIGINT, handler)
    try:
        yield since
    finally:
        # Once interrupted, the process is about to end, and its exit code shall say how. Python would end it by the
        # signal if the interrupt came out of any text that was run as code, in an import, say: the next such text
        # makes it forget that.
        signal.signal(signal.SIGINT, signal.SIG_IGN if since else before)
        exec("")
