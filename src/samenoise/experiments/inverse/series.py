"""The rows of ``inverse`` as findings and figures read them: by task, without models that draw no pictures."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.report.pictures import draw_nothing
from samenoise.report.wording import value_of

__all__ = ["KINS", "NOTHING", "TASKS", "by_task", "families", "mean", "pairs", "task_name"]

NOTHING = "none"
TASKS = {
    NOTHING: "nothing measured",
    "box": "box inpainting",
    "random": "inpainting of random pixels",
    "pool": "super-resolution",
    "blur": "Gaussian deblurring",
    "motion": "motion deblurring",
    "sensing": "compressed sensing",
}
"""Task in the rows -> its name in sentences."""
KINS = {"seed": "another seed", "family": "one family", "across": "two families"}
"""How two models are related -> its name in figures."""


def task_name(task: str) -> str:
    """In the middle of a sentence."""
    return TASKS.get(task, task)


def by_task(scores: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Rows of a metric, apart for each task, in the order of the run; those of models that draw no pictures are left
    out."""
    nothing, found = draw_nothing(scores, "inverse"), dict[str, list[Row]]()
    for s in select(scores, "inverse", metric):
        if s.a not in nothing and s.b not in nothing:
            found.setdefault(s.tag("task"), []).append(s)
    return found


def pairs(scores: Sequence[Row]) -> dict[str, dict[str, list[Row]]]:
    """RP by task and by how two models are related."""
    return {
        task: {kin: [s for s in rows if s.tag("kin") == kin] for kin in KINS}
        for task, rows in by_task(scores, "rp").items()
    }


def families(scores: Sequence[Row]) -> dict[str, Row]:
    """The gap between families, by task."""
    return {s.tag("task"): s for s in select(scores, "inverse", "rp_family_gap")}


def mean(rows: Sequence[Row]) -> float:
    """Of the values."""
    return sum(map(value_of, rows)) / len(rows)
