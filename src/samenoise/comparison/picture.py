"""The same-noise grid as a PNG: a row for each side, a column for each noise, and a row of differences.

The noises that differ most stand first. A difference is shown as grey where there is none, by how far a value lies
above or below that of the first side, stretched so that the largest of the picture is black or white; what the
stretch is stands beside it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from samenoise.comparison.result import Strip
from samenoise.runs.files import write_whole

__all__ = ["grid", "write"]

TILE = 96
"""Pixels that a picture is enlarged to, by a whole factor, or reduced to."""
GAP, LABEL = 4, 190


def write(path: Path, strip: Strip) -> None:
    """Write a strip of pictures as a PNG, whole or not at all."""
    write_whole(path, grid(strip))


def grid(strip: Strip) -> bytes:
    """PNG of a strip of pictures."""
    _, columns, _, h, w = strip.images.shape
    factor = max(1, TILE // max(h, w))
    tile = (w * factor, h * factor) if max(h, w) <= 2 * TILE else _reduced(w, h)
    rows: list[tuple[str, list[Image.Image]]] = []
    first = strip.images[0]
    for name, images in zip(strip.sides, strip.images, strict=True):
        rows.append((name, [_tile(image, tile) for image in images]))
        if images is not first and name != strip.sides[0]:
            difference = images - first
            largest = float(np.abs(difference).max())
            scale = 1 / largest if largest else 0.0
            says = f"less {strip.sides[0]}, " + (f"x {scale:.3g}" if largest else "equal")
            rows.append((says, [_tile(each * scale, tile) for each in difference]))
    width, height = LABEL + columns * (tile[0] + GAP), 20 + len(rows) * (tile[1] + GAP)
    sheet = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for k, i in enumerate(strip.ids):
        pen.text((LABEL + k * (tile[0] + GAP), 3), f"noise {i}", fill="black", font=font)
    for r, (label, tiles) in enumerate(rows):
        top = 20 + r * (tile[1] + GAP)
        for line, text in enumerate(_wrapped(label)):
            pen.text((4, top + 2 + 14 * line), text, fill="black", font=font)
        for k, each in enumerate(tiles):
            sheet.paste(each, (LABEL + k * (tile[0] + GAP), top))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _reduced(w: int, h: int) -> tuple[int, int]:
    scale = 2 * TILE / max(h, w)
    return max(1, round(w * scale)), max(1, round(h * scale))


def _tile(image: np.ndarray, size: tuple[int, int]) -> Image.Image:
    levels = ((np.nan_to_num(image).clip(-1, 1) + 1) * 127.5).round().astype(np.uint8)
    pixels = np.broadcast_to(levels, (3, *levels.shape[1:])).transpose(1, 2, 0)
    larger = size[0] >= pixels.shape[1]
    how = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, how)


def _wrapped(label: str, most: int = 28) -> Sequence[str]:
    return [label[k : k + most] for k in range(0, len(label), most)][:6]
