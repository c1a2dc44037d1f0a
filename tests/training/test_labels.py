"""Labels in training: dropped from a stream of their own, by hand as by autograd, and nothing where there is one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from samenoise import networks
from samenoise.networks import ResidualMLP
from samenoise.process import EDM
from samenoise.training.cohort import Cohort
from samenoise.training.labels import Labels
from samenoise.training.loop import Loop
from samenoise.training.objective import Matching
from samenoise.training.order import draws, dropped
from samenoise.training.recipe import Recipe
from samenoise.training.stack import Stack
from samenoise.training.unseen import Unseen

SHAPE = (1, 8, 8)
N = 12
FEW = Recipe(updates=12, batch=16, warmup=3, ema=0.1)


def images(n: int = N) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 1


def cohort(labels: list[Labels] | None, classes: int, recipe: Recipe = FEW) -> dict[str, torch.Tensor]:
    made = [ResidualMLP(SHAPE, 16, 2, seed=k, classes=classes) for k in range(2)]
    group = Cohort(made, [images(), images(7)], [5, 6], ["a", "b"], EDM(), "edm", recipe, labels=labels)
    state = group.start()
    for _ in group.train(state):
        pass
    return group.weights(state)[0]


def loop(name: str, labels: Labels | None, classes: int, width: int = 16, depth: int | None = None) -> dict:
    network = networks.build(name, SHAPE, width, depth, seed=0, classes=classes)
    trained = Loop(network, images(), 5, Matching(EDM(), "edm"), FEW, labels=labels)
    for _ in trained.train():
        pass
    return trained.weights()


def test_labels_are_dropped_from_words_of_their_own() -> None:
    found = dropped(3, 7, 20_000, 0.25)
    assert torch.equal(found, dropped(3, 7, 20_000, 0.25))
    assert abs(float(found.double().mean()) - 0.25) < 0.01
    for other in (dropped(3, 8, 20_000, 0.25), dropped(4, 7, 20_000, 0.25)):
        assert abs(float((found & other).double().mean()) - 0.0625) < 0.01
    assert not dropped(3, 7, 100, 0.0).any()
    assert dropped(3, 7, 100, 1.0).all()
    words = np.random.Philox(key=[3, 8], counter=[0, 0, 0, 1]).random_raw(20_000)
    drawn = draws(3, 7, 6000, (1,))
    taken = torch.cat([drawn.image, drawn.time]).numpy()
    assert not set((words >> np.uint64(11)) * 2.0**-53) & set(taken), "the words of images and times"
    assert np.array_equal((words >> np.uint64(11)) * 2.0**-53 < 0.25, found.numpy())


def test_what_an_update_tells() -> None:
    labels = Labels(torch.arange(N), 0.5)
    index = torch.tensor([3, 3, 9, 0, 11, 2, 2, 5])
    told, gone = labels.of(index, 4, 2), dropped(4, 2, 8, 0.5)
    assert torch.equal(told[~gone], index[~gone])
    assert (told[gone] == -1).all()
    assert 0 < int(gone.sum()) < 8


@pytest.mark.parametrize("blocks", [1, 3])
def test_gradients_by_hand_are_those_of_autograd(blocks: int) -> None:
    made = [ResidualMLP((1, 4, 4), 12, blocks, seed, classes=3).double() for seed in range(3)]
    for network in made:
        for p in network.parameters():
            p.data += 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1)).double()
    params = {name: torch.stack([n.get_parameter(name).detach() for n in made]) for name in made[0].state_dict()}
    grads = {name: torch.full_like(p, torch.nan) for name, p in params.items()}
    generator = torch.Generator().manual_seed(2)
    x, target = torch.randn(2, 3, 7, 1, 4, 4, generator=generator, dtype=torch.float64)
    c_noise = torch.linspace(-1.5, 1, 21, dtype=torch.float64).reshape(3, 7)
    rows = torch.randint(0, 4, (3, 7), generator=generator)
    stack = Stack(made[0], 3, 7, dtype=torch.float64)
    for _ in range(2):  # buffers are used again
        losses = stack.gradients(params, grads, x, c_noise, target, rows)
    for k, network in enumerate(made):
        told = torch.where(rows[k] == 3, -1, rows[k])
        loss = (network(x[k], c_noise[k], told) - target[k]).square().mean()
        loss.backward()
        torch.testing.assert_close(losses[k], loss.detach(), rtol=1e-9, atol=1e-9)
        for name, p in network.named_parameters():
            torch.testing.assert_close(grads[name][k], p.grad, rtol=1e-9, atol=1e-9, msg=name)


def test_a_cohort_learns_what_the_loop_does() -> None:
    """Two ways to train the same network with the same labels; the loop goes through autograd."""
    labels = Labels(torch.arange(N) % 3, 0.3)
    others = Labels(torch.arange(7) % 2, 0.3)
    together, alone = cohort([labels, others], 3), loop("mlp", labels, 3, depth=2)
    for key, value in alone.items():
        torch.testing.assert_close(together[key], value, rtol=1e-3, atol=1e-4, msg=key)
    other = cohort([Labels(labels.values.roll(1), 0.3), others], 3)
    assert (other["labels"] - together["labels"]).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["mlp", "unet", "dit", "uvit"])
def test_one_class_trains_as_none_does(name: str) -> None:
    """Bit for bit, whatever is dropped."""
    labels, width = Labels(torch.zeros(N, dtype=torch.int64), 0.4), 8 if name == "unet" else 16
    plain, one = loop(name, None, 0, width), loop(name, labels, 1, width)
    assert list(plain) == list(one)
    assert all(torch.equal(value, plain[key]) for key, value in one.items())


def test_one_class_trains_as_none_does_in_a_cohort() -> None:
    labels = [Labels(torch.zeros(n, dtype=torch.int64), 0.4) for n in (N, 7)]
    plain, one = cohort(None, 0), cohort(labels, 1)
    assert all(torch.equal(value, plain[key]) for key, value in one.items())


def test_of_labels_that_are_dropped_nothing_is_learnt() -> None:
    labels = [Labels(torch.arange(n) % 3, 1.0) for n in (N, 7)]
    start, end = ResidualMLP(SHAPE, 16, 2, seed=0, classes=3).labels, cohort(labels, 3)["labels"]
    assert torch.equal(end[:3], start[:3]), "the rows of the classes"
    assert (end[3] - start[3]).abs().max() > 1e-3, "the row of no class"
    told = cohort([Labels(each.values, 0.0) for each in labels], 3)["labels"]
    assert torch.equal(told[3], start[3])


def test_the_loss_on_unseen_images_is_under_their_labels() -> None:
    network = ResidualMLP(SHAPE, 16, 2, seed=0, classes=3)
    labels = torch.arange(N) % 3
    told, untold, other = (
        Unseen(images(), 1, Matching(EDM(), "edm"), each).losses(network) for each in (labels, None, labels.roll(1))
    )
    assert (told - untold).abs().min() > 0
    changed = labels != labels.roll(1)
    assert (told - other)[changed].abs().min() > 0
