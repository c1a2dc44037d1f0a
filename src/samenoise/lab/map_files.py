"""The maps of a run, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Maps"]


@dataclass(frozen=True)
class Maps:
    """Pictures of R generators at S places of a sheet, for P sheets.

    Attributes:
        images: uint8, shape (P, R, S, channels, height, width).
        nearest: int64, shape (P, R, S): which of the marked places has the most similar picture; -1 where undefined.
        similarity: float32, shape (P, R, S): how similar it is; NaN where undefined.
        columns: places in a row of a sheet.
        marked: positions of the marked places.
        rows, sheets: dictionaries with at least ``label``; ``rows`` have a ``kind`` too.
    """

    images: NDArray[np.uint8]
    nearest: NDArray[np.int64]
    similarity: NDArray[np.float32]
    feature: str
    columns: int
    marked: tuple[int, ...]
    rows: tuple[Mapping[str, Any], ...]
    sheets: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, about: Mapping[str, Any], arrays: Mapping[str, Any]) -> Maps:
        """From ``maps.json`` and the arrays of ``maps.safetensors``."""
        return cls(
            images=arrays["images"],
            nearest=arrays["nearest"],
            similarity=arrays["similarity"],
            feature=str(about["feature"]),
            columns=int(about["columns"]),
            marked=tuple(int(i) for i in about["marked"]),
            rows=tuple(about["rows"]),
            sheets=tuple(about["sheets"]),
        )
