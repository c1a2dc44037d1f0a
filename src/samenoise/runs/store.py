"""The store: a folder of results, each under its cell's hash, whole or absent.

    <root>/store.json                      schema version
    <root>/<folder>/<hash>/cell.json       the cell's config and the sha256 of each of its files; written last
    <root>/<folder>/<hash>/...             the files
    <root>/.scratch/<hash>/                checkpoints of units in work

A result is computed into a folder beside its place and moved there in one rename. Reading checks every file against its
hash; a result with a damaged, missing or extra byte is put aside and computed again, never read.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from samenoise.runs.cell import Cell, Progress, described

__all__ = ["SCHEMA_VERSION", "Store", "StoreError", "reproducible", "write_whole"]

SCHEMA_VERSION = 1
SEALED = "cell.json"


class StoreError(RuntimeError):
    """The store cannot be used as it is; the message says what to do."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all: beside it, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(content: dict[str, Any]) -> str:
    """Hash of a cell.json's own content, kept in it, so that damage to the seal shows too."""
    rest = {key: value for key, value in content.items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _version(marker: Path) -> int | None:
    """Schema version of a store; ``None`` for a new one, and for a damaged marker: every result is checked anyway."""
    try:
        version = json.loads(marker.read_bytes())["schema_version"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None


class Store:
    """Results of cells under ``root``.

    Raises:
        StoreError: ``root`` cannot be made or written, or holds a store of another schema version.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).absolute()
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
        """Where a cell in work keeps its checkpoints."""
        folder = self.root / ".scratch" / cell.hash
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def has(self, cell: Cell) -> bool:
        """Whether a result is there and every byte of it is right."""
        return self.damage(cell) is None

    def damage(self, cell: Cell) -> str | None:
        """``None`` for a good result, else ``"absent"`` or what is wrong with it."""
        folder = self.path(cell)
        if not folder.is_dir():
            return "absent"
        try:
            content = json.loads((folder / SEALED).read_bytes())
            if content["seal"] != _seal(content) or content["hash"] != cell.hash:
                return f"{SEALED} is damaged"
            files = content["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return f"{SEALED} is damaged"
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {SEALED}
        if present != set(files):
            return f"files differ from the list in {SEALED}"
        for name, digest in files.items():
            if _digest(folder / name) != digest:
                return f"{name} is damaged"
        return None

    def compute(
        self,
        cell: Cell,
        progress: Progress = lambda share: None,
        run: Callable[[Store, Path, Progress], None] | None = None,
    ) -> Path:
        """The folder of a cell's result, computed now if it is absent or damaged. What it needs must be there.

        ``run`` stands in for the cell's own ``run``, with the same result."""
        if self.has(cell):
            return self.path(cell)
        place, beside = self.path(cell), self.root / ".scratch" / f"{cell.hash}.{uuid4().hex}"
        beside.mkdir(parents=True)
        started = time.perf_counter()
        try:
            with reproducible():
                (run or cell.run)(self, beside, progress)
            files = {p.relative_to(beside).as_posix(): _digest(p) for p in sorted(beside.rglob("*")) if p.is_file()}
            content: dict[str, Any] = {
                "hash": cell.hash,
                "kind": cell.kind,
                "title": cell.title,
                "config": described(cell),
                "files": files,
                "seconds": round(time.perf_counter() - started, 3),
            }
            content["seal"] = _seal(content)
            write_whole(beside / SEALED, json.dumps(content, indent=1).encode())
            for file in files:
                with (beside / file).open("rb") as handle:
                    os.fsync(handle.fileno())
            place.parent.mkdir(exist_ok=True)
            if place.exists():  # damaged, or another run was faster with the same bits
                shutil.rmtree(place, ignore_errors=True)
            beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(self.root / ".scratch" / cell.hash, ignore_errors=True)
        return place

    def sealed(self) -> Iterator[dict[str, Any]]:
        """The ``cell.json`` of everything that is there, damaged or not, in a stable order."""
        for file in sorted(self.root.glob(f"*/*/{SEALED}")):
            with suppress(ValueError):
                yield json.loads(file.read_bytes())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store for one run; a second run of the same folder is refused instead of doing all the work
        twice."""
        import fcntl

        with (self.root / ".lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.seek(0)
                raise StoreError(
                    f"another samenoise (process {handle.read().strip() or 'unknown'}) is running in {self.root}: "
                    "wait for it, or choose another folder with --out"
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            for leftover in (self.root / ".scratch").glob("*.*"):  # of runs that were killed; checkpoints stay
                shutil.rmtree(leftover, ignore_errors=True)
            yield


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
