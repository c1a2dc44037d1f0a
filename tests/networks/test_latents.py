"""Decoders and encoders: shapes, seeds, and no eye for other images of the batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from samenoise.networks.latents import ARCHITECTURES, Decoder, Encoder, sides

every = pytest.mark.parametrize("architecture", ARCHITECTURES)


@every
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 28), (3, 8, 12), (1, 5, 7)], ids=str)
def test_images_and_numbers_have_their_shapes(architecture: str, shape: tuple[int, ...]) -> None:
    z = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    images = Decoder(architecture, shape, 6, 4)(z)
    assert images.shape == (3, *shape)
    assert float(images.detach().abs().max()) <= 1
    assert Encoder(architecture, shape, 7, 4)(images).shape == (3, 7)


def test_sides_are_halved_while_they_are_even_and_above_four() -> None:
    assert sides((3, 32, 32)) == [(32, 32), (16, 16), (8, 8), (4, 4)]
    assert sides((1, 28, 28)) == [(28, 28), (14, 14), (7, 7)]
    assert sides((1, 8, 12)) == [(8, 12), (4, 6)]
    assert sides((1, 8, 9)) == [(8, 9)]


@every
@pytest.mark.parametrize("kind", [Decoder, Encoder])
def test_weights_are_a_function_of_the_seed(architecture: str, kind: Any) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = kind(architecture, (1, 8, 8), 6, 4, seed=3).state_dict()
    assert torch.equal(torch.get_rng_state(), before), "the global generator moved"
    torch.manual_seed(1)
    same, other = (kind(architecture, (1, 8, 8), 6, 4, seed=seed).state_dict() for seed in (3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


@every
def test_an_image_does_not_see_its_batch(architecture: str) -> None:
    z = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    decoder, encoder = Decoder(architecture, (1, 8, 8), 6, 4), Encoder(architecture, (1, 8, 8), 2, 4)
    images = decoder(z)
    numbers = encoder(images)
    for k in range(5):
        torch.testing.assert_close(decoder(z[k : k + 1])[0], images[k], rtol=0, atol=1e-5)
        torch.testing.assert_close(encoder(images[k : k + 1])[0], numbers[k], rtol=0, atol=1e-5)


@every
def test_every_element_of_a_latent_and_every_pixel_matters(architecture: str) -> None:
    z = torch.randn(1, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    image = Decoder(architecture, (1, 8, 8), 6, 4)(z)
    (slope,) = torch.autograd.grad(image.square().sum(), z)
    assert bool((slope.abs() > 1e-8).all())
    x = image.detach().requires_grad_()
    (slope,) = torch.autograd.grad(Encoder(architecture, (1, 8, 8), 1, 4)(x).sum(), x)
    assert bool((slope.abs() > 1e-9).all())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dcgan", (1, 8, 8), 6, 4), "there is no architecture 'dcgan'; there are mlp, conv, resnet"),
        (("conv", (64,), 6, 4), r"conv draws images of shape \(channels, height, width\), got \(64,\)"),
        (("mlp", (1, 8, 8), 0, 4), "must be 1 or more|at least 1|above 0|from 1"),
    ],
)
def test_what_cannot_be_made_is_refused(arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Decoder(*arguments)
