"""The two contracts of what comes from outside, and the checks that both share.

Noise is float32 of shape ``(n, *shape)``. Images are float32 in [-1, 1] or uint8 levels 0 .. 255, of shape
``(n, c, h, w)``. Everything here is NumPy, so that it runs wherever a generator does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

__all__ = ["Condition", "Model", "OutsideError", "Pictures", "as_images", "classes"]

Condition = str | int
"""A prompt or a class label."""


class OutsideError(ValueError):
    """Something from outside cannot be used, in one sentence.

    Attributes:
        code: the exit code of the command line: 2 where the user named something wrong, 1 where a generator failed.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Model(Protocol):
    """What draws images from noise."""

    shape: tuple[int, ...] | None
    """Shape of the noise it takes; ``None`` where it does not say."""
    about: dict[str, Any]
    """What it is and how it draws, as JSON."""

    def draw(
        self,
        noise: np.ndarray,
        conditions: Sequence[Condition] | None = None,
        threads: int | None = None,
    ) -> np.ndarray:
        """Images of a batch of noises, in their order.

        Args:
            noise: float32, shape ``(n, *shape)``.
            conditions: a prompt or a class label for each; ``None`` for a generator that takes none.
            threads: of the CPU, where it can be told.
        """


class Pictures(Protocol):
    """Images that exist already."""

    ids: list[int]
    """Numbers of their noises, each once."""
    groups: list[str] | None
    """The prompt or class of each, where a table says so."""
    bank: str | None
    """Hash of the noise bank, where a file says so."""
    about: dict[str, Any]
    """What they are, as JSON."""

    def __iter__(self) -> Iterator[tuple[list[int], np.ndarray]]:
        """All of them once, some at a time: ids and images."""


def classes(conditions: Sequence[Condition], who: str) -> list[int]:
    """Conditions as class labels.

    Raises:
        OutsideError: they are prompts; ``who`` names what was given them.
    """
    try:
        return [int(each) for each in conditions]
    except ValueError:
        raise OutsideError(f"{who} takes classes, which are whole numbers (--classes 0-9)") from None


def as_images(result: Any, count: int, who: str) -> np.ndarray:
    """What a generator returned, as ``count`` images.

    NumPy and torch arrays of floats in [-1, 1] with channels first, of levels (uint8) with channels first or last, and
    lists of PIL images.

    Raises:
        OutsideError: it is none of these, or of another count; ``who`` names it.
    """
    if isinstance(result, (list, tuple)) and result and hasattr(result[0], "convert"):
        result = np.stack([np.asarray(image) for image in result])
    if hasattr(result, "detach"):
        result = result.detach().cpu()
        result = (result if str(result.dtype) == "torch.uint8" else result.float()).numpy()
    images = np.asarray(result)
    if images.dtype == np.uint8:
        images = images[..., None] if images.ndim == 3 else images
        if images.ndim == 4 and images.shape[-1] in (1, 3) and images.shape[1] not in (1, 3):
            images = images.transpose(0, 3, 1, 2)
    elif images.dtype.kind == "f":
        images = images.astype(np.float32, copy=False)
    else:
        what = images.dtype if hasattr(result, "dtype") else type(result).__name__
        raise OutsideError(f"{who} returned {what}: images are floats in [-1, 1], or uint8", 1)
    if images.ndim != 4 or len(images) != count or images.shape[1] not in (1, 3):
        raise OutsideError(
            f"{who} returned an array of shape {images.shape} for {count} noises: images have the shape "
            f"({count}, channels, height, width), with 1 or 3 channels",
            1,
        )
    return np.ascontiguousarray(images)
