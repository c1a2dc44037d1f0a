"""What is drawn of classes: labels take turns, closed forms are of the class, guidance is any denoiser's."""

from __future__ import annotations

import pytest
import torch
from closed_forms import CLOSED_FORMS, SHAPE, images, labels

from samenoise.denoiser import Guided
from samenoise.generators.labelled import turns
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical
from samenoise.process import PROCESSES
from samenoise.solver import SOLVERS, generate

ORDER = [kind() for kind in PROCESSES]
every_process = pytest.mark.parametrize("process", ORDER, ids=lambda p: p.name)
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)


def test_labels_take_turns_by_the_number_of_the_noise() -> None:
    there = torch.tensor([7, 2, 2, 5, 7])
    assert turns(there, torch.arange(7)).tolist() == [2, 5, 7, 2, 5, 7, 2]
    assert turns(there, torch.tensor([4, 0])).tolist() == [5, 2]


@every_process
@every_solver
def test_the_optimum_of_one_image_is_that_image(process, solver) -> None:
    """With a label for each image there is nothing else to draw, whatever the noise."""
    few = images(6)
    optimum, told = Empirical(few.float(), process, torch.arange(6)), torch.tensor([3, 0, 5, 3])
    found = next(generate(optimum, NoiseBank(3, SHAPE), range(4), solver=solver, steps=18, cond=told)).images
    torch.testing.assert_close(found, few[told].float(), rtol=0, atol=2e-2)


@pytest.mark.parametrize("make", ["empirical", "by-class"])
@every_process
@every_solver
def test_guidance_of_closed_forms(make, process, solver) -> None:
    denoiser, told = CLOSED_FORMS[make](process), labels(8)

    def draw(scale: float | None, cond: torch.Tensor | None = told) -> torch.Tensor:
        guided = denoiser if scale is None else Guided(denoiser, scale)
        return next(generate(guided, NoiseBank(3, SHAPE), range(8), solver=solver, steps=4, cond=cond)).images

    assert torch.equal(draw(1.0), draw(None))
    assert torch.equal(draw(0.0), draw(None, None))
    assert (draw(1.0) - draw(0.0)).abs().max() > 1e-3
    # Of images, the optimum may end at the same ones: guidance acts while there is noise.
    start = process.grid(4)[0]
    noisy = NoiseBank(3, SHAPE)[range(8)] * process.at(start)[1]
    once, twice = (Guided(denoiser, scale)(noisy, start, told) for scale in (1.0, 2.0))
    assert (twice - once).abs().max() > 1e-3


def test_a_closed_form_of_classes_is_that_of_the_class() -> None:
    process = ORDER[0]
    denoiser, x = CLOSED_FORMS["by-class"](process), torch.randn(5, *SHAPE, generator=torch.Generator().manual_seed(0))
    told, t = torch.tensor([2, 0, 0, 1, 2]), torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5], dtype=torch.float64)
    together = denoiser(x, t, told)
    for k in range(5):
        alone = denoiser.classes[int(told[k])](x[k : k + 1], t[k])
        torch.testing.assert_close(together[k : k + 1], alone, rtol=1e-5, atol=1e-5)
    assert torch.equal(denoiser(x, t), denoiser.unconditional(x, t))
    with pytest.raises(ValueError, match="labels are 0 to 2, got 3"):
        denoiser(x, t, told + 1)
