"""What a lock file holds, as it is written: whoever made it, each part is what it should be, or one sentence says which
is not. Its bytes and values are bounded, and so is what its thumbnails and sketches unpack to.
"""

from __future__ import annotations

import base64
import math
import zlib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from samenoise.comparison.sketch import SIDE
from samenoise.outside.base import OutsideError
from samenoise.outside.texts import json_of

__all__ = ["VERSION", "LockFile", "content_of", "packed", "unpacked"]

VERSION = 1
Number = Annotated[int, Field(ge=0, lt=2**63)]
Size = Annotated[int, Field(ge=1, le=2**20)]
Side = Annotated[int, Field(ge=1, le=SIDE)]
MOST = 2**28
"""Bytes of what is packed."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Noise(_Part):
    bank: str | None
    seed: Number
    shape: list[Size] | None
    ids: list[Number]


class _Images(_Part):
    shape: Annotated[list[Size], Field(min_length=3, max_length=3)]
    fingerprints: list[str]
    thumbnails: str
    thumbnail_shape: Annotated[list[Side], Field(min_length=3, max_length=3)]
    sketches: str


class _Way(_Part):
    """The generator against itself."""

    side: str
    way: str
    n: Number
    rp: Finite
    pfd: Finite
    psnr: Finite | None
    bit_equal: Finite


class _Check(_Part):
    """A check of the past."""

    date: str
    rp: Finite
    bit_equal: Finite
    pfd: Finite
    psnr: Finite | None
    rp_ci95: list[Finite]
    n: Number
    changed: dict[str, Annotated[list[Any], Field(min_length=2, max_length=2)]]
    worst_first: list[Number]


class LockFile(_Part):
    """The content of a lock file."""

    samenoise_lock: Annotated[int, Field(ge=VERSION, le=VERSION)]
    target: str
    noise: _Noise
    conditions: list[str | int] | None
    about: dict[str, Any]
    machine: dict[str, str]
    itself: list[_Way]
    images: _Images
    history: list[_Check]


def content_of(path: Path) -> LockFile:
    """The content of a lock file.

    Raises:
        OutsideError: it cannot be read, is damaged, or of another version.
    """
    content = json_of(path)
    version = content.get("samenoise_lock", VERSION)
    if type(version) is int and version != VERSION:
        raise OutsideError(f"{path} is a lock of version {version}; this one reads {VERSION}")
    try:
        found = LockFile.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise OutsideError(f"{path} is no lock of samenoise, or damaged ({where}: {problem['msg']})") from None
    c, h, w = found.images.shape
    if found.images.thumbnail_shape != [c, min(h, SIDE), min(w, SIDE)]:
        raise OutsideError(f"{path} is no lock of samenoise, or damaged (its thumbnails are not of its images)")
    if len(found.images.fingerprints) != len(found.noise.ids) or len(set(found.noise.ids)) != len(found.noise.ids):
        raise OutsideError(f"{path} is no lock of samenoise, or damaged (it has not one fingerprint for each noise)")
    return found


def packed(array: np.ndarray) -> str:
    """The bytes of an array, as text."""
    return base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()


def unpacked(text: str, dtype: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    """Float32 numbers, finite, and as many as they should be: no more is unpacked.

    Raises:
        OutsideError: they are not.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > MOST:
        raise OutsideError(f"{path} is no lock of samenoise, or damaged (it packs more than {MOST:,} bytes)")
    try:
        reader = zlib.decompressobj()
        data = reader.decompress(base64.b64decode(text, validate=True), size + 1)
    except (ValueError, zlib.error) as error:
        raise OutsideError(f"{path} is no lock of samenoise, or damaged ({error})") from None
    if len(data) != size or not reader.eof:
        raise OutsideError(f"{path} is no lock of samenoise, or damaged (its images are not as many as its noises)")
    found = np.frombuffer(data, dtype).astype(np.float32).reshape(shape)
    if not np.isfinite(found).all():
        raise OutsideError(f"{path} is no lock of samenoise, or damaged (it holds what is no number)")
    return found
