"""Read a data set on disk into an image set, whichever of the known forms it has."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
import torch
from PIL import Image

from samenoise.data.archive import archive_files
from samenoise.data.cifar import cifar_classes, cifar_files, read_cifar
from samenoise.data.decode import BadImageError, ImageFile, fit
from samenoise.data.folder import folder_files
from samenoise.data.idx import idx_files, read_idx_images
from samenoise.data.sources import ImageSet

__all__ = ["ReadResult", "Skipped", "read"]

T = TypeVar("T")

KNOWN = (
    "IDX files (train-images-idx3-ubyte, .gz or not), CIFAR-10 batches (data_batch_1.bin), "
    "a zip archive with images, or a folder with images (png, jpg, jpeg, bmp, gif, webp)"
)
PATIENCE = 2.0  # seconds of work before a progress bar shows


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

    Args:
        path: the folder, the archive, or one IDX or CIFAR file of several.
        size: side of the images: the largest centred square, resized (:func:`~samenoise.data.decode.fit`). ``None``
            keeps them as they are, and then all must have one size.
        channels: 1 or 3. ``None``: 1 where all are grey, else 3.
        on_bad: "refuse" raises at the first bad image file; "skip" leaves such files out and lists them.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: nothing there can be read, a file is damaged, an image is bad, or sizes differ and none is given.
    """
    path = Path(path)
    if size is not None and size < 1:
        raise ValueError(f"the size of an image is at least 1, got {size}")
    if channels not in (None, 1, 3):
        raise ValueError(f"an image has 1 or 3 channels, got {channels}")
    if on_bad not in ("refuse", "skip"):
        raise ValueError(f'on_bad is "refuse" or "skip", got {on_bad!r}')
    if not (path.is_file() or path.is_dir()):
        raise FileNotFoundError(f"there is no file or folder {path}")

    name = path.resolve().stem if path.is_file() else path.resolve().name
    if idx := idx_files(path):
        return ReadResult(_from_arrays(name, [read_idx_images(file) for file in idx], size, channels), [])
    if batches := cifar_files(path):
        images = _from_arrays(name, [read_cifar(file) for file in batches], size, channels)
        return ReadResult(images, [], cifar_classes(batches[0].parent))
    if path.is_dir():
        files, classes = folder_files(path)
        if files:
            return _from_files(path, name, files, size, channels, on_bad, classes)
    elif is_zipfile(path):
        try:
            with ZipFile(path) as archive:
                if files := archive_files(archive):
                    return _from_files(path, name, files, size, channels, on_bad)
        except BadZipFile as error:
            raise ValueError(f"{path} is a damaged zip archive: {error}") from error
    raise ValueError(f"{path} holds nothing that can be read; looked for {KNOWN}")


def _from_files(
    path: Path,
    name: str,
    files: list[ImageFile],
    size: int | None,
    channels: int | None,
    on_bad: str,
    classes: tuple[str, ...] = (),
) -> ReadResult:
    """Decode the files in their order."""
    good: list[ImageFile] = []
    pictures: list[np.ndarray] = []
    skipped: list[Skipped] = []
    for file in _tracked(files):
        try:
            picture = file.pixels(size, channels)
        except BadImageError as error:
            bad = Skipped(file.name, str(error))
            if on_bad == "refuse":
                raise ValueError(f'{path}: {bad}; on_bad="skip" leaves such files out') from error
            skipped.append(bad)
            continue
        good.append(file)
        pictures.append(picture[None])
        if picture.shape[1:] != pictures[0].shape[2:]:
            (h, w), (h0, w0) = picture.shape[1:], pictures[0].shape[2:]
            raise ValueError(
                f"{path}: the images differ in size, {good[0].name!r} is {w0} x {h0} and {file.name!r} {w} x {h} "
                "pixels; give the size they shall have"
            )
    if not pictures:
        raise ValueError(f"{path}: no image is left, {len(skipped)} are bad; the first: {skipped[0]}")
    labels = np.array([file.label for file in good], dtype=np.int64)
    return ReadResult(_image_set(name, pictures, labels), skipped, classes)


def _from_arrays(
    name: str, parts: list[tuple[np.ndarray, np.ndarray]], size: int | None, channels: int | None
) -> ImageSet:
    """Join pixels and labels of several files, fitted where that changes anything."""
    blocks = []
    for pixels, _ in parts:
        c, h, w = pixels.shape[1:]
        if size in (None, h) and (size is None or h == w) and channels in (None, c):
            blocks.append(pixels)
        else:
            rows = [Image.fromarray(p[0] if c == 1 else np.ascontiguousarray(p.transpose(1, 2, 0))) for p in pixels]
            blocks += [fit(row, size, channels)[None] for row in _tracked(rows)]
    if len(shapes := sorted({block.shape[2:] for block in blocks})) > 1:
        raise ValueError(f"{name}: images of {shapes[0]} and of {shapes[1]} pixels; give the size they shall have")
    return _image_set(name, blocks, np.concatenate([labels for _, labels in parts]))


def _image_set(name: str, blocks: list[np.ndarray], labels: np.ndarray) -> ImageSet:
    """Blocks ``(k, c, h, w)`` of values 0..255 as one image set; grey becomes colour where others are in colour."""
    c = max(block.shape[1] for block in blocks)
    images = torch.empty(len(labels), c, *blocks[0].shape[2:])
    start = 0
    for block in blocks:
        images[start : start + len(block)] = torch.from_numpy(block).to(torch.float32).div_(127.5).sub_(1)
        start += len(block)
    return ImageSet(name, images, torch.from_numpy(labels))


def _tracked(work: Sequence[T]) -> Iterator[T]:
    """The same things in turn, with a progress bar on stderr once they have taken a while."""
    from rich.console import Console
    from rich.progress import Progress

    bar, start = Progress(console=Console(stderr=True)), time.monotonic()
    task = bar.add_task("read", total=len(work))
    shown = False
    try:
        for done, thing in enumerate(work):
            if not shown and time.monotonic() - start > PATIENCE:
                bar.start()
                shown = True
            if shown:
                bar.update(task, completed=done)
            yield thing
        bar.update(task, completed=len(work))
    finally:
        if shown:
            bar.stop()
