"""Folders of image files: every image below a folder, in the order of the paths; the first subfolder is the class."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from samenoise.data.archive import LABELS, read_labels
from samenoise.data.decode import BadImageError, ImageFile, is_image_name
from samenoise.data.files import below
from samenoise.data.limits import MAX_BYTES, MAX_METADATA, read_file
from samenoise.data.records import regular

__all__ = ["folder_files"]


def folder_files(folder: Path) -> tuple[list[ImageFile], tuple[str, ...]]:
    """The image files below a folder, sorted by relative path, and the names of the classes.

    Label ``k`` is the ``k``-th of the sorted names of subfolders with images in them; an image beside them has -1. A
    ``dataset.json`` in the folder says the labels instead, as in an archive, and there are no names. What has the name
    of an image and is no file is a bad image.

    Raises:
        ValueError: ``dataset.json`` cannot be understood, or a folder cannot be listed.
    """
    names = [name for name in below(folder) if is_image_name(name)]
    classes: tuple[str, ...] = ()
    said = folder / LABELS
    if os.path.lexists(said):
        try:
            text = read_file(regular(said), MAX_METADATA)
        except OSError as error:
            raise ValueError(f"{said} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ValueError(f"{said} cannot be read: {error}") from error
        labels = read_labels(text, set(names), str(said))
    else:
        classes = tuple(sorted({name.partition("/")[0] for name in names if "/" in name}))
        numbers = {name: k for k, name in enumerate(classes)}
        labels = {name: numbers[name.partition("/")[0]] for name in names if "/" in name}
    return [_file(folder / name, name, labels.get(name, -1)) for name in names], classes


def _file(path: Path, name: str, label: int) -> ImageFile:
    if path.is_file():
        return ImageFile(name, path.stat().st_size, label, partial(read_file, path, MAX_BYTES))
    return ImageFile(name, 1, label, _no_file)


def _no_file() -> bytes:
    raise BadImageError("is no file")
