"""Images in Parquet files: a column ``noise_id`` and a column ``image`` of encoded files, as Hugging Face's datasets
has them (a struct with ``bytes``), or of plain bytes; ``group`` where there are prompts or classes.

A folder is all its ``*.parquet`` in the order of their names. Rows are read a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.data.decode import ImageFile
from samenoise.outside.base import OutsideError
from samenoise.outside.numbers import MOST, checked_ids
from samenoise.outside.pictures import decoded
from samenoise.runs.sentence import printable

__all__ = ["Table", "open"]

TOGETHER = 64


class Table:
    """Images of Parquet files."""

    def __init__(self, files: list[Any], where: str) -> None:
        self.files, self.where = files, where
        ids: list[int] = []
        groups: list[str] = []
        for file in files:
            names = file.schema_arrow.names
            if missing := [name for name in ("noise_id", "image") if name not in names]:
                raise OutsideError(f"{where} has no column {missing[0]}; there are {', '.join(names)}")
            if (count := len(ids) + file.metadata.num_rows) > MOST:
                raise OutsideError(f"{where} has {count:,} images and more, over the limit of {MOST:,}")
            grouped = "group" in names
            table = file.read(columns=["noise_id", "group"] if grouped else ["noise_id"])
            ids += table["noise_id"].to_pylist()
            groups += [printable(str(name)) for name in table["group"].to_pylist()] if grouped else []
        self.ids = checked_ids(ids, where)
        self.groups = groups if len(groups) == len(ids) and groups else None
        self.bank: str | None = None
        self.about: dict[str, Any] = {"kind": "parquet", "images": len(ids)}

    def __iter__(self) -> Iterator[tuple[list[int], np.ndarray]]:
        for file in self.files:
            for batch in file.iter_batches(batch_size=TOGETHER, columns=["noise_id", "image"]):
                ids = batch["noise_id"].to_pylist()
                images = [each["bytes"] if isinstance(each, dict) else each for each in batch["image"].to_pylist()]
                bad = next((i for i, data in zip(ids, images, strict=True) if not isinstance(data, bytes)), None)
                if bad is not None:
                    raise OutsideError(f"{self.where}: the image of noise {bad} holds no bytes")
                yield ids, decoded([_file(i, data) for i, data in zip(ids, images, strict=True)], self.where)


def _file(i: int, data: bytes) -> ImageFile:
    return ImageFile(f"noise {i}", len(data), -1, lambda: data)


def open(target: str) -> Table:
    """The images of a Parquet file, or of a folder of them.

    Raises:
        OutsideError: it cannot be read, or lacks a column.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    path = Path(target)
    paths = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    try:
        return Table([ParquetFile(each) for each in paths], target)
    except (pyarrow.ArrowException, OSError) as error:
        raise OutsideError(f"{target} cannot be read: {str(error).splitlines()[0]}") from None
