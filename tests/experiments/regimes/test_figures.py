"""The figures of ``regimes`` hold its scores, and stand beside those of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from readings import drawings, run_of
from rows import Rows, row
from sweeps import HELDOUT, N50, RP_SPLIT, SIZES, regime_rows, split_rows, teacher_rows


def axes_of(rows: Rows, key: str) -> Any:
    return next(d for d in drawings(run_of(rows)) if d.key == key).draw(narrow=False).axes[0]


def test_agreement_holds_rp_and_each_baseline_under_its_own_name() -> None:
    own = {"floor": 0.1, "ceiling": 0.9, "gaussian": 0.2}
    axes = axes_of([row("regimes", "rp", 0.5, "a", "b", n, **own) for n in (8, 16)], "agreement-regimes")
    found = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert found == {"a and b": [0.5] * 2, "ceiling": [0.9] * 2, "Gaussian": [0.2] * 2, "floor": [0.1] * 2}


def test_copying_holds_n50_and_the_held_out_images() -> None:
    axes = axes_of(regime_rows(), "copying")
    lines = {line.get_label(): line for line in axes.lines}
    assert np.allclose(lines["held-out real images"].get_ydata(), HELDOUT, atol=0.5 / 512)
    assert list(lines["held-out real images"].get_xdata()) == list(SIZES)
    diamonds = sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata()))
    assert diamonds == sorted(value for value, _, _ in N50.values())


def test_n50_stands_half_way_from_held_out_images_to_all() -> None:
    """At the threshold alone it would stand where real images pass as often."""
    rows = [row("regimes", "memorized", v, "m", "train", n, floor=f) for n, v, f in ((8, 1, 0), (32, 0.5, 0.5))]
    rows.append(row("regimes", "n50", 32.0, "m", "train", None, ci95=[30, 34]))
    plain = [line for line in axes_of(rows, "copying").lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in plain] == [(32.0, 0.5)]
    rows.append(row("regimes", "n50_excess", 16.0, "m", "train", None, ci95=[14, 19]))
    marks = [line for line in axes_of(rows, "copying").lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert [line.get_xdata()[0] for line in marks] == [16.0]
    assert np.allclose(marks[0].get_ydata()[0], (0.5 + 0.75) / 2)
    rows[-1] |= {"value": None, "ci95": None, "note": "never"}
    assert not [x for x in axes_of(rows, "copying").lines if x.get_marker() == "D" and len(x.get_xdata())]


def test_disjoint_data_stands_beside_the_same_data_and_nowhere_else() -> None:
    rows = regime_rows() + split_rows() + teacher_rows()
    line = next(x for x in axes_of(rows, "agreement-regimes").lines if x.get_label() == "mlp-128, disjoint data")
    assert np.allclose(line.get_ydata(), RP_SPLIT, atol=0.5 / 512)
    assert not [x for x in axes_of(rows, "agreement-teacher").lines if "disjoint" in str(x.get_label())]
