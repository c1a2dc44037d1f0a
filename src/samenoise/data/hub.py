"""Data sets of the Hugging Face ``datasets`` library: from the hub, from disk, from parquet files.

The library is optional: ``pip install samenoise[datasets]``. It finds and stores the rows; what is in an image is
decoded here, by the same rules and bounds as any other file.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Literal

from samenoise.data.decode import ImageFile
from samenoise.data.files import placed
from samenoise.data.limits import MAX_BYTES, read_file
from samenoise.data.reader import ReadResult, from_files, require_options

__all__ = ["read_hub"]


def read_hub(
    name: str | Path,
    split: str = "train",
    config: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    size: int | None = None,
    channels: Literal[1, 3] | None = None,
    on_bad: Literal["refuse", "skip"] = "refuse",
) -> ReadResult:
    """Read one split of a data set of the ``datasets`` library; images are in the order of its rows.

    Args:
        name: a name on the hub, such as ``ylecun/mnist``; a folder that ``save_to_disk`` wrote; a parquet file, or a
            folder of them as the hub lays them out. What is on disk comes first. A row of these that names a file
            instead of holding it is bad, unless the file lies in that folder: other files may change unseen.
        split: ``train``, ``test``, or what else the data set has. A single parquet file is whatever split is asked for.
        config: which of several data sets under the name.
        image_column: the column of images; ``None`` takes the one of type ``Image``.
        label_column: the column of class numbers; ``None`` takes the one of type ``ClassLabel``, and without one all
            labels are -1.
        size: as for :func:`~samenoise.data.reader.read`.
        channels: as for :func:`~samenoise.data.reader.read`.
        on_bad: as for :func:`~samenoise.data.reader.read`. A bad image is named by its row.

    Raises:
        ModuleNotFoundError: the library is not installed.
        ValueError: the data set or its split cannot be had, which column is meant is not clear, or as for
            :func:`~samenoise.data.reader.read`.
    """
    require_options(size, channels, on_bad)
    if (local := placed(name)).exists():
        name = local
    rows = _rows(str(name), split, config)
    images = image_column or _column(rows, "Image", "image_column", name)
    labels = label_column or _column(rows, "ClassLabel", "label_column", name)
    for column in (images, labels):
        if column not in (None, *rows.features):
            raise ValueError(f"{name} has no column {column!r}; there are {_columns(rows)}")
    if images is None:
        raise ValueError(f"{name} has no column of type Image; give image_column, one of {_columns(rows)}")
    kind = None if labels is None else rows.features[labels]
    if kind is not None and not str(getattr(kind, "dtype", "")).startswith(("int", "uint")):
        raise ValueError(f"the column {labels!r} of {name} does not hold class numbers; there are {_columns(rows)}")
    rows = rows.select_columns([images] if labels is None else [images, labels])
    files = _files(rows, str(name), images, labels)
    title = Path(name).name.removesuffix(".parquet")
    return from_files(Path(name), title, files, size, channels, on_bad, tuple(getattr(kind, "names", None) or ()))


def _rows(name: str, split: str, config: str | None) -> Any:
    """The split as the library has it, a ``datasets.Dataset``."""
    try:
        import datasets
    except ModuleNotFoundError as error:
        if error.name != "datasets":
            raise
        raise ModuleNotFoundError(
            f"to read {name}, install the library datasets: pip install 'samenoise[datasets]'", name="datasets"
        ) from None
    path = Path(name)
    saved = path.is_dir() and any((path / mark).is_file() for mark in ("dataset_dict.json", "state.json"))
    try:
        if path.is_file():
            return datasets.load_dataset("parquet", data_files={split: name}, split=split)
        if not saved:
            return datasets.load_dataset(name, config, split=split)
        found = datasets.load_from_disk(name)
    except (datasets.exceptions.DatasetsError, OSError, ValueError) as error:
        raise ValueError(f"{name} cannot be read by the library datasets: {error}") from error
    splits = found if isinstance(found, datasets.DatasetDict) else {str(found.split or split): found}
    if split not in splits:
        raise ValueError(f"{name} has no split {split!r}; there are {', '.join(splits)}")
    return splits[split]


def _column(rows: Any, kind: str, argument: str, name: str | Path) -> str | None:
    """The only column of this type of feature, if there is one."""
    found = [column for column, feature in rows.features.items() if type(feature).__name__ == kind]
    if len(found) > 1:
        raise ValueError(f"{name} has several columns of type {kind}, {', '.join(found)}: give {argument}")
    return found[0] if found else None


def _columns(rows: Any) -> str:
    """Every column with its type, in words."""
    return ", ".join(
        f"{column} ({getattr(feature, 'dtype', type(feature).__name__) or type(feature).__name__})"
        for column, feature in rows.features.items()
    )


def _files(rows: Any, name: str, images: str, labels: str | None) -> list[ImageFile]:
    """A file for each row, whose bytes are loaded when they are asked for."""
    from datasets import Image

    try:
        rows = rows.cast_column(images, Image(decode=False))
    except (TypeError, ValueError, NotImplementedError) as error:  # what Arrow raises where a column cannot be cast
        raise ValueError(f"the column {images!r} of {name} does not hold images: {error}") from error
    files = []
    for k, row in enumerate(rows):
        label = None if labels is None else row[labels]
        load = partial(_load, rows, k, images, Path(name) if os.path.exists(name) else None)
        files.append(ImageFile(f"row {k}", _length(row[images]), -1 if label is None else label, load))
    return files


def _length(image: dict[str, Any] | None) -> int:
    """Bytes of an image in a row or of the file that the row names; 0 where there is neither."""
    if image is None or (image["bytes"] is None and image["path"] is None):
        return 0
    if image["bytes"] is not None:
        return len(image["bytes"])
    path = Path(image["path"])
    return path.stat().st_size if path.is_file() else 1  # what is not there is found out when it is loaded


def _load(rows: Any, k: int, images: str, source: Path | None) -> bytes:
    image = rows[k][images]
    if image["bytes"] is not None:
        return bytes(image["bytes"])
    path = Path(image["path"])
    if source is not None and not _absolute(path).is_relative_to(_absolute(source)):
        raise ValueError(f"it names {str(path)!r}, which is not in {source}")
    if not path.is_file():
        raise ValueError(f"it names {str(path)!r}, which is no file")
    return read_file(path, MAX_BYTES)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
