"""Rows that claims rest on, beside a made-up row of a pair: pictures that were learnt, at every way to ask."""

from __future__ import annotations

from typing import Any

from rows import Rows, row

__all__ = ["witnesses"]


def witnesses(pair: dict[str, Any], copies: float = 0.0, **changed: dict[str, Any] | None) -> Rows:
    """All that lets agreement be called new pictures; with another ``copies``, the share beyond real images.

    Args:
        pair: a row of any kind of RP.
        changed: other keys of a row, by ``calibrated``, ``auc``, ``beyond``, ``clean``, ``gap``, ``excess``,
            ``real`` or ``twins``; ``None`` leaves it out. ``baseline`` is changed key by key.
    """
    of = {"experiment": pair["experiment"], "n_train": pair["n_train"]}
    tags = {key: pair[key] for key in ("update", "updates") if key in pair}
    both = {**of, "a": pair["a"], "b": pair["b"], **tags}
    made = {
        "calibrated": [row(metric=f"{pair['metric']}_calibrated", value=0.9, floor=0.01, gaussian=0.9, **both)],
        "auc": [row(metric=f"{pair['metric']}_auc", value=0.95, floor=0.5, gaussian=0.9, **both)],
        "beyond": [row(metric=f"{pair['metric']}_beyond", value=0.8, floor=1 / 3, **both)],
        "clean": [row(metric=f"{pair['metric']}_clean", value=0.5, floor=0.0, gaussian=0.01, **both)],
        "gap": [],
        "excess": [],
        "real": [],
        "twins": [],
    }
    for name in (pair["a"], pair["b"]):
        one: dict[str, Any] = {**of, "a": name, **tags}
        near = {"ci95": [-0.025, -0.015], "floor": -0.04, "gaussian": 0.0, "b": "held-out"}
        made["gap"].append(row(metric="mmd_gap", value=-0.02, **near, **one))
        beside = {"ci95": [copies - 0.01, copies + 0.01], "b": "train", "floor": 0.0}
        made["excess"].append(row(metric="memorized_excess", value=copies, **beside, **one))
        real = {
            "floor": 0.001,
            "ceiling": None,
            "floor_ci95": [-0.001, 0.003],
            "gaussian": 0.04,
            "gaussian_ci95": [0.03, 0.05],
        }
        made["real"].append(
            row(metric="mmd", value=0.02, ci95=[0.015, 0.025], b="held-out", **one) | {"baseline": real}
        )
        if pair["experiment"] == "splits":
            copied = {"b": "train", "floor": 0.01, "threshold": 0.97}
            made["twins"].append(row(metric="memorized_calibrated", value=0.0, **copied, **one))
    for key, other in changed.items():
        if other is None:
            made[key] = []
        else:
            beside = other.get("baseline", {})
            made[key] = [r | other | {"baseline": r["baseline"] | beside} for r in made[key]]
    return [r for rows in made.values() for r in rows]
