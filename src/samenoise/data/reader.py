"""Read a data set on disk into an image set, whichever of the known forms it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple
from zipfile import is_zipfile

import numpy as np
import torch
from PIL import Image

from samenoise.checks import one_of
from samenoise.data.archive import archive_files, opened_archive
from samenoise.data.cifar import cifar_classes, cifar_files, read_cifar
from samenoise.data.decode import BadImageError, ImageFile, fit, require_fit
from samenoise.data.files import placed
from samenoise.data.folder import folder_files
from samenoise.data.idx import idx_files, read_idx_images
from samenoise.data.limits import MAX_SET, too_many
from samenoise.data.records import Records
from samenoise.data.sources import ImageSet
from samenoise.data.stack import Stack
from samenoise.data.tracked import tracked

__all__ = ["ReadResult", "Skipped", "from_files", "read", "require_options"]

KNOWN = (
    "IDX files (train-images-idx3-ubyte, .gz or not), CIFAR-10 batches (data_batch_1.bin), "
    "a zip archive with images, or a folder with images (png, jpg, jpeg, bmp, gif, webp)"
)


class Skipped(NamedTuple):
    """A file that was left out: its path within the data set as it is on disk, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name!r} {self.reason}"  # names may hold anything, control characters too


@dataclass(frozen=True)
class ReadResult:
    """An image set, the files left out of it in the order of their paths, and the class names where they are known."""

    images: ImageSet
    skipped: list[Skipped]
    classes: tuple[str, ...] = ()


def read(
    path: str | Path,
    size: int | None = None,
    channels: Literal[1, 3] | None = None,
    on_bad: Literal["refuse", "skip"] = "refuse",
) -> ReadResult:
    """Read IDX files, CIFAR-10 batches, a zip archive or a folder of images; what is there says which.

    Memory is that of the set in float32 and of one image while it is decoded, and :mod:`samenoise.data.limits` bounds
    both.

    Args:
        path: the folder, the archive, or one IDX or CIFAR file of several; ``~`` is the home folder.
        size: side of the images: the largest centred square, resized (:func:`~samenoise.data.decode.fit`). ``None``
            keeps them as they are, and then all must have one size.
        channels: 1 or 3. ``None``: 1 where all are grey, else 3.
        on_bad: "refuse" raises at the first bad image file; "skip" leaves such files out and lists them. Only what is
            wrong with a file makes it bad: that there is no memory, or no permission, is an error either way.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: nothing there can be read, a file is damaged, an image is bad, sizes differ and none is given, or
            there is more than the limits allow.
        MemoryError: there is not the memory for the set, or for one image.
    """
    path = placed(path)
    require_options(size, channels, on_bad)
    if not (path.is_file() or path.is_dir()):
        raise FileNotFoundError(f"there is no file or folder {path}")

    name = path.resolve().stem if path.is_file() else path.resolve().name
    try:
        return _read(path, name, size, channels, on_bad)
    except OSError as error:
        raise ValueError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error


def require_options(size: int | None, channels: int | None, on_bad: str) -> None:
    """Raise unless these options mean something; see :func:`read`."""
    require_fit(size, channels)
    one_of(on_bad, "on_bad", ("refuse", "skip"))


def _read(path: Path, name: str, size: int | None, channels: int | None, on_bad: str) -> ReadResult:
    if idx := idx_files(path):
        return ReadResult(_from_arrays(name, [read_idx_images(file) for file in idx], size, channels), [])
    if batches := cifar_files(path):
        images = _from_arrays(name, [read_cifar(file) for file in batches], size, channels)
        return ReadResult(images, [], cifar_classes(batches[0].parent))
    if path.is_dir():
        files, classes = folder_files(path)
        if files:
            return from_files(path, name, files, size, channels, on_bad, classes)
    elif is_zipfile(path):
        with opened_archive(path) as archive:
            if files := archive_files(archive):
                return from_files(path, name, files, size, channels, on_bad)
    raise ValueError(f"{path} holds nothing that can be read; looked for {KNOWN}")


def from_files(
    path: Path,
    name: str,
    files: list[ImageFile],
    size: int | None,
    channels: int | None,
    on_bad: str,
    classes: tuple[str, ...] = (),
) -> ReadResult:
    """Decode the files in their order; options as of :func:`read`."""
    good: list[ImageFile] = []
    stack = Stack(len(files))
    skipped: list[Skipped] = []
    for file in tracked(files, len(files)):
        try:
            picture = file.pixels(size, channels)
        except BadImageError as error:
            bad = Skipped(file.name, str(error))
            if on_bad == "refuse":
                raise ValueError(f'{path}: {bad}; on_bad="skip" leaves such files out') from error
            skipped.append(bad)
            continue
        good.append(file)
        if stack.shape and picture.shape[1:] != stack.shape[1:]:
            (h, w), (h0, w0) = picture.shape[1:], stack.shape[1:]
            raise ValueError(
                f"{path}: the images differ in size, {good[0].name!r} is {w0} x {h0} and {file.name!r} {w} x {h} "
                "pixels; give the size they shall have"
            )
        stack.add(picture[None])
    if not good:
        raise ValueError(f"{path}: no image is left, {len(skipped)} are bad; the first: {skipped[0]}")
    labels = torch.tensor([file.label for file in good], dtype=torch.int64)
    return ReadResult(ImageSet(name, stack.images(), labels), skipped, classes)


def _from_arrays(name: str, parts: list[Records], size: int | None, channels: int | None) -> ImageSet:
    """Join pixels and labels of several files, fitted where that changes anything."""
    if size is None and len(shapes := sorted({part.shape[1:] for part in parts})) > 1:
        raise ValueError(f"{name}: images of {shapes[0]} and of {shapes[1]} pixels; give the size they shall have")
    c = channels or max(part.shape[0] for part in parts)
    shape = (c, *(parts[0].shape[1:] if size is None else (size, size)))
    if (count := sum(part.count for part in parts)) * (4 * int(np.prod(shape)) + 8) > MAX_SET:
        raise too_many(count, shape)
    stack = Stack(sum(part.most for part in parts))
    labels: list[np.ndarray] = []
    for part in parts:
        as_it_is = part.shape[1:] == shape[1:] and channels in (None, part.shape[0])
        blocks = _labelled(part, labels)
        if as_it_is:
            for pixels in blocks:
                stack.add(pixels)
            continue
        for row in tracked(chain.from_iterable(blocks), part.count):
            image = Image.fromarray(row[0] if len(row) == 1 else np.ascontiguousarray(row.transpose(1, 2, 0)))
            stack.add(fit(image, size, channels)[None])
    return ImageSet(name, stack.images(), torch.from_numpy(np.concatenate(labels)))


def _labelled(part: Records, labels: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The pixels of every block; their labels go to ``labels``."""
    for pixels, numbers in part.blocks():
        labels.append(numbers)
        yield pixels
