"""The maps of a run, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samenoise.lab.json_values import labelled, listed, text

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
        """From ``maps.json`` and the arrays of ``maps.safetensors``.

        Raises:
            LookupError, TypeError, ValueError: they are none, or do not belong together.
        """
        rows, sheets = ([labelled(each) for each in listed(about[key])] for key in ("rows", "sheets"))
        columns, marked = int(about["columns"]), tuple(int(i) for i in listed(about["marked"]))
        P, R = len(sheets), len(rows)
        S, c, h, w = arrays["images"].shape[2:]
        shapes = {
            "images": (np.uint8, (P, R, S, c, h, w)),
            "nearest": (np.int64, (P, R, S)),
            "similarity": (np.float32, (P, R, S)),
        }
        for name, (dtype, shape) in shapes.items():
            if (arrays[name].dtype, arrays[name].shape) != (dtype, shape):
                raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}, not {shape}")
        if c not in (1, 3) or not arrays["images"].size:
            raise ValueError(f"the pictures have {c} channels and {h} x {w} pixels")
        if columns < 1 or S % columns or not marked or not all(0 <= place < S for place in marked):
            raise ValueError(f"{S} places in {columns} columns, of which {marked} are marked")
        if arrays["nearest"].max() >= len(marked):
            raise ValueError(f"places belong to more than the {len(marked)} marked ones")
        return cls(
            images=arrays["images"],
            nearest=arrays["nearest"],
            similarity=arrays["similarity"],
            feature=text(about["feature"]),
            columns=columns,
            marked=marked,
            rows=tuple(rows),
            sheets=tuple(sheets),
        )
