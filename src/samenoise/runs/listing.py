"""What is in a folder of runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samenoise.runs.store import Store

__all__ = ["listing"]


def listing(root: Path) -> Iterator[dict[str, Any]]:
    """Each run directory at or directly under ``root``: its results by folder, bytes, worker seconds and state."""
    places = [root, *sorted(p for p in root.iterdir() if p.is_dir())] if root.is_dir() else []
    for place in places:
        if not (place / "store.json").exists():
            continue
        sealed = list(Store(place).sealed())
        folders = {"train": "models", "data": "data", "sample": "samples", "features": "features"}
        yield {
            "path": str(place),
            "results": dict(Counter(folders.get(each["kind"], "scores") for each in sealed)),
            "bytes": sum(p.stat().st_size for p in place.rglob("*") if p.is_file()),
            "seconds": round(sum(each["seconds"] for each in sealed), 1),
            "state": _state(place / "scores.json"),
        }


def _state(scores: Path) -> str:
    try:
        return "finished" if json.loads(scores.read_bytes())["scores"] else "damaged"
    except FileNotFoundError:
        return "unfinished"
    except (ValueError, KeyError, TypeError):
        return "damaged"
