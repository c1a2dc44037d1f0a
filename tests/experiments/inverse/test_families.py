"""Groups of architectures: each way once, and a gap that is a family's only where no other way is as good."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from samenoise.cells.specs import ModelSpec
from samenoise.experiments.inverse.families import family, family_gap, groupings, kin
from tests.experiments.inverse.tiny_run import TINY, config

MODELS = config().common.models


@pytest.mark.parametrize(
    ("sizes", "count"),
    [([1, 2], 3), ([2, 2], 3), ([2, 2, 2], 15), ([3, 3], 10), ([1, 1, 2], 6), ([3, 3, 3], 280), ([4], 1)],
)
def test_groupings_are_each_way_once(sizes: list[int], count: int) -> None:
    found = [frozenset(map(frozenset, each)) for each in groupings(range(sum(sizes)), sizes)]
    assert len(found) == len(set(found)) == count
    assert all(sorted(map(len, each)) == sorted(sizes) for each in found)
    if sum(sizes) < 6:  # all there are
        every = set()
        for order in permutations(range(sum(sizes))):
            cuts = np.split(np.array(order), np.cumsum(sizes)[:-1])
            every.add(frozenset(frozenset(cut.tolist()) for cut in cuts))
        assert set(found) == every


def test_kin() -> None:
    assert kin(MODELS["plain"], MODELS["again"]) == "seed"
    assert kin(MODELS["plain"], MODELS["wide"]) == "family"
    assert kin(MODELS["attention"], MODELS["blocks"]) == "family"
    assert kin(MODELS["plain"], MODELS["blocks"]) == "across"
    assert {family(m) for m in MODELS.values()} == {"MLPs", "transformers"}


def agreement(within: float, across: float, swapped: float = 0.0) -> dict[tuple[str, str], np.ndarray]:
    """At two measurements, 0.1 below and above; ``swapped`` is added to wide and attention."""
    found = {}
    for a, b in combinations(TINY["models"], 2):
        value = within if family(MODELS[a]) == family(MODELS[b]) else across
        value += swapped * ({a, b} == {"wide", "attention"})
        found[a, b] = np.array([value - 0.1, value + 0.1])
    return found


def test_a_gap_and_how_many_groupings_have_one_as_large() -> None:
    gap = family_gap(MODELS, agreement(0.7, 0.4))
    assert gap is not None
    np.testing.assert_allclose(gap.values, [0.3, 0.3])
    assert gap.within == pytest.approx(0.7)
    assert (gap.groupings, gap.as_large) == (3, 1)
    gap = family_gap(MODELS, agreement(0.4, 0.4))
    assert gap is not None
    assert (gap.groupings, gap.as_large) == (3, 3)
    gap = family_gap(MODELS, agreement(0.5, 0.4, swapped=0.9))
    assert gap is not None
    assert (gap.groupings, gap.as_large) == (3, 2), "wide belongs to attention"
    assert gap.values.mean() == pytest.approx(0.5 - (4 * 0.4 + 0.9) / 4)


def test_seeds_of_one_architecture_count_once() -> None:
    values = agreement(0.7, 0.4)
    values["plain", "again"] = np.array([0.0, 0.0])
    gap = family_gap(MODELS, values)
    assert gap is not None
    np.testing.assert_allclose(gap.values, [0.3, 0.3])


def test_there_is_no_gap_without_two_families_or_two_architectures() -> None:
    def of(*labels: str) -> dict[str, ModelSpec]:
        return {label: MODELS[label] for label in labels}

    for labels in (("plain", "wide"), ("plain", "blocks"), ("plain", "again", "blocks")):
        pairs = {pair: np.zeros(2) for pair in combinations(labels, 2)}
        assert family_gap(of(*labels), pairs) is None
