"""Made-up rows of ``contrast``: two models of each sort, and all that a claim rests on."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from rows import Rows, row, wilson
from witnesses import witnesses

SORTS = {"m": "diffusion", "m1": "diffusion", "gan": "gan", "gan1": "gan", "vae": "vae", "vae1": "vae"}
AUC = {"diffusion": 0.98, "gan": 0.53, "vae": 0.47, "across": 0.5}
RP = {"diffusion": 0.6, "gan": 0.01, "vae": 0.0, "across": 0.0}


def made(gap: dict[str, float] | None = None, **shares: float) -> Rows:
    """All rows of a run.

    Args:
        gap: ``mmd_gap`` of models for which it is another than -0.02.
        shares: RP of a sort, or, after ``auc_``, its AUC.
    """
    rows: Rows = []
    for (a, one), (b, other) in combinations(SORTS.items(), 2):
        sort = one if one == other else "across"
        tags: dict[str, Any] = {"sorts": sorted({one, other}), "kin": "seed" if one == other else "sort"}
        value, auc = shares.get(sort, RP[sort]), shares.get(f"auc_{sort}", AUC[sort])
        pair = row("contrast", "rp", value, a, b, 1500, floor=0.002, gaussian=0.01, ceiling=1.0, **tags)
        rows.append(pair)
        if sort == "diffusion":
            rows += [r | tags for r in witnesses(pair) if r["metric"] not in ("rp_auc", "mmd_gap", "mmd")]
        rows.append(row("contrast", "rp_auc", auc, a, b, 1500, floor=0.5, ci95=[auc - 0.02, auc + 0.02], **tags))
        for suffix, level in (("", 0.004), ("_auc", 0.5)):
            rows.append(row("contrast", f"rp_permuted{suffix}", level, a, b, 1500, **tags))
    for k, (name, sort) in enumerate(SORTS.items()):
        own: dict[str, Any] = {"sorts": [sort], "width": 16}
        off = (gap or {}).get(name, -0.02)
        rows += [
            row("contrast", "nn_distance", 2.1 + k / 10, name, "data", 1500, floor=2.0, gaussian=3.5, **own),
            row("contrast", "mmd_gap", off, name, "held-out", 1500, ci95=[off - 0.005, off + 0.005], **own),
            row("contrast", "mmd", off + 0.03, name, "held-out", 1500, floor=0.0, gaussian=0.03, **own),
            row("contrast", "memorized", 0.02, name, "train", 1500, floor=0.05, ci95=wilson(0.02), **own),
        ]
    return rows
