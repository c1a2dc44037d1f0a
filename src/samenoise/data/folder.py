"""Folders of image files: every image below a folder, in the order of the paths; the first subfolder is the class."""

from __future__ import annotations

import os
from pathlib import Path

from samenoise.data.archive import LABELS, read_labels
from samenoise.data.decode import ImageFile, is_image_name

__all__ = ["folder_files"]


def folder_files(folder: Path) -> tuple[list[ImageFile], tuple[str, ...]]:
    """The image files below a folder, sorted by relative path, and the names of the classes.

    Label ``k`` is the ``k``-th of the sorted names of subfolders with images in them; an image beside them has -1. A
    ``dataset.json`` in the folder says the labels instead, as in an archive, and there are no names.

    Raises:
        ValueError: ``dataset.json`` cannot be understood.
        OSError: a folder cannot be listed.
    """
    paths = {name: folder / name for name in _names(folder) if is_image_name(name)}
    classes: tuple[str, ...] = ()
    if (folder / LABELS).is_file():
        labels = read_labels((folder / LABELS).read_bytes(), paths, str(folder / LABELS))
    else:
        classes = tuple(sorted({name.partition("/")[0] for name in paths if "/" in name}))
        numbers = {name: k for k, name in enumerate(classes)}
        labels = {name: numbers[name.partition("/")[0]] for name in paths if "/" in name}
    files = [
        ImageFile(name, path.stat().st_size, labels.get(name, -1), path.read_bytes)
        for name, path in sorted(paths.items())
    ]
    return files, classes


def _names(folder: Path) -> list[str]:
    """Relative paths, with slashes, of all regular files below; links are followed, but no folder is entered twice."""
    names, seen = [], set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=_fail):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        inside = Path(here).relative_to(folder)
        names += [(inside / name).as_posix() for name in files if Path(here, name).is_file()]
    return names


def _fail(error: OSError) -> None:
    raise error
