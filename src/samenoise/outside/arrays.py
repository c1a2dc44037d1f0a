"""Images in one array: ``.npy``, ``.safetensors`` with ``images`` (and ``ids``), samples of a run of samenoise.

Without ids, image ``k`` is of noise ``k``. Of which bank the noises are, the metadata of a ``.safetensors`` may say, as
``bank``; the file that ``samenoise noise`` writes has the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.outside.base import OutsideError, as_images
from samenoise.outside.numbers import MOST, checked_ids
from samenoise.outside.texts import json_of

__all__ = ["Array", "open"]

TOGETHER = 64


class Array:
    """Images of an array that is read as it is asked for."""

    def __init__(self, images: np.ndarray, ids: list[int] | None, bank: str | None, where: str) -> None:
        count = (len(images) if images.ndim else 0) if ids is None else len(ids)
        if images.ndim != 4 or len(images) != count:
            raise OutsideError(
                f"{where} holds an array of shape {tuple(images.shape)} for {count} noises: images have the shape "
                "(n, channels, height, width)"
            )
        if count > MOST:
            raise OutsideError(f"{where} has {count:,} images, more than {MOST:,}")
        self.images, self.bank, self.where = images, bank, where
        self.ids = list(range(count)) if ids is None else checked_ids(ids, where)
        self.groups: list[str] | None = None
        self.about: dict[str, Any] = {"kind": "arrays", "images": count}

    def __iter__(self) -> Iterator[tuple[list[int], np.ndarray]]:
        for start in range(0, len(self.ids), TOGETHER):
            ids = self.ids[start : start + TOGETHER]
            yield ids, as_images(self.images[start : start + TOGETHER], len(ids), self.where)


def open(target: str) -> Array:
    """The images of a file, or of a folder of samples in the store of a run.

    Raises:
        OutsideError: the file cannot be read, or holds no images.
    """
    path = Path(target)
    bank = None
    if path.is_dir():
        bank = _bank(path / "manifest.json")
        path = path / "samples.safetensors"
    if path.suffix.lower() == ".npy":
        try:
            images = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError, EOFError):  # what NumPy says of it is how to unpickle it
            raise OutsideError(f"{target} is no array of numbers in NumPy's format, or is damaged") from None
        return Array(images, None, bank, target)
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        with safe_open(path, framework="numpy") as file:
            bank = bank or (file.metadata() or {}).get("bank")
    except (SafetensorError, OSError, TypeError) as error:
        raise OutsideError(f"{target} cannot be read: {error}") from None
    if "images" not in tensors:
        raise OutsideError(f"{target} has no tensor `images`; it has {', '.join(sorted(tensors))}")
    images = tensors["images"]
    ids = tensors["ids"].reshape(-1).tolist() if "ids" in tensors else None
    return Array(images, ids, bank, target)


def _bank(manifest: Path) -> str | None:
    """The noise bank of samples of a run."""
    if not manifest.is_file():
        return None
    bank = json_of(manifest).get("bank")
    return None if bank is None else str(bank)
