"""The points at which denoisers are looked at."""

from __future__ import annotations

import pytest

from samenoise.experiments.lowrank.data import SubspaceCell
from samenoise.experiments.lowrank.worlds import HELD_OUT, TRAIN, World
from samenoise.process import EDM


@pytest.mark.parametrize("n", [3, 5, 8])
def test_no_point_counts_as_trained_on_that_was_not(n: int) -> None:
    world = World(SubspaceCell(seed=0, count=8, components=2, dimension=2), EDM(), sigma=0.3, images=5)
    seen = world.seen(world.truth, "cpu", n)
    assert {where: len(each.error) for where, each in seen.items()} == {HELD_OUT: 5, TRAIN: min(n, 5)}
