"""Tables of runs with replicates: how many images it takes until copying ends, by every way to count copies, and
agreement with both of its intervals. Kept and written as :mod:`docs.measured` says."""

from __future__ import annotations

from collections.abc import Callable

from docs.measured import NONE, number, rows_of, table
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.several import COPY_WAYS, Way, alike


def n50(presets: str) -> str:
    """N50 of every network of some runs, and how it grows with the width, by every way to count copies."""
    out = [("", "", *(f"{words}" for words in COPY_WAYS.values()), "one number?")]
    for preset in presets.split():
        rows = rows_of(preset)
        for metric, told in (("n50", _size), ("n50_per_doubling", _factor)):
            names = dict.fromkeys(s.a for s in rows if s.metric == f"{metric}_excess")
            for name in names:
                found = {way: _row(rows, f"{metric}_{way}", name) for way in COPY_WAYS}
                known = [Way(way, s) for way, s in found.items() if s is not None and s.value is not None]
                what = f"N50 of `{name}`" if metric == "n50" else "growth per doubling of the width"
                cells = [NONE if s is None else told(s) for s in found.values()]
                out.append((f"`{preset}`", what, *cells, "yes" if alike(known) else "no"))
    return table(*out)


def replicated(preset: str) -> str:
    """Agreement of networks, and of networks that share no training image, with the interval over noises and trainings
    and that over noises alone."""
    rows = [s for s in rows_of(preset) if s.metric in ("rp", "rp_split")]
    columns = sorted({s.n_train for s in rows if s.n_train is not None})
    lines: dict[tuple[str, str, str], dict[int, str]] = {}
    for s in rows:
        assert s.n_train is not None
        of = f"`{s.metric}` {s.a}, {s.b}"
        cells = {
            "": number(s.value),
            "over noises and trainings": NONE if s.ci95 is None else r.interval(s.ci95, 3),
            "over noises alone": NONE if s.ci95_noises is None else r.interval(s.ci95_noises, 3),
        }
        for what, cell in cells.items():
            lines.setdefault((s.metric, of, what), {})[s.n_train] = cell
    out = [("N", *(f"{n:,}" for n in columns))]
    for (_, of, what), found in lines.items():
        out.append((of if not what else f"95 % {what}", *(found.get(n, NONE) for n in columns)))
    return table(*out)


def _row(rows: tuple[Row, ...], metric: str, name: str) -> Row | None:
    return next((s for s in rows if (s.metric, s.a) == (metric, name)), None)


def _size(s: Row) -> str:
    if s.value is None:
        return s.note or NONE
    return f"{r.about(s.value)} ({NONE if s.ci95 is None else f'{r.about(s.ci95[0])}–{r.about(s.ci95[1])}'})"


def _factor(s: Row) -> str:
    if s.value is None:
        return NONE
    return f"{s.value:.1f} ({NONE if s.ci95 is None else r.interval(s.ci95, 1)})"


TABLES: dict[str, Callable[..., str]] = {"measured-n50": n50, "measured-replicated": replicated}
