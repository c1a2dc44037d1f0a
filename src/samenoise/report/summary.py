"""A run for the terminal: its findings in sentences, and a table for each kind of experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from samenoise.report.dynamics_headlines import times
from samenoise.report.headlines import headlines
from samenoise.report.matrix_headlines import models
from samenoise.report.run_files import BY_SIZE, Row, read_run, select
from samenoise.report.solver_headlines import SOLVER_NAMES, along_nfe

__all__ = ["summary"]

COLUMNS = ("rp", "rp_teacher", "rp_split", "rp_optimum", "memorized", "memorized_heldout", "e_gen", "e_mem")
HEADS = {"rp": "RP", "rp_teacher": "truth", "rp_split": "split", "rp_optimum": "optim.", "memorized": "copied"}
HEADS |= {"memorized_heldout": "copied", "e_gen": "E_gen", "e_mem": "E_mem"}


def summary(run_dir: Path, width: int = 80) -> Iterator[RenderableType]:
    """What to print of a run directory: its findings, then what its experiments have in figures.

    At most 80 characters wide for two widths. A matrix that is wider than ``width`` becomes one line for each model.
    """
    rows = read_run(run_dir).scores
    for headline in headlines(rows):
        yield Text.assemble((f"{headline.title}. ", "bold"), " ".join(headline.sentences), "\n")
    for table in (_by_size(rows), _matrix(rows, width), _solvers(rows), _dynamics(rows)):
        if table.row_count:
            yield table


def _by_size(rows: Sequence[Row]) -> Table:
    """One line for each training size."""
    table = _table("N")
    lines: dict[tuple[str, str, str], dict[int, Row]] = {}
    for metric in COLUMNS:
        for row in rows:
            if row.experiment in BY_SIZE and row.metric == metric and row.n_train is not None:
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
    return table


def _matrix(rows: Sequence[Row], width: int) -> Table:
    """RP of every pair, each once, under the numbers of the models; and beside it RP with the closed forms."""
    names = models(rows)
    pairs = {(s.a, s.b): s for s in select(rows, "matrix", "rp")}
    beside = {(s.a, s.metric): s.value for s in rows if s.experiment == "matrix"}
    if max(map(len, names), default=0) + 4 * len(names) + 12 > width:
        return _each_model(names, list(pairs.values()), beside)
    table = _table("", gap=1)
    table.add_column("RP", no_wrap=True, overflow="ellipsis")
    for number in range(1, len(names)):
        table.add_column(str(number), justify="right", no_wrap=True)
    table.add_column("Gauss", justify="right", style="dim", no_wrap=True)
    table.add_column("optim", justify="right", style="dim", no_wrap=True)
    for i, name in enumerate(names):
        known = [pairs.get((other, name), pairs.get((name, other))) for other in names[:i]]
        agree = [_hundredths(None if s is None else s.value) for s in known] + [""] * (len(names) - 1 - i)
        sides = [_hundredths(beside.get((name, metric))) for metric in ("rp_gaussian", "rp_optimum")]
        table.add_row(str(i + 1), name, *agree[: len(names) - 1], *sides)
    return table


def _each_model(names: Sequence[str], pairs: Sequence[Row], beside: Mapping[tuple[str, str], float | None]) -> Table:
    """One line for each model: RP with all others together, with the nearest and the farthest, and the closed forms."""
    table = _table("RP of", gap=2)
    table.columns[0].justify = "left"
    for head in ("mean", "most, with", "least, with"):
        table.add_column(head, no_wrap=True, overflow="ellipsis")
    for head in ("Gauss", "optim"):
        table.add_column(head, justify="right", style="dim", no_wrap=True)
    for name in names:
        found = sorted((s.value or 0.0, s.b if s.a == name else s.a) for s in pairs if name in (s.a, s.b))
        ends = [f"{_hundredths(value)} {other}" for value, other in (found[-1], found[0])]
        sides = [_hundredths(beside.get((name, metric))) for metric in ("rp_gaussian", "rp_optimum")]
        table.add_row(name, _hundredths(sum(v for v, _ in found) / len(found)), *ends, *sides)
    return table


def _solvers(rows: Sequence[Row]) -> Table:
    """One line for each solver and grid: how near each model is to its finest grid."""
    table = _table("NFE")
    shares, distances = along_nfe(rows, "rp_reference"), along_nfe(rows, "pfd_reference")
    names = list(dict.fromkeys(model for _, model in [*shares, *distances]))
    table.add_column("solver")
    for metric in ("RP", "PFD"):
        for model in names:
            table.add_column(f"{metric}, {model}", justify="right")
    at = {(s.solver, s.nfe, s.metric, s.a): s.value for line in [*shares.values(), *distances.values()] for s in line}
    for solver, nfe in dict.fromkeys((solver, nfe) for solver, nfe, _, _ in at):
        found = [at.get((solver, nfe, metric, a)) for metric in ("rp_reference", "pfd_reference") for a in names]
        cells = ["–" if v is None else f"{v:.2f}" if k < len(names) else f"{v:.2g}" for k, v in enumerate(found)]
        table.add_row(str(nfe), SOLVER_NAMES.get(solver or "", solver), *cells)
    return table


def _dynamics(rows: Sequence[Row]) -> Table:
    """One line for each training size: the updates after which each network generalizes, and copies."""
    table = _table("N")
    early, late = times(rows, "generalization_time"), times(rows, "memorization_time")
    names = list(dict.fromkeys([*early, *late]))
    for name in names:
        for what in ("generalizes", "copies"):
            table.add_column(f"{what}\n{_short(name)}", justify="right")
    at = {(s.a, s.n_train, s.metric): s.value for lines in (early, late) for line in lines.values() for s in line}
    for n in sorted({n for _, n, _ in at if n is not None}):
        found = [at.get((a, n, metric)) for a in names for metric in ("generalization_time", "memorization_time")]
        table.add_row(str(n), *("–" if v is None else f"{v:g}" for v in found))
    return table


def _table(head: str, gap: int = 2) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False)
    table.add_column(head, justify="right", style="bold", no_wrap=True)
    return table


def _hundredths(value: float | None) -> str:
    """Three characters: .07, or 1.0."""
    return "–" if value is None else "1.0" if value == 1 else f"{min(value, 0.99):.2f}"[1:]


def _short(name: str) -> str:
    return name.removeprefix("mlp-").removesuffix("/a")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
