"""What the terminal prints of ``inverse``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from samenoise.experiments.inverse.series import KINS, by_task, families, mean, pairs
from samenoise.lab.run_files import Row
from samenoise.report.tables import hundredths, new_table
from samenoise.report.wording import value_of

__all__ = ["table"]


def table(rows: Sequence[Row]) -> Table:
    """One line for each task: mean RP by how two models are related, and of other noises; the gap; PSNR; misfit."""
    drawn = new_table("task")
    drawn.columns[0].justify = "left"
    for head in ("seed", "family", "across", "other noise", "gap", "PSNR", "misfit"):
        drawn.add_column(head, justify="right", no_wrap=True)
    others, gaps = by_task(rows, "rp_other_noise"), families(rows)
    images = [by_task(rows, metric) for metric in ("psnr", "misfit")]
    for task, kins in pairs(rows).items():
        cells = [hundredths(mean(kins[kin]) if kins[kin] else None) for kin in KINS]
        cells.append(hundredths(mean(others[task]) if task in others else None))
        cells.append(f"{value_of(gaps[task]):.2f}" if task in gaps else "–")
        for digits, found in zip((1, 2), images, strict=True):
            cells.append(f"{mean(found[task]):.{digits}f}" if task in found else "–")
        drawn.add_row(task, *cells)
    return drawn
