"""Images that exist, in every form that can be compared: a folder, a zip, Parquet, arrays."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image


def levels(n: int, shape: Sequence[int] = (3, 8, 8), seed: int = 0) -> np.ndarray:
    """Random pictures, uint8 of shape ``(n, c, h, w)``."""
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def png(image: np.ndarray) -> bytes:
    """A file of one picture, ``(c, h, w)``."""
    buffer = io.BytesIO()
    Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def names(count: int) -> list[str]:
    return [f"cat-5/img_{k:04}.png" for k in range(count)]


def folder(place: Path, images: np.ndarray, ids: Sequence[int] | None = None, bank: str | None = None) -> str:
    """A folder of files that are numbered by their noise."""
    place.mkdir(parents=True, exist_ok=True)
    for i, image in zip(range(len(images)) if ids is None else ids, images, strict=True):
        (place / f"img7_{i:05}.png").write_bytes(png(image))
    if bank is not None:
        (place / "noise.json").write_text(json.dumps({"bank": bank}))
    return str(place)


def archive(path: Path, members: Mapping[str, bytes | str]) -> str:
    """A zip of these members."""
    with ZipFile(path, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return str(path)


def parquet(path: Path, images: np.ndarray, ids: Sequence[int], groups: Sequence[str] = ()) -> str:
    """A table as Hugging Face's datasets has it."""
    import pyarrow
    from pyarrow.parquet import write_table

    columns = {"noise_id": list(ids), "image": [{"bytes": png(image), "path": None} for image in images]}
    columns |= {"group": list(groups)} if groups else {}
    write_table(pyarrow.table(columns), path)
    return str(path)


def read(pictures: object) -> tuple[list[int], np.ndarray]:
    """All images with their ids, in the order of the ids."""
    parts = list(pictures)  # type: ignore[call-overload]
    ids = [i for some, _ in parts for i in some]
    images = np.concatenate([images for _, images in parts])
    order = np.argsort(ids)
    return [ids[k] for k in order], images[order]
