"""The average of the weights: as wide as it says, after any number of updates, in both loops."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from average import profile

from samenoise.networks import ResidualMLP
from samenoise.process import EDM
from samenoise.training.cohort import Cohort
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe


@pytest.mark.parametrize("width", [0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("updates", [600, 2000, 100_000])
def test_the_average_reaches_back_a_share_of_the_training(width, updates):
    """Whatever its length: the profile of what Recipe does update by update, and its standard deviation."""
    recipe, counts = Recipe(ema=width), np.zeros(updates)
    for k in range(updates):
        counts *= 1 - recipe.ema_weight(k)
        counts[k] += recipe.ema_weight(k)
    np.testing.assert_allclose(counts.sum(), 1)
    at = (np.arange(updates) + 1) / updates
    assert math.sqrt((counts * at**2).sum() - (counts * at).sum() ** 2) == pytest.approx(width, rel=0.01)
    np.testing.assert_allclose(counts, profile(updates, width), rtol=0, atol=(1 / width / updates) ** 2)


def test_no_average_and_the_widest():
    assert [Recipe(ema=0).ema_weight(k) for k in (0, 1, 500)] == [1, 1, 1]
    assert Recipe(ema=0.288).ema_weight(99) == pytest.approx(0.01, rel=0.02), "all updates alike"


@pytest.mark.parametrize("ema", [0.999, 0.99, 0.3, -0.1, math.nan])
def test_a_decay_per_update_is_refused(ema):
    with pytest.raises(ValueError, match=r"share of the updates done, 0 to 0\.288, not a decay .*: write 0\.1"):
        Recipe(ema=ema)


@pytest.mark.parametrize("loop", ["cohort", pytest.param("alone", marks=pytest.mark.slow)])
def test_widths_differ_after_two_thousand_updates_by_the_formula(loop):
    """In both loops: averages of the same training, and the very sums that the profile says."""
    shape, data = (1, 2, 2), torch.rand(5, 1, 2, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    averages = {}
    for width in (0.05, 0.1, 0.2):
        network = ResidualMLP(shape, 4, 1, 0)
        recipe = Recipe(updates=2000, batch=4, lr=1e-2, warmup=5, schedule="constant", ema=width)
        counts, expected = profile(2000, width), torch.zeros(4 * 4)
        if loop == "cohort":
            group = Cohort([network], [data], [0], ["small"], EDM(), "edm", recipe)
            for state in group.train(group.start()):
                expected += counts[state.update - 1] * state.params["up.0"][0].detach().flatten()
            averages[width] = group.weights(state)[0]["up.0"].flatten()
        else:
            alone = Loop(network, data, 0, Matching(EDM(), "edm"), recipe)
            for state in alone.train():
                expected += counts[state.update - 1] * network.up[0].detach().flatten()
            averages[width] = alone.weights()["up.0"].flatten()
        torch.testing.assert_close(averages[width], expected, rtol=0, atol=0.002)
    for one, other in combinations(averages.values(), 2):
        assert (one - other).abs().max() > 0.005
