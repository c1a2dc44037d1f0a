"""A run for the terminal: its findings in sentences, and a table by training size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from samenoise.report.headlines import headlines
from samenoise.report.run_files import Score, read_run

__all__ = ["summary"]

COLUMNS = ("rp", "rp_teacher", "rp_split", "rp_optimum", "memorized", "memorized_heldout", "e_gen", "e_mem")


def summary(run_dir: Path) -> Iterator[RenderableType]:
    """What to print of a run directory."""
    scores = read_run(run_dir).scores
    for headline in headlines(scores):
        yield Text.assemble((f"\n{headline.title}. ", "bold"), " ".join(headline.sentences))
    table = Table(box=None, padding=(0, 2, 0, 0), title="\nscore by number of training images, floor in brackets")
    table.title_justify = "left"
    table.add_column("metric", style="bold")
    table.add_column("between")
    sizes = sorted({s.n_train for s in scores if s.n_train is not None})
    for n in sizes:
        table.add_column(f"{n:,}", justify="right")
    lines: dict[tuple[str, str, str], dict[int, Score]] = {}
    for metric in COLUMNS:
        for s in scores:
            if s.metric == metric and s.n_train is not None:
                lines.setdefault((s.metric, s.a, s.b), {})[s.n_train] = s
    for (metric, a, b), at in lines.items():
        table.add_row(metric, f"{a}, {b}", *[_cell(at.get(n)) for n in sizes])
    yield table


def _cell(score: Score | None) -> str:
    if score is None or score.value is None:
        return "–"
    floor = "" if score.floor is None else f" [dim]({score.floor:.2f})[/]"
    return f"{score.value:.2f}{floor}"
