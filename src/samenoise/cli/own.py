"""What ``samenoise run own`` does before all other runs: look at the pictures, and choose what fits the time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from samenoise.cli.shared import stop, tell

if TYPE_CHECKING:
    from samenoise.runs.address import Address

__all__ = ["chosen"]

BUDGET = "10m"
SECONDS = {"s": 1, "m": 60, "h": 3600}


def chosen(data: str | None, budget: str | None, root: Address, workers: int | None, dry_run: bool) -> list[str]:
    """Keys of the preset, ``key=value``, told on stderr with their reasons; those of last time where the same is asked
    of one run directory."""
    from samenoise.lab.own import choose, keep, keep_look, kept, kept_look, look, pace, stamped
    from samenoise.runs.busy import crowded
    from samenoise.runs.local import cores
    from samenoise.runs.progress import working

    if data is None:
        stop("say where your pictures are: samenoise run own --data FOLDER", 2)
    there = Path(data).expanduser()
    place = str(there.resolve()) if there.exists() else data
    seconds, processes, files = _seconds(budget or BUDGET), workers or cores(), stamped(place)
    asked = {"data": place, "files": files, "budget": seconds, "cores": processes}
    choice = kept(root, asked)
    if choice is None:
        seen = kept_look(root, place, files)
        if seen is None:
            seen = look(place)
            if not dry_run:
                keep_look(root, files, seen)
        tell(str(seen))
        with crowded(tell), working("timing a few updates of each network"):
            choice = choose(seen, pace, seconds, processes)
        if not dry_run:
            keep(root, asked, choice)
    for reason in choice.reasons:
        tell(reason)
    return choice.overrides


def _seconds(budget: str) -> int:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smh]?)", budget)
    if not found or not float(found[1]):
        stop(f"--budget is a time such as 10m or 2h, got {budget!r}", 2)
    return round(float(found[1]) * SECONDS[found[2] or "m"])
