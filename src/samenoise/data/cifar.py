"""CIFAR-10 in its published binary form, ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``.

A file is a row of records: one byte of label, then 32x32 bytes each of red, green and blue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from samenoise.data.limits import MAX_METADATA, read_file
from samenoise.data.records import Block, Records, regular

__all__ = ["cifar_classes", "cifar_files", "read_cifar"]

FOLDER = "cifar-10-batches-bin"
NAME = re.compile(r"data_batch_\d\.bin|test_batch\.bin")
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
CLASSES = 10
AT_ONCE = 512


def cifar_files(path: Path) -> list[Path]:
    """The batches at a path: this one, or those in this folder or its ``cifar-10-batches-bin``, training first.

    Raises:
        ValueError: something of such a name is no file.
    """
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    files = [path] if path.is_file() else folder.iterdir()
    return sorted((regular(file) for file in files if NAME.fullmatch(file.name)), key=lambda file: file.name)


def cifar_classes(folder: Path) -> tuple[str, ...]:
    """The names of the classes, from ``batches.meta.txt`` where it is there."""
    meta = folder / "batches.meta.txt"
    return tuple(read_file(meta, MAX_METADATA).decode(errors="replace").split()) if meta.is_file() else ()


def read_cifar(path: Path) -> Records:
    """The images of one batch and their labels.

    Raises:
        ValueError: the file is not made of whole records; when they are read, a label is above 9.
    """
    length = path.stat().st_size
    whole = max(1, -(-length // RECORD))
    if length != whole * RECORD:
        raise ValueError(
            f"{path} is truncated or no CIFAR-10 batch: expected records of {RECORD:,} bytes, "
            f"so {whole * RECORD:,} bytes for {whole:,}, found {length:,}"
        )

    def blocks() -> Iterator[Block]:
        start = 0
        with path.open("rb") as file:
            for data in iter(lambda: file.read(AT_ONCE * RECORD), b""):
                records = np.frombuffer(bytearray(data), np.uint8).reshape(-1, RECORD)
                labels = records[:, 0].astype(np.int64)
                if labels.max() >= CLASSES:
                    wrong = int(np.argmax(labels >= CLASSES))
                    raise ValueError(
                        f"{path} is no CIFAR-10 batch: record {start + wrong} has the label {labels[wrong]}, "
                        f"not one of 0..{CLASSES - 1}"
                    )
                start += len(records)
                yield records[:, 1:].reshape(-1, *SHAPE), labels

    return Records(whole, whole, SHAPE, blocks)
