"""Claims: who is at work on what, so that several drivers in one run directory share the work.

    <root>/.claims/<hash>.json      {"host", "pid", "writer", "token", "cells": [hash, ...]}

A claim saves double work and nothing else. No result depends on one being kept: two who compute the same unit write
the same bits, each in a folder of its own, and the store takes one of them. So a claim may be lost, taken away from
somebody slow, or never seen by a file system that is late, and all that happens is that something is done twice.

While its holder lives, a claim is touched every few seconds. It has expired when its process is known to have ended,
when it has not been touched for ``EXPIRY`` seconds by the clock of the file system, or has not changed for as long
while we looked on: of the last no clock can be wrong but our own.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from samenoise.runs.writers import is_gone, writer

__all__ = ["EXPIRY", "Claim", "Claims"]

EXPIRY = 30.0
BEATS = 6
"""Touches in the time that a claim lasts."""
POLL = 0.25


class Claim(NamedTuple):
    """What a claim says. One that cannot be read, half written or damaged, is somebody's all the same."""

    token: str = ""
    writer: str = ""
    host: str = "an unknown host"
    pid: int = 0
    cells: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Claims:
    """The claims of a store, as one process makes and sees them.

    Args:
        expiry: seconds without a touch after which a claim is nobody's.
    """

    def __init__(self, root: Path, expiry: float = EXPIRY) -> None:
        self.folder, self.expiry = root / ".claims", expiry
        self._mine: dict[str, str] = {}  # name -> token
        self._seen: dict[str, tuple[tuple[str, int], float]] = {}  # name -> what it was, and since when
        self._clock: tuple[float, float] | None = None  # of the file system and of ours, read together
        self._guard = threading.Lock()
        self._heart: threading.Thread | None = None

    def take(self, name: str, cells: Iterable[str] | None = None) -> bool:
        """Claim a unit, or ``cells`` under any name; ``False`` if another, who is alive, holds it."""
        held = (name,) if cells is None else tuple(cells)
        claim = Claim(uuid4().hex, writer(), socket.gethostname(), os.getpid(), held)
        path = self._path(name)
        while True:
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            except FileNotFoundError:
                self.folder.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                holder = self._look(path)
                if holder is not None:
                    if not self._expired(path):
                        return False
                    self._take_away(path, holder)
            else:
                with os.fdopen(descriptor, "w") as file:
                    json.dump(claim._asdict(), file)
                with self._guard:
                    self._mine[name] = claim.token
                self._live()
                return True

    def release(self, name: str) -> None:
        """Give a claim back, if it is still ours."""
        with self._guard:
            token = self._mine.pop(name, None)
        if token is not None and self._token(name) == token:
            self._path(name).unlink(missing_ok=True)

    @contextmanager
    def held(self, name: str, told: Callable[[Claim], None] = lambda holder: None) -> Iterator[None]:
        """Hold a claim, once any other who holds it has given it back or is gone; ``told`` of who that is."""
        waited = False
        while not self.take(name):
            if not waited and (holder := self._look(self._path(name))) is not None:
                waited = True
                told(holder)
            time.sleep(POLL)
        try:
            yield
        finally:
            self.release(name)

    @contextmanager
    def using(self, cells: Iterable[str]) -> Iterator[None]:
        """Let it be known that these results are needed, so that nobody throws them out."""
        name = f"run-{uuid4().hex}"
        self.take(name, cells)
        try:
            yield
        finally:
            self.release(name)

    def living(self) -> Iterator[Claim]:
        """All claims that have not expired, ours among them."""
        for path in sorted(self.folder.glob("*.json")):
            claim = self._look(path)
            if claim is not None and not self._expired(path):
                yield claim

    def sweep(self, dry_run: bool = False) -> list[tuple[Path, int]]:
        """Drop claims that have expired; returns them with their bytes."""
        found = []
        for path in sorted(self.folder.glob("*")):
            with suppress(FileNotFoundError):
                claim, size = self._look(path), path.stat().st_size
                if claim is not None and self._expired(path):
                    found.append((path, size))
                    if not dry_run:
                        self._take_away(path, claim)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _look(self, path: Path) -> Claim | None:
        """What a claim says; ``None`` if there is none."""
        try:
            content = json.loads(path.read_bytes())
            return Claim(**{**content, "cells": tuple(content["cells"])})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return Claim()

    def _token(self, name: str) -> str | None:
        claim = self._look(self._path(name))
        return None if claim is None else claim.token

    def _expired(self, path: Path) -> bool:
        claim = self._look(path)
        try:
            touched = path.stat()
        except FileNotFoundError:
            return True
        if claim is None or is_gone(claim.writer):
            return True
        state = claim.token, touched.st_mtime_ns
        before, since = self._seen.get(path.name, (None, 0.0))
        if before != state:
            since = time.monotonic()
            self._seen[path.name] = state, since
        return time.monotonic() - since > self.expiry or self._now() - touched.st_mtime > self.expiry

    def _now(self) -> float:
        """The time of the file system, by the stamp of a file just written there: clocks of hosts differ."""
        ours = time.monotonic()
        if self._clock is None or ours - self._clock[1] > self.expiry / BEATS:
            probe = self.folder / f".now-{writer()}"
            try:
                probe.write_bytes(b"now")
                self._clock = probe.stat().st_mtime, ours
            finally:
                probe.unlink(missing_ok=True)
        return self._clock[0] + ours - self._clock[1]

    def _take_away(self, path: Path, expired: Claim) -> None:
        """Remove a claim that has expired. Whoever else does so at the same time may have a new one there by now: what
        was taken away is looked at, and put back if it is not what was meant."""
        away = path.with_name(f".away-{uuid4().hex}")
        try:
            path.rename(away)
        except FileNotFoundError:
            return
        taken = self._look(away)
        if taken is not None and taken.token != expired.token:
            with suppress(OSError):
                os.link(away, path)
        away.unlink(missing_ok=True)

    def _live(self) -> None:
        """Have a thread that touches what is ours, while something is."""
        with self._guard:
            if self._heart is None:
                self._heart = threading.Thread(target=self._beat, daemon=True)
                self._heart.start()

    def _beat(self) -> None:
        while True:
            time.sleep(self.expiry / BEATS)
            with self._guard:
                mine = dict(self._mine)
                if not mine:
                    self._heart = None
                    return
            for name, token in mine.items():
                with suppress(OSError):  # a disk that is away for a while: the claim lapses, at worst
                    if self._token(name) == token:
                        os.utime(self._path(name))
