"""What the experiment ``solvers`` found, in sentences: how few steps suffice, and what fresh noise does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, select
from samenoise.report import rounding as r
from samenoise.report.wording import apart, listed, low_end, value_of

__all__ = ["SOLVER_NAMES", "along_eta", "along_nfe", "convergence", "findings", "stochasticity"]

CONVERGED = 0.99
"""A solver has arrived where it draws the reference's picture for this share of the noises for which that can be."""

SOLVER_NAMES = {"ddim": "DDIM", "heun": "Heun", "dpmpp-2m": "DPM-Solver++(2M)"}
"""Names of the solvers in ``scores.json``, and in sentences and figures."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Solvers", convergence(scores))
    yield Finding("Fresh noise", stochasticity(scores))


def along_nfe(scores: Sequence[Row], metric: str) -> dict[tuple[str, str], list[Row]]:
    """(solver, model) -> the rows without fresh noise, by the number of network evaluations."""
    lines: dict[tuple[str, str], list[Row]] = {}
    for s in select(scores, "solvers", metric):
        if s.tag("solver") is not None and s.tag("nfe") is not None and not s.tag("eta"):
            lines.setdefault((s.tag("solver"), s.a), []).append(s)
    return {key: _ordered(rows, "nfe") for key, rows in sorted(lines.items())}


def along_eta(scores: Sequence[Row], metric: str) -> dict[tuple[str, str], list[Row]]:
    """(a, b) -> the rows of the solver and number of steps that were tried at several ``eta``, by ``eta``."""
    rows = [s for s in scores if s.experiment == "solvers" and s.tag("solver") is not None]
    stochastic = {(s.tag("solver"), s.tag("steps")) for s in rows if s.tag("eta")}
    lines: dict[tuple[str, str], list[Row]] = {}
    for s in select(rows, "solvers", metric):
        if (s.tag("solver"), s.tag("steps")) in stochastic:
            lines.setdefault((s.a, s.b), []).append(s)
    return {key: _ordered(points, "eta") for key, points in lines.items() if any(s.tag("eta") for s in points)}


def _ordered(rows: Sequence[Row], field: str) -> list[Row]:
    """By a field, each value once: a setting may be part of both sweeps, over the grids and over ``eta``."""
    return [row for _, row in sorted({s.tag(field) or 0: s for s in rows}.items())]


def convergence(scores: Sequence[Row]) -> list[str]:
    """For each solver: from how many evaluations on it draws the reference's picture, whichever the model."""
    lines = along_nfe(scores, "rp_reference")
    if not lines:
        return []
    arrived: list[tuple[int, str]] = []
    short = []
    for solver in dict.fromkeys(solver for solver, _ in lines):
        models = [rows for (name, _), rows in lines.items() if name == solver]
        name = SOLVER_NAMES.get(solver, solver)
        starts = [_arrival(rows) for rows in models]
        last = min((rows[-1] for rows in models), key=value_of)
        if None in starts:
            short.append(f"{name} (RP {r.at_most(value_of(last))} at {last.tag('nfe')})")
        else:
            arrived.append((max(start for start in starts if start is not None), name))
    rows = [s for points in lines.values() for s in points]
    floors = [s.floor for s in rows if s.floor is not None]
    floor = f" (floor at most {r.at_most(max(floors))})" if floors else ""
    of = "every model" if len({s.a for s in rows}) > 1 else rows[0].a
    sentences = []
    if arrived:
        said = [f"{name} from {nfe} evaluations of the network on" for nfe, name in sorted(arrived)]
        sentences.append(
            f"The same noise gives {of} the picture of the finest grid for {r.percent_at_least(CONVERGED)} of the "
            f"noises for which that is possible with {listed(said)}{floor}."
        )
    if short:
        sentences.append(f"Not within the grids tried: {listed(short)}{'' if arrived else floor}.")
    return sentences


def stochasticity(scores: Sequence[Row]) -> list[str]:
    """How RP changes with ``eta``: own fresh noise, and the same."""
    sentences = []
    shared = along_eta(scores, "rp_shared")
    for (a, b), points in along_eta(scores, "rp").items():
        first, last = points[0], points[-1]
        start = f"RP of {a} and {b} is {r.at_least(value_of(first))} at eta = {first.tag('eta'):g}"
        if apart(last, first):
            floor = "" if last.floor is None else f" (floor {r.at_most(last.floor)})"
            said = f"{start} and falls to {r.at_most(value_of(last))} at eta = {last.tag('eta'):g}{floor}"
        else:
            said = f"{start} and {value_of(last):.2f} at eta = {last.tag('eta'):g}, no fall beyond the intervals,"
        said += " where each draws fresh noise of its own"
        end = next((s for s in shared.get((a, b), []) if s.tag("eta") == last.tag("eta")), None)
        if end is None:
            sentences.append(f"{said}.")
            continue
        # At most what one exact denoiser comes to on the two grids: without it, grids would be read as models.
        beside = "" if end.ceiling is None else f" (ceiling {r.at_most(end.ceiling)})"
        if apart(last, end):
            sentences.append(f"{said}; with the same fresh noise for both it is {r.at_least(value_of(end))}{beside}.")
        else:
            sentences.append(
                f"{said}; the same fresh noise for both is not seen to bring it back: {r.at_most(value_of(end))}"
                f"{beside}."
            )
    return sentences


def _arrival(rows: Sequence[Row]) -> int | None:
    """NFE from which on every finer grid draws the reference's picture, and not by chance alone."""
    start = None
    for s in reversed(rows):
        by_chance = s.floor is not None and low_end(s) <= s.floor
        if by_chance or value_of(s) < CONVERGED * (1.0 if s.ceiling is None else s.ceiling):
            break
        start = s.tag("nfe")
    return start
