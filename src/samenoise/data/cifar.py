"""CIFAR-10 in its published binary form, ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``.

A file is a row of records: one byte of label, then 32x32 bytes each of red, green and blue.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

__all__ = ["cifar_classes", "cifar_files", "read_cifar"]

FOLDER = "cifar-10-batches-bin"
NAME = re.compile(r"data_batch_\d\.bin|test_batch\.bin")
RECORD = 1 + 3 * 32 * 32
CLASSES = 10


def cifar_files(path: Path) -> list[Path]:
    """The batches at a path: this one, or those in this folder or its ``cifar-10-batches-bin``, training first."""
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    files = [path] if path.is_file() else folder.iterdir()
    return sorted((file for file in files if NAME.fullmatch(file.name)), key=lambda file: file.name)


def cifar_classes(folder: Path) -> tuple[str, ...]:
    """The names of the classes, from ``batches.meta.txt`` where it is there."""
    meta = folder / "batches.meta.txt"
    return tuple(meta.read_text(encoding="utf-8", errors="replace").split()) if meta.is_file() else ()


def read_cifar(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pixels uint8 ``(n, 3, 32, 32)`` and labels int64 ``(n,)`` of one batch.

    Raises:
        ValueError: the file is not made of whole records, or a label is above 9.
    """
    data = np.fromfile(path, dtype=np.uint8)
    whole = max(1, -(-len(data) // RECORD))
    if len(data) != whole * RECORD:
        raise ValueError(
            f"{path} is truncated or no CIFAR-10 batch: expected records of {RECORD:,} bytes, "
            f"so {whole * RECORD:,} bytes for {whole:,}, found {len(data):,}"
        )
    records = data.reshape(-1, RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= CLASSES:
        wrong = int(np.argmax(labels >= CLASSES))
        raise ValueError(f"{path} is no CIFAR-10 batch: record {wrong} has the label {labels[wrong]}, not one of 0..9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels
