"""What the terminal prints of experiments over training sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from directories import build_run
from readings import terminal
from sweeps import HELDOUT, MEMORIZED, RP, RP_FLOOR, RP_OPTIMUM, RP_SPLIT, SIZES, regime_rows, split_rows


def test_a_line_for_each_size_in_the_columns_of_the_rooms(tmp_path: Path) -> None:
    text = terminal(build_run(tmp_path, regime_rows() + split_rows(), curves=False, grid=False), 80)
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.split() for line in text.splitlines()]
    assert ["RP", "optim.", "optim.", "copied", "copied", "copied", "split"] in lines
    assert ["N", "128:256", "floor", "128", "256", "128", "256", "real", "128"] in lines
    shown = {
        cells[0]: [float(c) if c != "–" else None for c in cells[1:]]
        for cells in lines
        if cells and cells[0] in map(str, SIZES)
    }
    assert list(shown) == list(map(str, SIZES))
    for k, n in enumerate(SIZES):
        split = RP_SPLIT[k] if k < len(RP_SPLIT) else None
        expected = (RP[k], RP_FLOOR[k], *(RP_OPTIMUM[w][k] for w in (128, 256)), *(MEMORIZED[w][k] for w in (128, 256)))
        assert shown[str(n)] == pytest.approx([*expected, HELDOUT[k], split], abs=0.006)
