"""The store: a folder of results, each under its cell's hash, whole or absent, and never changed.

    <root>/store.json                      schema version
    <root>/<folder>/<hash>/cell.json       the seal: the cell's config, size and sha256 of each of its files
    <root>/<folder>/<hash>/...             the files
    <root>/.scratch/                       results in the making, and checkpoints
    <root>/.claims/                        who is at work on what
    <root>/.damaged/                       what was found damaged

A result is made in scratch, brought to the disk, sealed, and renamed to its place if nothing is there. If something is,
somebody was faster: theirs stays when it is whole, and is put aside when it is not. Nothing is deleted or replaced in
its place, so whoever has seen a whole result may go on reading it. None of this rests on a lock.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from samenoise.runs.cell import Cell, Progress
from samenoise.runs.claims import Claims
from samenoise.runs.files import sync_folder, write_whole
from samenoise.runs.scratch import Scratch
from samenoise.runs.seal import SEALED, damage, identity, seal

__all__ = ["SCHEMA_VERSION", "Store", "StoreError", "reproducible", "write_whole"]

SCHEMA_VERSION = 1
DAMAGED = ".damaged"
ASIDE = "training"
"""A folder that has hashes under it too, and no results: what ``samenoise train`` was asked to show."""
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
"""What a rename says when something else has the name."""


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


class Store:
    """Results of cells under ``root``.

    Raises:
        StoreError: ``root`` cannot be made or written, or holds a store of another schema version.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).absolute()
        self.claims, self.drafts = Claims(self.root), Scratch(self.root)
        marker = self.root / "store.json"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            version = _version(marker)
            if version is None:
                version = SCHEMA_VERSION
                write_whole(marker, json.dumps({"schema_version": version}).encode() + b"\n")
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise StoreError(
                f"{self.root} cannot be used as a run directory ({error.strerror}): choose another folder with --out"
            ) from None
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.root} holds results of schema {version}, this samenoise reads schema {SCHEMA_VERSION}: "
                "choose another folder with --out, or delete that one and run again"
            )

    def path(self, cell: Cell) -> Path:
        """Where the result of a cell lives."""
        return self.root / cell.folder / cell.hash

    def scratch(self, cell: Cell) -> Path:
        """Where a cell in work keeps its checkpoints, each writer in a folder of its own below this one."""
        return self.drafts.of(cell.hash)

    def has(self, cell: Cell) -> bool:
        """Whether a result is there, by its seal and the names and sizes of its files. Before a result is read, ask
        :meth:`whole`."""
        return damage(self.path(cell), cell.hash, every_byte=False) is None

    def damage(self, cell: Cell) -> str | None:
        """``None`` for a good result, else ``"absent"`` or what is wrong with it. Reads every byte."""
        return damage(self.path(cell), cell.hash, every_byte=True)

    def whole(self, cell: Cell) -> bool:
        """Whether a result is there and every byte of it is right. One that is damaged is put aside."""
        place = self.path(cell)
        while True:
            before = identity(place)
            reason = self.damage(cell)
            if reason in (None, "absent"):
                return reason is None
            if identity(place) == before:  # else it was put aside, and another made, while we looked
                self._put_aside(place, before)

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
        result = self.drafts.result(cell.hash)
        started = time.perf_counter()
        try:
            with reproducible():
                (run or cell.run)(self, result, progress)
            seal(result, cell, time.perf_counter() - started)
            self._publish(result, cell)
        finally:
            shutil.rmtree(result, ignore_errors=True)
            with suppress(OSError):  # checkpoints are in it
                result.parent.rmdir()
                result.parent.parent.rmdir()
        self.drafts.clear(cell.hash)
        return self.path(cell)

    def sealed(self) -> Iterator[dict[str, Any]]:
        """The ``cell.json`` of everything that is there, damaged or not, in a stable order."""
        for place in self.places():
            with suppress(ValueError, OSError):
                content = json.loads((place / SEALED).read_bytes())
                if isinstance(content, dict):
                    yield content

    def places(self) -> Iterator[Path]:
        """Folders of all results that are there, damaged or not, in a stable order."""
        for place in sorted(self.root.glob("*/*")):
            if re.fullmatch("[0-9a-f]{20}", place.name) and place.parent.name[0] != "." and place.parent.name != ASIDE:
                yield place

    def verify(self) -> Iterator[tuple[Path, str]]:
        """Every result that is damaged, and what is wrong with it. Reads every byte, and changes nothing."""
        for place in self.places():
            reason = damage(place, place.name, every_byte=True)
            if reason not in (None, "absent"):
                yield place, str(reason)

    def _publish(self, result: Path, cell: Cell) -> None:
        """Give a sealed result its name, unless somebody else's whole one has it."""
        place = self.path(cell)
        if not place.parent.exists():
            place.parent.mkdir(exist_ok=True)
            sync_folder(self.root)
        while True:
            try:
                result.rename(place)
            except OSError as error:
                if self.whole(cell):
                    return
                if error.errno not in TAKEN:
                    raise
            else:
                sync_folder(place.parent)
                return

    def _put_aside(self, place: Path, known: str) -> None:
        """Move what was found damaged out of the way. Its new name is made of what it is: if somebody else has moved it
        and a whole one is in its place by now, the name is taken, and the whole one stays."""
        (self.root / DAMAGED).mkdir(exist_ok=True)
        name = f"{place.parent.name}-{place.name}-{known}"
        for more in ("", *(f"-{k}" for k in range(2, 1000))):  # where a copy of it was put aside before
            try:
                place.rename(self.root / DAMAGED / f"{name}{more}")
            except FileNotFoundError:
                return
            except OSError as error:
                if error.errno not in TAKEN:
                    raise
                if identity(place) != known:
                    return
            else:
                sync_folder(self.root / DAMAGED)
                sync_folder(place.parent)
                return


def _version(marker: Path) -> int | None:
    """Schema version of a store; ``None`` for a new one, and for a damaged marker: every result is checked anyway."""
    try:
        version = json.loads(marker.read_bytes())["schema_version"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
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
