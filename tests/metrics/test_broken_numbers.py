"""NaN and infinity, on either side of any comparison and in any training set, are an error that says where."""

import pytest
import torch

from samenoise.metrics import (
    conditional_rp,
    cosine,
    gl,
    mae,
    mae_score,
    memorized,
    nearest,
    nn_distance,
    nn_ratio,
    pfd,
    rp,
    rp_floor,
    rp_floor_curve,
    rp_threshold,
)
from samenoise.networks import ResidualMLP, build
from samenoise.oracle import Empirical, Gaussian
from samenoise.process import EDM
from samenoise.training.cohort import Cohort
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.recipe import Recipe

PAIRED = {
    "rp": lambda a, b: rp(a, b, 0.5),
    "rp_floor": lambda a, b: rp_floor(a, b, 0.5),
    "rp_floor_curve": rp_floor_curve,
    "rp_threshold": rp_threshold,
    "conditional_rp": lambda a, b: conditional_rp(a, [b], 0.5),
    "cosine": cosine,
    "mae": mae,
    "mae_score": mae_score,
    "pfd": pfd,
}
AGAINST_DATA = {
    "memorized": lambda a, y: memorized(a, y, 0.5),
    "gl": lambda a, y: gl(a, y, 0.5),
    "nn_ratio": nn_ratio,
    "nn_distance": nn_distance,
    "nearest": nearest,
}


def images(n=5, seed=0):
    return torch.rand(n, 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def broken(value, n=5):
    """Images of which number 3 holds the value."""
    x = images(n, seed=1)
    x[3, 1] = value
    return x


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("score", PAIRED.values(), ids=PAIRED)
def test_a_broken_image_on_either_side_is_refused(score, value):
    for a, b, side in ((broken(value), images(), "a"), (images(), broken(value), "b")):
        with pytest.raises(ValueError, match=f"{side} holds NaN or infinity in 1 of 5 rows, first in row 3"):
            score(a, b)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("score", AGAINST_DATA.values(), ids=AGAINST_DATA)
def test_a_broken_training_image_is_refused(score, value):
    """It is no image's neighbour, and so would pass for a model that copies less."""
    with pytest.raises(ValueError, match="the training set holds NaN or infinity in 1 of 5 rows, first in row 3"):
        score(images(), broken(value))
    with pytest.raises(ValueError, match="a holds NaN or infinity in 1 of 5 rows, first in row 3"):
        score(broken(value), images())


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_no_network_trains_on_a_broken_image(value):
    """It would be drawn sooner or later, and the loss would be blamed on the learning rate."""
    sets = [images(8).reshape(8, 1, 2, 2), broken(value, 6).reshape(6, 1, 2, 2)]
    networks = [ResidualMLP((1, 2, 2), 8, 1, seed) for seed in (0, 1)]
    with pytest.raises(ValueError, match="of second holds NaN or infinity in 1 of 6 images, first in image 3"):
        Cohort(networks, sets, [0, 1], ["first", "second"], EDM(), "edm", Recipe(updates=2))
    network = build("mlp", (1, 2, 2), 8, 1, 0)
    with pytest.raises(ValueError, match="of alone holds NaN or infinity in 1 of 6 images, first in image 3"):
        Loop(network, sets[1], 0, Matching(EDM(), "edm"), Recipe(updates=2), name="alone")


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("make", [Empirical, Gaussian.fit], ids=["empirical", "gaussian"])
def test_no_closed_form_is_made_of_a_broken_image(make, value):
    with pytest.raises(ValueError, match="NaN or infinity"):
        make(broken(value).reshape(5, 1, 2, 2), EDM())
