"""The store: a folder of results, each under its cell's hash, whole or absent, and never changed.

    <root>/store.json                      schema version
    <root>/<folder>/<hash>/cell.json       the seal: the cell's config, size and sha256 of each of its files
    <root>/<folder>/<hash>/...             the files
    <root>/.scratch/                       results in the making, and checkpoints
    <root>/.claims/                        who is at work on what
    <root>/.failures/                      what could not be computed, and why
    <root>/.damaged/                       what was found damaged

A result is made in scratch, brought to the disk, sealed, and renamed to its place if nothing is there. If something is,
somebody was faster: theirs stays when it is whole, and is put aside when it is not. Nothing is deleted or replaced in
its place, so whoever has seen a whole result may go on reading it. None of this rests on a lock.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from samenoise.runs.cell import Cell, Progress
from samenoise.runs.claims import POLL, Claims
from samenoise.runs.descriptors import TAKEN, Unreadable, kind
from samenoise.runs.failures import Failures
from samenoise.runs.named import KeptFiles
from samenoise.runs.scratch import REMOVED, Scratch
from samenoise.runs.seal import Seal, damage, identity, read_seal, seal
from samenoise.runs.tree import DAMAGED, Tree

__all__ = ["HASH", "MARKER", "SCHEMA_VERSION", "SHOWN", "Store", "StoreError", "place_of", "reproducible"]

SCHEMA_VERSION = 1
MARKER = "store.json"
HASH = re.compile("[0-9a-f]{20}")
"""How a result is called."""
LATE = 30.0
"""Seconds after which what one process has written is seen by all others, on file systems that take their time."""
SHOWN = "training"
"""A folder that has hashes under it too, and no results: what ``samenoise train`` was asked to show."""


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


class Store:
    """Results of cells under ``root``.

    Args:
        make: the folder, where there is none. Without it nothing is written before something is computed.

    Attributes:
        address: what other processes open the same store by.
        shared: the files that all who work on the store see. Of a folder these are its own, ``tree``.

    Raises:
        StoreError: ``root`` cannot be made or written, or holds a store of another schema version.
    """

    address: Path | str
    shared: KeptFiles

    def __init__(self, root: Path | str, make: bool = True) -> None:
        self.root = Path(root).absolute()
        self.tree = Tree(self.root)
        self.address, self.shared = self.root, self.tree
        self.claims, self.drafts, self.failures = Claims(self.tree), Scratch(self.tree), Failures(self.tree)
        try:
            if make:
                self.root.mkdir(parents=True, exist_ok=True)
                if not os.access(self.root, os.W_OK):
                    raise OSError(errno.EROFS, "nothing may be written there")
            self._begin(make)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise StoreError(
                f"{self.root} cannot be used as a run directory ({error.strerror}): choose another folder with --out"
            ) from None

    def _begin(self, make: bool) -> None:
        """Read the schema version, and with ``make`` say it where nobody has."""
        version = _version(self.shared)
        if version is None:
            version = SCHEMA_VERSION
            if make:
                self.shared.write(MARKER, json.dumps({"schema_version": version}).encode() + b"\n")
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.address} holds results of schema {version}, this samenoise reads schema {SCHEMA_VERSION}: "
                "choose another folder with --out, or delete that one and run again"
            )

    @property
    def caveat(self) -> str:
        """A sentence on what this store does not do for those who share it, or nothing."""
        return ""

    def path(self, cell: Cell) -> Path:
        """Where the result of a cell lives."""
        return self.root / cell.folder / cell.hash

    def scratch(self, cell: Cell) -> Path:
        """Where a cell in work keeps its checkpoints, each writer in a folder of its own below this one."""
        return self.drafts.of(cell.hash)

    def has(self, cell: Cell) -> bool:
        """Whether a result is there, by its seal and the names and sizes of its files. Before a result is read, ask
        :meth:`whole`."""
        return damage(self.tree, place_of(cell), every_byte=False) is None

    def damage(self, cell: Cell) -> str | None:
        """``None`` for a good result, else ``"absent"`` or what is wrong with it. Reads every byte."""
        return damage(self.tree, place_of(cell), every_byte=True)

    def whole(self, cell: Cell) -> bool:
        """Whether a result is there and every byte of it is right. One that is damaged is put aside."""
        return self._whole_here(place_of(cell))

    def _whole_here(self, place: str) -> bool:
        while True:
            before = identity(self.tree, place)
            reason = damage(self.tree, place, every_byte=True)
            if reason in (None, "absent"):
                return reason is None
            if identity(self.tree, place) == before:  # else it was put aside, and another made, while we looked
                self._put_aside(place, before)

    def comes(self, cell: Cell) -> bool:
        """Whether a result, which somebody is known to have made, is there, now or soon: a file system may show late
        what others have written."""
        until = time.monotonic() + LATE
        while self.tree.about(place_of(cell)) is None and not self.has(cell):
            if time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def compute(
        self,
        cell: Cell,
        progress: Progress = lambda share: None,
        run: Callable[[Store, Path, Progress], None] | None = None,
    ) -> Path:
        """The folder of a cell's result, computed now if it is absent or damaged. What it needs must be there.

        ``run`` stands in for the cell's own ``run``, with the same result."""
        if self.whole(cell):
            return self.path(cell)
        for need in (*cell.needs(), *cell.parts()):
            if not self.comes(need):
                raise FileNotFoundError(errno.ENOENT, f"{need.title}, which it needs, is not there", str(self.address))
        result = self.drafts.result(cell.hash)
        started = time.perf_counter()
        try:
            with reproducible():
                (run or cell.run)(self, result, progress)
            seal(self.tree, self.tree.name(result), cell, time.perf_counter() - started)
            self._publish(self.tree.name(result), cell)
        finally:
            self.drafts.drop(result)
        self.drafts.clear(cell.hash)
        return self.path(cell)

    def sealed(self) -> Iterator[Seal]:
        """The seals of everything that is there, damaged or not, if only the seal is right, in a stable order."""
        for place in self.places():
            found = read_seal(self.shared, place)
            if found is not None:
                yield found

    def places(self) -> Iterator[str]:
        """Where in the store something is that is called like a result, damaged or not, in a stable order."""
        for folder in self.shared.names():
            if folder[0] != "." and folder != SHOWN:
                yield from (f"{folder}/{name}" for name in self.shared.names(folder) if HASH.fullmatch(name))

    def verify(self) -> Iterator[tuple[str, str]]:
        """Every result that is damaged, and what is wrong with it; with what is neither file nor folder where results
        might be. Reads every byte, and changes nothing."""
        for name in self.shared.names():
            about = self.shared.about(name)
            plain = about is None or stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode)
            if about is not None and not plain and name[0] != ".":
                yield name, f"is {kind(about)}, which is not followed"
        for place in self.places():
            reason = damage(self.shared, place, every_byte=True)
            if reason not in (None, "absent"):
                yield place, str(reason)

    def catch_up(self, names: Iterable[str]) -> None:
        """Have here what others have written of files at the top: in a folder, it is."""

    def share(self) -> None:
        """Let all see the files at the top, and the report, which this process has written: of a folder, all do."""

    def drop(self, name: str) -> None:
        """Remove a file at the top, for all."""
        self.tree.remove_file(name)

    def discard(self, place: str) -> None:
        """Remove something, a result with all its bytes or not at all: it is renamed first, so that nobody meets half
        of one."""
        away = f"{REMOVED}-{uuid4().hex}"
        with suppress(FileNotFoundError):  # somebody else was faster
            self.tree.move(place, away)
        with suppress(OSError):
            self.tree.remove(away)

    def _publish(self, result: str, cell: Cell) -> None:
        """Give a sealed result its name, unless somebody else's whole one has it."""
        while True:
            try:
                self.tree.move(result, place_of(cell))
            except OSError as error:
                if self._whole_here(place_of(cell)):
                    return
                if error.errno not in TAKEN:
                    raise
                if self.tree.about(place_of(cell)) is None:  # and what has the name is not yet to be seen
                    time.sleep(POLL)
            else:
                return

    def _put_aside(self, place: str, known: str) -> None:
        """Move what was found damaged out of the way. Its new name is made of what it is: if somebody else has moved it
        and a whole one is in its place by now, the name is taken, and the whole one stays."""
        name = f"{DAMAGED}/{place.replace('/', '-')}-{known}"
        for more in ("", *(f"-{k}" for k in range(2, 1000))):  # where a copy of it was put aside before
            try:
                self.tree.move(place, f"{name}{more}")
            except FileNotFoundError:
                return
            except OSError as error:
                if error.errno not in TAKEN:
                    raise
                if identity(self.tree, place) != known:
                    return
            else:
                return


def place_of(cell: Cell) -> str:
    """Where in a store the result of a cell is."""
    return f"{cell.folder}/{cell.hash}"


def _version(tree: KeptFiles) -> int | None:
    """Schema version of a store; ``None`` for a new one, and for a damaged marker: every result is checked anyway."""
    try:
        version = tree.json(MARKER)["schema_version"]
    except (FileNotFoundError, Unreadable, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None


@contextmanager
def reproducible() -> Iterator[None]:
    """One thread for all arithmetic of the CPU, so that a result does not depend on the number of cores (cells run side
    by side instead), and on a GPU only algorithms that give the same bits every time."""
    import torch
    from threadpoolctl import threadpool_limits

    cudnn = torch.backends.cudnn
    before = torch.get_num_threads(), cudnn.deterministic, cudnn.benchmark
    torch.set_num_threads(1)
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before[0])
        cudnn.deterministic, cudnn.benchmark = before[1:]
