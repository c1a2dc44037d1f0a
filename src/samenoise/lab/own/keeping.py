"""What was seen and chosen for a run is kept in its directory.

own.json            what was chosen: it depends on the moment's pace of the machine, and a run goes on
own-pictures.json   what the pictures are: another budget is another choice among the same ones, and they are many
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from samenoise.lab.own.choice import Choice
from samenoise.lab.own.looking import Look
from samenoise.runs.address import Address, looked_at, open_store

__all__ = ["NAME", "keep", "keep_look", "kept", "kept_look"]

NAME = "own.json"
PICTURES = "own-pictures.json"


def kept(root: Address, asked: dict[str, Any]) -> Choice | None:
    """What was chosen for the run directory when the same was asked for; ``None`` where it was not."""
    content = _read(root, NAME)
    if content.get("asked") != asked:
        return None
    return Choice(list(map(str, content["overrides"])), list(map(str, content["reasons"])))


def keep(root: Address, asked: dict[str, Any], choice: Choice) -> None:
    """Write it into the run directory, which is made."""
    _write(root, NAME, {"asked": asked, **choice._asdict()})


def kept_look(root: Address, path: str, files: str) -> Look | None:
    """What was seen at a path, for the run directory, when its files were the same; ``None`` where they were not.

    Args:
        files: as :func:`~samenoise.lab.own.looking.stamped` tells them.
    """
    content = _read(root, PICTURES)
    if not files or content.get("files") != files:
        return None
    seen = Look(**content["look"])
    return seen if seen.path == path else None


def keep_look(root: Address, files: str, seen: Look) -> None:
    """Write it into the run directory, which is made."""
    _write(root, PICTURES, {"files": files, "look": asdict(seen)})


def _read(root: Address, name: str) -> dict[str, Any]:
    try:
        content = looked_at(root).json(name)
    except (FileNotFoundError, ValueError):  # never written, or damaged
        return {}
    return content if isinstance(content, dict) else {}


def _write(root: Address, name: str, content: dict[str, Any]) -> None:
    open_store(root).shared.write(name, json.dumps(content, indent=1).encode() + b"\n")
