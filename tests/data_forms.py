"""Data sets written byte by byte in their published forms, and what their pixels become."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

RNG = np.random.default_rng(0)


def random_pixels(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def in_range(pixels: np.ndarray) -> torch.Tensor:
    """0..255 -> -1..1, by arithmetic of its own: (2 p - 255) / 255 in float64."""
    return torch.from_numpy((2 * pixels.astype(np.float64) - 255) / 255)


def assert_pixels(images: torch.Tensor, pixels: np.ndarray) -> None:
    """Every value within float32 of its place, so that rounding gives back every byte."""
    assert images.dtype == torch.float32
    torch.testing.assert_close(images.double(), in_range(pixels), rtol=0, atol=2e-7)


def encode(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """A lossless file of pixels ``(h, w)`` or ``(h, w, 3)``."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
