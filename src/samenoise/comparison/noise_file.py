"""The shared noise as a file: ``.npy``, or ``.safetensors`` with the noises, their ids and what they are.

    .npy             float32 of shape ``(n, *shape)``
    .safetensors     tensors ``noise`` and ``ids`` (int64); recipe, seed and hash in its metadata

It is written some noises at a time, beside its place, and appears whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np

from samenoise.comparison.places import for_file
from samenoise.noise import NoiseBank
from samenoise.outside.base import OutsideError

__all__ = ["Written", "write_noise"]

TOGETHER = 4 * 2**20
"""Values of noise that are made together."""


@dataclass(frozen=True)
class Written:
    """A file of noise, and what it can be checked by."""

    path: Path
    bank: NoiseBank
    ids: list[int]
    sha256: str
    """Of the values alone, little-endian float32 in row-major order: the same for both forms of the file."""
    first: list[float]
    """Of the first noise, as many as four."""
    last: float
    """The very last value."""

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "path": str(self.path),
            "seed": self.bank.seed,
            "shape": list(self.bank.shape),
            "ids": self.ids,
            "bank": self.bank.hash,
            "sha256": self.sha256,
            "first": self.first,
            "last": self.last,
        }

    def lines(self) -> list[str]:
        """For people."""
        shape = "x".join(map(str, (len(self.ids), *self.bank.shape)))
        return [
            f"{self.path}: float32 {shape}",
            f"bank {self.bank.hash}",
            f"sha256 of the values {self.sha256}",
            f"first values {' '.join(f'{value:.8g}' for value in self.first)}, last value {self.last:.8g}",
        ]


def write_noise(path: Path, seed: int, shape: tuple[int, ...], ids: Sequence[int]) -> Written:
    """Write noises ``ids`` of a bank.

    Raises:
        OutsideError: the file is of neither form, or the bank cannot be.
    """
    forms = {".npy": _npy, ".safetensors": _safetensors}
    if path.suffix not in forms:
        raise OutsideError(f"noise is written as .npy or .safetensors, not as {path.name!r}")
    for_file(path)
    try:
        bank = NoiseBank(seed, shape)
    except ValueError as error:
        raise OutsideError(str(error)) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    digest, first, last = hashlib.sha256(), np.zeros(0, np.float32), 0.0
    try:
        with beside.open("wb") as file:
            forms[path.suffix](file, bank, ids)
            for part in _parts(bank, ids):
                first = part.reshape(-1)[:4] if not len(first) else first
                last = float(part.reshape(-1)[-1])
                digest.update(part.tobytes())
                file.write(part.tobytes())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return Written(path, bank, list(ids), digest.hexdigest(), [float(value) for value in first], last)


def _parts(bank: NoiseBank, ids: Sequence[int]) -> Iterator[np.ndarray]:
    step = max(1, TOGETHER // bank.size)
    for start in range(0, len(ids), step):
        yield bank[list(ids[start : start + step])].numpy().astype("<f4")


def _npy(file: BinaryIO, bank: NoiseBank, ids: Sequence[int]) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": (len(ids), *bank.shape)}
    np.lib.format.write_array_header_1_0(file, header)


def _safetensors(file: BinaryIO, bank: NoiseBank, ids: Sequence[int]) -> None:
    """Header and ids; the noise follows. The format is 8 bytes of length, JSON, then the tensors."""
    numbers = np.asarray(ids, dtype="<i8").tobytes()
    size = 4 * len(ids) * bank.size
    header = {
        "__metadata__": {"bank": bank.hash, "recipe": bank.recipe, "seed": str(bank.seed)},
        "ids": {"dtype": "I64", "shape": [len(ids)], "data_offsets": [0, len(numbers)]},
        "noise": {
            "dtype": "F32",
            "shape": [len(ids), *bank.shape],
            "data_offsets": [len(numbers), len(numbers) + size],
        },
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text + numbers)
