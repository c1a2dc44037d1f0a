"""What `inverse` gave: how reconstructions agree by how two models are related, and how near they are to the image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docs.measured import NONE, number, rows_of, table
from samenoise.experiments.inverse.series import KINS, by_task, families, pairs
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import value_of


def kinship(preset: str) -> str:
    """RP by task and by how two models are related, the least and the most; of other noises; and the gap."""
    rows = rows_of(preset)
    others, gaps = by_task(rows, "rp_other_noise"), families(rows)
    out = [
        ("Task", *(f"`rp`, {name}" for name in KINS.values()), "two noises", "`rp_family_gap`", "Groupings as large")
    ]
    for task, kins in pairs(rows).items():
        cells = [_ends(kins[kin], r.at_least, 3) for kin in KINS] + [_ends(others.get(task, []), r.at_most, 3)]
        gap, told = gaps.get(task), NONE
        if gap is not None:
            told = f"{value_of(gap):.3f}"
            told += "" if gap.ci95 is None else f" ({r.at_least(gap.ci95[0], 3)} to {r.at_most(gap.ci95[1], 3)})"
        ways = (
            NONE if gap is None or gap.tag("groupings") is None else f"{gap.tag('as_large')} of {gap.tag('groupings')}"
        )
        out.append((f"`{task}`", *cells, told, ways))
    return table(*out)


def restored(preset: str) -> str:
    """PSNR and misfit of every model by task, beside what they stand beside."""
    rows = rows_of(preset)
    found = {metric: by_task(rows, metric) for metric in ("psnr", "misfit")}
    head = ("Of", *(f"`{metric}` {task}" for metric in found for task in found[metric]))
    lines: dict[str, list[str]] = {}
    for metric, tasks in found.items():
        for of in tasks.values():
            for s in of:
                lines.setdefault(f"`{s.a}`", []).append(number(s.value, metric))
            first = of[0]
            lines.setdefault("the Gaussian", []).append(number(first.gaussian, metric))
            lines.setdefault("the pseudo-inverse; a picture without the measurement", []).append(
                number(first.floor, metric)
            )
            lines.setdefault("the image itself", []).append(number(first.ceiling, metric))
    return table(head, *((name, *cells) for name, cells in lines.items()))


def _ends(rows: Sequence[Row], rounded: Callable[[float, int], str], digits: int) -> str:
    if not rows:
        return NONE
    least, most = (rounded(end(map(value_of, rows)), digits) for end in (min, max))
    return least if len(rows) == 1 else f"{least} to {most}"


TABLES: dict[str, Callable[..., str]] = {"measured-kinship": kinship, "measured-restored": restored}
