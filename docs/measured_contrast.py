"""What `contrast` gave: how pairs agree by what both models are, and whether each draws pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docs.measured import NONE, number, rows_of, table
from samenoise.experiments.contrast.series import ACROSS, SORTS, by_group, control
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import value_of


def sorts(preset: str) -> str:
    """RP, AUC and top-1 of the pairs of each sort, the least and the most, beside the same with permuted noises."""
    rows = rows_of(preset)
    out = [("Pairs of", "Pairs", "`rp`", "permuted", "`rp_auc`", "permuted", "`rp_top1`", "permuted")]
    for group, pairs in by_group(rows, "rp").items():
        cells = []
        for suffix in ("", "_auc", "_top1"):
            found = by_group(rows, f"rp{suffix}")[group]
            others = [other for s in found if (other := control(rows, s, suffix)) is not None]
            cells += [_ends(found), _ends(others)]
        out.append(("two sorts" if group == ACROSS else SORTS[group], str(len(pairs)), *cells))
    return table(*out)


def drawn(preset: str) -> str:
    """Whether each model draws pictures, and whether it copies."""
    rows = rows_of(preset)
    of = {(s.a, s.metric): s for s in rows}
    out = [("Model", "`nn_distance`", "`mmd`", "`mmd_gap`", "95 % interval", "`memorized`")]
    for name in dict.fromkeys(s.a for s in rows if s.metric == "nn_distance"):
        gap, cells = of[name, "mmd_gap"], [number(of[name, m].value, m) for m in ("nn_distance", "mmd")]
        ends = NONE if gap.ci95 is None else f"{r.at_least(gap.ci95[0], 4)} to {r.at_most(gap.ci95[1], 4)}"
        copied = number(of[name, "memorized"].value, "memorized")
        out.append((f"`{name}`", *cells, f"{value_of(gap):.4f}", ends, copied))
    first = next(s for s in rows if s.metric == "nn_distance"), next(s for s in rows if s.metric == "mmd")
    floors, normals = ([getattr(s, level) for s in first] for level in ("floor", "gaussian"))
    real = next(s for s in rows if s.metric == "memorized_heldout")
    out.append(("held-out images", number(floors[0], "nn"), NONE, NONE, NONE, number(real.value, "memorized")))
    out.append(("training images", NONE, number(floors[1], "mmd"), NONE, NONE, NONE))
    out.append(("the Gaussian", number(normals[0], "nn"), number(normals[1], "mmd"), "0", NONE, NONE))
    return table(*out)


def _ends(pairs: Sequence[Row]) -> str:
    if not pairs:
        return NONE
    return f"{r.at_least(min(map(value_of, pairs)), 3)} to {r.at_most(max(map(value_of, pairs)), 3)}"


TABLES: dict[str, Callable[..., str]] = {"measured-sorts": sorts, "measured-drawn": drawn}
