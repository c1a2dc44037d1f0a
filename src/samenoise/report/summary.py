"""A run for the terminal: its findings in sentences, and a table by training size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from samenoise.report.headlines import headlines
from samenoise.report.run_files import Row, read_run

__all__ = ["summary"]

COLUMNS = ("rp", "rp_teacher", "rp_split", "rp_optimum", "memorized", "memorized_heldout", "e_gen", "e_mem")
HEADS = {"rp": "RP", "rp_teacher": "truth", "rp_split": "split", "rp_optimum": "optim.", "memorized": "copied"}
HEADS |= {"memorized_heldout": "copied", "e_gen": "E_gen", "e_mem": "E_mem"}


def summary(run_dir: Path) -> Iterator[RenderableType]:
    """What to print of a run directory: one line for each training size, at most 80 characters for two widths."""
    rows = read_run(run_dir).scores
    for headline in headlines(rows):
        yield Text.assemble((f"{headline.title}. ", "bold"), " ".join(headline.sentences), "\n")
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("N", justify="right", style="bold")
    lines: dict[tuple[str, str, str], dict[int, Row]] = {}
    for metric in COLUMNS:
        for row in rows:
            if row.metric == metric and row.n_train is not None:
                lines.setdefault((row.metric, row.a, row.b), {})[row.n_train] = row
    pairs = sum(metric == "rp" for metric, _, _ in lines)
    for metric, a, b in lines:
        of = f"{_short(a)}:{_short(b)}" if metric == "rp" else "real" if metric == "memorized_heldout" else _short(a)
        table.add_column(f"{HEADS[metric]}\n{of}", justify="right")
        if metric == "rp" and pairs == 1:
            table.add_column("floor", justify="right", style="dim")
    for n in sorted({n for at in lines.values() for n in at}):
        cells = []
        for (metric, _, _), at in lines.items():
            cells.append(_number(at[n].value if n in at else None))
            if metric == "rp" and pairs == 1:
                cells.append(_number(at[n].floor if n in at else None))
        table.add_row(str(n), *cells)
    yield table


def _short(name: str) -> str:
    return name.removeprefix("mlp-").removesuffix("/a")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
