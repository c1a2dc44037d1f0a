"""What was chosen for a run stays chosen: it depends on the moment's pace of the machine, and a run goes on."""

from __future__ import annotations

import json
from typing import Any

from samenoise.lab.own.choice import Choice
from samenoise.runs.address import Address, looked_at, open_store

__all__ = ["NAME", "keep", "kept"]

NAME = "own.json"


def kept(root: Address, asked: dict[str, Any]) -> Choice | None:
    """What was chosen for the run directory when the same was asked for; ``None`` where it was not."""
    try:
        content = looked_at(root).json(NAME)
    except (FileNotFoundError, ValueError):  # never chosen, or damaged
        return None
    if not isinstance(content, dict) or content.get("asked") != asked:
        return None
    return Choice(list(map(str, content["overrides"])), list(map(str, content["reasons"])))


def keep(root: Address, asked: dict[str, Any], choice: Choice) -> None:
    """Write it into the run directory, which is made."""
    content = {"asked": asked, **choice._asdict()}
    open_store(root).shared.write(NAME, json.dumps(content, indent=1).encode() + b"\n")
