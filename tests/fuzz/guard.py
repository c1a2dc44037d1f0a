"""A call in a process of its own, forked from this one, so that it costs milliseconds: how it ended, what it said, how
long it took and how much memory it came to hold."""

from __future__ import annotations

import io
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samenoise.cli import main
from samenoise.runs.sentence import sentence

__all__ = ["HANG", "MEMORY", "Outcome", "called", "command", "problems", "refused"]

HANG = 10.0
"""Seconds of a processor."""
CLOCK = 60.0
"""Seconds by the clock, without those in which others had the processor."""
MEMORY = 2**30
"""Bytes more than before the call."""
CODES = (0, 1, 2, 3, 130)
SENTENCE = 1100
"""Characters of the longest."""


@dataclass(frozen=True)
class Outcome:
    """How a call ended: its exit code, or the signal that ended it, negative."""

    code: int
    out: str
    err: str
    busy: float
    waited: float
    memory: int


def command(*args: str, folder: Path) -> Outcome:
    """``samenoise ...`` in a folder."""

    def call() -> None:
        os.chdir(folder)
        sys.argv = ["samenoise", *args]
        main()

    return called(call)


def called(call: Callable[[], object]) -> Outcome:
    """A call. An error that nobody catches is on ``err`` with its traceback, as Python has it, and the code is 1."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as held:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            os.write(held.fileno(), str(_resident()).encode())  # less than here: what is a file's is not copied
            _run(call, out.fileno(), err.fileno())
        code, usage, waited = _ended(child, began)
        said = []
        for file in (out, err, held):
            file.seek(0)
            said.append(file.read().decode(errors="backslashreplace"))
    before = int(said.pop())
    return Outcome(code, *said, usage.ru_utime + usage.ru_stime, waited, usage.ru_maxrss * 1024 - before)


def refused(call: Callable[[], object], *errors: type[Exception]) -> Callable[[], object]:
    """A call that may end in one of these errors: as a verb does, in a sentence and with the code 2."""

    def guarded() -> None:
        try:
            call()
        except errors as error:
            said = str(error)  # a verb cuts what is too long, such as a path of thousands of characters
            print(f"samenoise: {said if chr(10) in said else sentence(said)}", file=sys.stderr)
            raise SystemExit(2) from None

    return guarded


def problems(outcome: Outcome, codes: tuple[int, ...] = CODES) -> list[str]:
    """What no call may do, whatever it was given."""
    found = []
    if outcome.busy > HANG or outcome.waited > CLOCK:
        found.append(f"it took {outcome.busy:.1f} s of a processor, {outcome.waited:.1f} s by the clock")
    if outcome.memory > MEMORY:
        found.append(f"it took {outcome.memory / 2**20:.0f} MiB")
    if "Traceback" in outcome.err + outcome.out:
        found.append(f"it ended in a traceback: {outcome.err[-1500:]}")
    if outcome.code not in codes:
        found.append(f"its exit code is {outcome.code}: {outcome.err[-500:]}")
    if outcome.code > 0:
        lines = outcome.err.strip().splitlines() or [""]
        if not (lines[-1].startswith("samenoise: ") and len(lines[-1]) < SENTENCE and _plain(lines[-1])):
            found.append(f"it ends in no sentence: {lines[-1][:500]!r}")
    return found


def _plain(line: str) -> bool:
    return all(each.isprintable() for each in line)


def _run(call: Callable[[], object], out: int, err: int) -> None:
    """The child: it never returns."""
    code = 1
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(k, "wb", closefd=False)) for k in (1, 2))
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        limit = _status("VmData") + 4 * MEMORY  # what passes that would take the machine with it
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))  # a file of a terabyte may be mapped
        resource.setrlimit(resource.RLIMIT_CPU, (int(2 * HANG), int(2 * HANG) + 1))
        try:
            call()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _ended(child: int, began: float) -> tuple[int, resource.struct_rusage, float]:
    queued = 0.0
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if not pid:
            queued = _queued(child)
        waited = time.monotonic() - began - queued
        if pid:
            return os.waitstatus_to_exitcode(status), usage, waited
        if waited > CLOCK:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


def _queued(pid: int) -> float:
    """Seconds in which a process could have run, and did not get a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def _resident() -> int:
    """Bytes that this process holds: a child begins with them."""
    return _status("VmRSS")


def _status(key: str) -> int:
    return int(re.findall(rf"^{key}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)[0]) * 1024
