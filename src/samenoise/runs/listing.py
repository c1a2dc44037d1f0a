"""What is in a folder of runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samenoise.runs.files import size_of
from samenoise.runs.store import Store

__all__ = ["listing"]


def listing(root: Path, verify: bool = False) -> Iterator[dict[str, Any]]:
    """Each run directory at or directly under ``root``: its results by folder, bytes, worker seconds and state.

    Args:
        verify: read every byte, and add under ``damaged`` what is wrong with which result.
    """
    places = [root, *sorted(p for p in root.iterdir() if p.is_dir())] if root.is_dir() else []
    for place in places:
        if not (place / "store.json").exists():
            continue
        store = Store(place)
        sealed = list(store.sealed())
        folders = {"train": "models", "data": "data", "sample": "samples", "features": "features"}
        found: dict[str, Any] = {
            "path": str(place),
            "results": dict(Counter(folders.get(str(each.get("kind")), "scores") for each in sealed)),
            "bytes": size_of(place),
            "seconds": round(sum(each.get("seconds", 0) for each in sealed), 1),
            "state": _state(place / "scores.json"),
        }
        if verify:
            found["damaged"] = {path.relative_to(place).as_posix(): reason for path, reason in store.verify()}
        yield found


def _state(scores: Path) -> str:
    try:
        return "finished" if json.loads(scores.read_bytes())["scores"] else "damaged"
    except FileNotFoundError:
        return "unfinished"
    except (ValueError, KeyError, TypeError):
        return "damaged"
