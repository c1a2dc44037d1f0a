"""Campaigns of harm: cases drawn by hypothesis from one area after the other, and what they found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import torch
from fuzz import arguments, comparisons, models, pictures, presets, run_directories
from hypothesis import HealthCheck, Phase, given, settings

__all__ = ["AREAS", "Report", "prepared", "tried"]

AREAS: dict[str, ModuleType] = {
    "run directories": run_directories,
    "presets": presets,
    "data sets": pictures,
    "models": models,
    "comparisons": comparisons,
    "arguments": arguments,
}
ROUND = 20


@dataclass
class Report:
    """What a campaign came to."""

    cases: int = 0
    found: list[str] = field(default_factory=list)


@contextmanager
def prepared(area: str, folder: Path) -> Iterator[tuple[Any, Path]]:
    """What the cases of an area need, and an empty folder for one at a time."""
    torch.set_num_threads(1)
    for name in ("made", "case"):
        (folder / name).mkdir(parents=True)
    with AREAS[area].ready(folder / "made") as it:
        yield it, folder / "case"


def tried(area: str, it: Any, folder: Path, examples: int, seed: int | None = None) -> int:
    """Try so many cases; without a seed the same every time. How many they were.

    Raises:
        AssertionError: one was not taken well; it is made as small as it can be, and told.
    """
    module, count = AREAS[area], 0

    def case_is_taken_well(case: Any) -> None:
        nonlocal count
        count += 1
        found = module.check(case, it, folder)
        assert not found, "\n".join(found)

    phases = [Phase.generate, Phase.shrink]
    checks = list(HealthCheck)
    run = settings(max_examples=examples, deadline=None, database=None, phases=phases, suppress_health_check=checks)
    wanted = settings(run, derandomize=True) if seed is None else settings(run, derandomize=False)
    test = wanted(given(module.cases)(case_is_taken_well))
    (test if seed is None else hypothesis.seed(seed)(test))()
    return count


def for_seconds(area: str, folder: Path, seconds: float, seed: int) -> Report:
    """Try cases for so long, other ones with every seed. What is found does not end it."""
    report, end = Report(), time.monotonic() + seconds
    with prepared(area, folder) as (it, empty):
        while time.monotonic() < end:
            try:
                report.cases += tried(area, it, empty, ROUND, seed)
            except* AssertionError as several:
                report.cases += ROUND
                for error in several.exceptions:
                    report.found.append(f"seed {seed}: {error}\n" + "\n".join(getattr(error, "__notes__", [])))
            seed += 1
    return report
