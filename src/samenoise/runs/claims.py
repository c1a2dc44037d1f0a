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
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from uuid import uuid4

from samenoise.runs.clock import Clock
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.named import KeptFiles
from samenoise.runs.writers import is_gone, writer

__all__ = ["EXPIRY", "FOLDER", "Claim", "Claims"]

FOLDER = ".claims"

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

    @classmethod
    def of(cls, content: Any) -> Claim:
        """From JSON."""
        try:
            claim = cls(**{**content, "cells": tuple(content["cells"])})
        except (KeyError, TypeError):
            return cls()
        texts = (claim.token, claim.writer, claim.host, *claim.cells)
        good = all(isinstance(each, str) for each in texts) and isinstance(claim.pid, int)
        return claim if good else cls()


class Claims:
    """The claims of a store, as one process makes and sees them.

    Args:
        expiry: seconds without a touch after which a claim is nobody's.
    """

    def __init__(self, tree: KeptFiles, expiry: float = EXPIRY) -> None:
        self.tree, self.expiry = tree, expiry
        self._mine: dict[str, str] = {}  # name -> token
        self._seen: dict[str, tuple[tuple[str, int], float]] = {}  # place -> what it was, and since when
        self._clock = Clock(tree)
        self._guard = threading.Lock()
        self._heart: threading.Thread | None = None

    def take(self, name: str, cells: Iterable[str] | None = None) -> bool:
        """Claim a unit, or ``cells`` under any name; ``False`` if another, who is alive, holds it."""
        held = (name,) if cells is None else tuple(cells)
        claim = Claim(uuid4().hex, writer(), socket.gethostname(), os.getpid(), held)
        place = _place(name)
        unseen = 0
        while not self.tree.create(place, json.dumps(claim._asdict()).encode()):
            holder = self._look(place)
            if holder is None and not unseen:  # given back this very moment
                unseen += 1
                continue
            if holder is None or not self._expired(place):  # a file system may be late to show who it is
                return False
            self._take_away(place, holder)
        with self._guard:
            self._mine[name] = claim.token
        self._live()
        return True

    def release(self, name: str) -> None:
        """Give a claim back, if it is still ours. One that cannot be given back lapses."""
        with self._guard:
            token = self._mine.pop(name, None)
        with suppress(OSError):
            if token is not None and self._token(name) == token:
                self.tree.remove_file(_place(name))

    @contextmanager
    def held(self, name: str, told: Callable[[Claim], None] = lambda holder: None) -> Iterator[None]:
        """Hold a claim, once any other who holds it has given it back or is gone; ``told`` of who that is."""
        waited = False
        while not self.take(name):
            if not waited and (holder := self._look(_place(name))) is not None:
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

    def names(self) -> set[str]:
        """What is claimed by anybody, alive or not: one look at a folder, for those who look often."""
        return {name.removesuffix(".json") for name in self.tree.names(FOLDER) if name.endswith(".json")}

    def living(self) -> Iterator[Claim]:
        """All claims that have not expired, ours among them."""
        for name in self.tree.names(FOLDER):
            claim = self._look(f"{FOLDER}/{name}") if name.endswith(".json") else None
            if claim is not None and not self._expired(f"{FOLDER}/{name}"):
                yield claim

    def sweep(self, dry_run: bool = False) -> list[tuple[str, int]]:
        """Drop claims that have expired; returns their places in the store, with their bytes."""
        found = []
        for name in self.tree.names(FOLDER):
            place = f"{FOLDER}/{name}"
            claim, size = self._look(place), self.tree.size(place)
            if claim is not None and self._expired(place):
                found.append((place, size))
                if not dry_run:
                    self._take_away(place, claim)
        return found

    def _look(self, place: str) -> Claim | None:
        """What a claim says; ``None`` if there is none."""
        try:
            return Claim.of(self.tree.json(place))
        except FileNotFoundError:
            return None
        except Unreadable:
            return Claim()

    def _token(self, name: str) -> str | None:
        claim = self._look(_place(name))
        return None if claim is None else claim.token

    def _expired(self, place: str) -> bool:
        claim, touched = self._look(place), self.tree.about(place)
        if claim is None or touched is None or is_gone(claim.writer):
            return True
        if not stat.S_ISREG(touched.st_mode):  # nobody's claim
            return True
        state = claim.token, touched.st_mtime_ns
        before, since = self._seen.get(place, (None, 0.0))
        if before != state:
            since = time.monotonic()
            self._seen[place] = state, since
        return time.monotonic() - since > self.expiry or self._clock.now() - touched.st_mtime > self.expiry

    def _take_away(self, place: str, expired: Claim) -> None:
        """Remove a claim that has expired. Whoever else does so at the same time may have a new one there by now: what
        was taken away is looked at, and put back if it is not what was meant."""
        away = f"{FOLDER}/.away-{uuid4().hex}"
        try:
            self.tree.move(place, away)
        except FileNotFoundError:
            return
        taken = self._look(away)
        if taken is not None and taken.token != expired.token:
            with suppress(OSError):
                self.tree.link(away, place)
        self.tree.remove(away)

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
                # A disk may be away for a while: the claim lapses, at worst. What is given back is touched no more, as
                # that would bring it back where a touch is a write.
                with suppress(OSError, Unreadable), self._guard:
                    if self._mine.get(name) == token and self._token(name) == token:
                        self.tree.touch(_place(name))


def _place(name: str) -> str:
    return f"{FOLDER}/{name}.json"
