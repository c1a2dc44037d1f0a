"""Who writes: a name for this process among all processes on all hosts that share a run directory."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

__all__ = ["is_gone", "writer"]

TOKEN = uuid4().hex[:12]


def writer() -> str:
    """``HOST-PID-TOKEN``: the same for the length of a process, and never again."""
    return f"{_host()}-{os.getpid()}-{TOKEN}"


def is_gone(name: str) -> bool:
    """Whether a writer is known to have ended: one of this host, whose process is no more. Of other hosts nothing is
    known, and a process that got the number of another keeps it alive here; for both there are ages."""
    found = re.match("([0-9a-f]{8})-([1-9][0-9]{0,8})-", name)
    if found is None or found[1] != _host():
        return False
    pid = found[2]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's
        return False
    return _is_zombie(pid)


def _is_zombie(pid: str) -> bool:
    """Whether a process has ended and only waits for its parent to take note, which in a container may take long."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):  # no Linux, or gone this very moment
        return False


@cache
def _host() -> str:
    """8 hex digits for what shares process numbers: a machine since it was started, or a container on it."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # no Linux: the name has to do
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
