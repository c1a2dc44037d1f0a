"""What is in a folder of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samenoise.runs.address import Address, looked_at, open_store
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.named import NamedFiles
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.store import MARKER, StoreError

__all__ = ["listing"]

FOLDERS = {"train": "models", "data": "data", "sample": "samples", "features": "features"}


def listing(root: Address, verify: bool = False) -> Iterator[dict[str, Any]]:
    """The run directory that ``root`` is, or each that is directly under it: results by folder, bytes, worker seconds
    and state. Nothing is changed.

    Args:
        verify: read every byte, and add under ``damaged`` what is wrong with which result.
    """
    for place in _run_directories(root):
        try:
            store = open_store(place, make=False)
        except StoreError:
            yield {"path": str(place), "results": {}, "bytes": 0, "seconds": 0.0, "state": "of another schema"}
            continue
        sealed = list(store.sealed())
        found: dict[str, Any] = {
            "path": str(place),
            "results": dict(Counter(FOLDERS.get(each.kind, "scores") for each in sealed)),
            "bytes": store.shared.size(""),
            "seconds": round(sum(each.seconds for each in sealed), 1),
            "state": _state(store.shared),
        }
        if verify:
            found["damaged"] = dict(store.verify())
        yield found


def _run_directories(root: Address) -> list[Address]:
    files = looked_at(root)
    if files.about(MARKER) is not None:
        return [root]
    if not isinstance(root, Path):
        return [files.where(name) for name in files.names() if files.about(f"{name}/{MARKER}") is not None]
    inside = sorted(root.iterdir()) if root.is_dir() else []
    return [place for place in inside if place.is_dir() and ReadTree(place).about(MARKER) is not None]


def _state(files: NamedFiles) -> str:
    try:
        return "finished" if files.json("scores.json")["scores"] else "damaged"
    except FileNotFoundError:
        return "unfinished"
    except (Unreadable, KeyError, TypeError):
        return "damaged"
