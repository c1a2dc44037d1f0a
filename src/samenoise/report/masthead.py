"""What a run is of, for the head of its page: which pictures, how many, and how they look to the networks."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from samenoise.lab.run_files import Run

__all__ = ["pictures"]

COLOURS = {1: "grey", 3: "colour"}


def pictures(run: Run) -> str:
    """Such as ``2,496 pictures of clipart, 4 left out, 8 × 8 pixels in grey``; what is not known is left away, and what
    is there is not trusted: anybody may have written it."""
    data: Any = run.manifest.get("data")
    known: dict[str, Any] = data if isinstance(data, dict) else {}
    count, name, skipped = known.get("images"), known.get("name"), known.get("skipped")
    said = []
    if isinstance(count, int) and isinstance(name, str):
        said.append(f"{count:,} pictures of {PurePath(name).name or name}")
        if isinstance(skipped, list) and skipped:
            said.append(f"{len(skipped):,} left out")
    if run.grid is not None:
        channels, height, width = run.grid.images.shape[-3:]
        said.append(f"{width} × {height} pixels{f' in {COLOURS[channels]}' if channels in COLOURS else ''}")
    return ", ".join(said)
