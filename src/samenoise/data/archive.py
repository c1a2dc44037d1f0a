"""Zip archives of image files with their labels in ``dataset.json``, the form that EDM and StyleGAN train on.

    {"labels": [["00000/img00000000.png", 3], ["00000/img00000001.png", 7], ...]}      or      {"labels": null}

Members are read in memory and never written to disk, so their names may be anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import partial
from zipfile import ZipFile

from samenoise.data.decode import ImageFile, is_image_name

__all__ = ["LABELS", "archive_files", "read_labels"]

LABELS = "dataset.json"


def archive_files(archive: ZipFile) -> list[ImageFile]:
    """The image members of an open archive, sorted by name; without labels in ``dataset.json`` all have -1.

    Raises:
        ValueError: ``dataset.json`` cannot be understood.
    """
    members = [info for info in archive.infolist() if not info.is_dir()]
    images = sorted((info for info in members if is_image_name(info.filename)), key=lambda info: info.filename)
    labels: dict[str, int] = {}
    if any(info.filename == LABELS for info in members):
        where = f"{LABELS} in {archive.filename}"
        try:
            text = archive.read(LABELS)
        except (RuntimeError, NotImplementedError) as error:  # a password, an unknown method
            raise ValueError(f"{where} cannot be read: {error}") from error
        labels = read_labels(text, {info.filename for info in images}, where)
    return [
        ImageFile(info.filename, info.file_size, labels.get(info.filename, -1), partial(archive.read, info))
        for info in images
    ]


def read_labels(text: bytes, names: Collection[str], where: str) -> dict[str, int]:
    """Label of every image that a ``dataset.json`` lists; ``where`` names it in errors.

    Raises:
        ValueError: it is no such JSON, a label is not a class number, or it lists an image that is not there.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON: {error}") from None
    rows = content.get("labels", False) if isinstance(content, dict) else False
    if rows is None:
        return {}
    if not isinstance(rows, list):
        raise ValueError(f'{where} must be {{"labels": [[image, class number], ...]}} or {{"labels": null}}')
    labels: dict[str, int] = {}
    for row in rows:
        match row:
            case [str(name), int(label)] if 0 <= label < 2**63 and not isinstance(label, bool):
                labels[name] = label
            case _:
                raise ValueError(f"{where}: {row!r:.200} is not an image and its class number")
    for name in labels:
        if name not in names:
            raise ValueError(f"{where} has a label for {name!r}, but there is no such image")
    return labels
