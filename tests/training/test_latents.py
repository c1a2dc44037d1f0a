"""GANs and VAEs in training: their losses against other ways to them, and trainings that are a function of the seed."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor

from samenoise.data import digits
from samenoise.networks.latents import Decoder, Encoder
from samenoise.training.gan import GANLoop, critic_loss
from samenoise.training.latents import LatentLoop
from samenoise.training.order import draws
from samenoise.training.recipe import DivergedError, Recipe
from samenoise.training.vae import VAELoop, negative_elbo

SHAPE, LATENT, WIDTH = (1, 8, 8), 5, 8
IMAGES = digits().images[:40]
KINDS = ["gan", "vae"]
ARCHITECTURES = ["mlp", "conv"]
each = pytest.mark.parametrize("architecture", ARCHITECTURES)
both = pytest.mark.parametrize("kind", KINDS)


def loop(kind: str, architecture: str = "mlp", seed: int = 1, init: int = 0, **recipe: Any) -> LatentLoop:
    how = Recipe(**{"updates": 12, "batch": 6, "lr": 2e-3, "warmup": 3, **recipe})
    decoder = Decoder(architecture, SHAPE, LATENT, WIDTH, init)
    encoder = Encoder(architecture, SHAPE, 1 if kind == "gan" else 2 * LATENT, WIDTH, init + 1)
    if kind == "gan":
        return GANLoop(decoder, encoder, IMAGES, seed, how, name="a gan", penalty=0.5)
    return VAELoop(decoder, encoder, IMAGES, seed, how, name="a vae", deviation=0.3)


def trained(found: LatentLoop) -> dict[str, Tensor]:
    for _ in found.train():
        pass
    return found.weights()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[key], other[key]) for key in one)


@each
def test_the_loss_of_a_vae_is_minus_the_bound_by_other_means(architecture: str) -> None:
    """Likelihood by scipy's density, divergence by numerical integration of its definition, in float64."""
    decoder = Decoder(architecture, SHAPE, LATENT, WIDTH, 3).double()
    encoder = Encoder(architecture, SHAPE, 2 * LATENT, WIDTH, 4).double()
    x, z = IMAGES[:3].double(), torch.from_numpy(np.random.default_rng(0).standard_normal((3, LATENT)))
    with torch.no_grad():
        found = negative_elbo(encoder, decoder, x, z, 0.3)
        numbers = encoder(x).numpy()
        mean, scale = numbers[:, :LATENT], np.exp(numbers[:, LATENT:] / 2)
        drawn = decoder(torch.from_numpy(mean + scale * z.numpy())).numpy()
    for k in range(3):
        likelihood = norm.logpdf(x[k].numpy(), drawn[k], 0.3).sum()
        divergence = 0.0
        for m, s in zip(mean[k], scale[k], strict=True):

            def integrand(t: float, m: float = m, s: float = s) -> float:
                return float(norm.pdf(t, m, s) * (norm.logpdf(t, m, s) - norm.logpdf(t)))

            divergence += quad(integrand, m - 12 * s, m + 12 * s, epsabs=1e-10)[0]
        assert float(found[k]) == pytest.approx(divergence - likelihood, rel=1e-7)


@each
def test_the_loss_of_a_critic_is_that_of_finite_differences(architecture: str) -> None:
    critic = Encoder(architecture, SHAPE, 1, WIDTH, 3).double()
    real, drawn = IMAGES[:2].double(), IMAGES[2:5].double().flip(-1)
    with torch.no_grad():
        on_real, on_drawn = critic(real)[:, 0].numpy(), critic(drawn)[:, 0].numpy()
        step, squared = 1e-5, np.zeros(2)
        for p in range(64):
            shift = torch.zeros(64, dtype=torch.float64)
            shift[p] = step
            ahead, behind = (critic(real + sign * shift.reshape(SHAPE))[:, 0] for sign in (1, -1))
            squared += ((ahead - behind).numpy() / (2 * step)) ** 2
    expected = np.log1p(np.exp(-on_real)).mean() + np.log1p(np.exp(on_drawn)).mean()
    assert float(critic_loss(critic, real, drawn, 0.0).detach()) == pytest.approx(expected, rel=1e-9)
    penalized = float(critic_loss(critic, real, drawn, 0.7).detach())
    assert penalized == pytest.approx(expected + 0.35 * squared.mean(), rel=1e-6)
    assert squared.mean() > 1e-6


def test_an_update_of_a_gan_moves_each_network_by_its_own_loss() -> None:
    """Adam's first update is the sign of the gradient: that of the critic at the decoder before it, that of the decoder
    at the critic after it, each at latents of its own."""
    found = loop("gan", warmup=0, ema=0.0, schedule="constant")
    assert isinstance(found, GANLoop)
    decoder, critic = Decoder("mlp", SHAPE, LATENT, WIDTH, 0), Encoder("mlp", SHAPE, 1, WIDTH, 1)
    drawn = draws(1, 0, 6, (2, LATENT))
    x, (z, again) = IMAGES[(drawn.image * len(IMAGES)).long()], drawn.z.transpose(0, 1)
    critic_loss(critic, x, decoder(z).detach(), 0.5).backward()  # type: ignore[no-untyped-call]
    next(iter(found.train()))
    for p, after in zip(critic.parameters(), found.encoder.parameters(), strict=True):
        assert p.grad is not None
        moved = p.detach() - 2e-3 * p.grad / (p.grad.abs() + 1e-8)
        torch.testing.assert_close(after.detach(), moved, rtol=1e-4, atol=1e-6)
    torch.nn.functional.softplus(-found.encoder(decoder(again))).mean().backward()
    for key, p in decoder.named_parameters():
        assert p.grad is not None
        moved = p.detach() - 2e-3 * p.grad / (p.grad.abs() + 1e-8)
        torch.testing.assert_close(found.weights()[key], moved, rtol=1e-4, atol=1e-5)


@both
@each
def test_one_seed_is_one_training_and_another_is_another(kind: str, architecture: str) -> None:
    one = trained(loop(kind, architecture))
    torch.manual_seed(7)
    assert same(one, trained(loop(kind, architecture)))
    assert not same(one, trained(loop(kind, architecture, seed=2)))
    assert not same(one, trained(loop(kind, architecture, init=5)))


@both
@each
def test_a_training_that_is_taken_up_again_ends_at_the_same_bits(kind: str, architecture: str) -> None:
    whole = trained(loop(kind, architecture))
    first = loop(kind, architecture)
    for _ in islice(first.train(), 5):
        state = {key: value.clone() for key, value in first.tensors().items()}
    second = loop(kind, architecture, init=9)  # all that it starts with is replaced
    second.restore(state)
    assert second.update == 5
    assert same(whole, trained(second))


@both
def test_the_weights_that_are_kept_are_averaged(kind: str) -> None:
    """As one over them all, here: ema 0.288 has gamma 0."""
    found, total = loop(kind, ema=0.288, warmup=0), None
    for _ in found.train():
        now = [p.detach().double().clone() for p in found.decoder.parameters()]
        total = now if total is None else [a + b for a, b in zip(total, now, strict=True)]
    assert total is not None
    for mean, kept in zip(total, found.weights().values(), strict=True):
        torch.testing.assert_close(kept.double(), mean / 12, rtol=5e-3, atol=5e-4)


@both
def test_the_losses_of_a_training_fall(kind: str) -> None:
    """A VAE's bound on what it is trained on; a GAN's pictures come nearer to the images."""
    found = loop(kind, updates=150, batch=16, lr=5e-3)
    z = torch.from_numpy(np.random.default_rng(1).standard_normal((64, LATENT))).float()

    def far() -> float:
        with torch.no_grad():
            if kind == "vae":
                return float(negative_elbo(found.encoder, found.decoder, IMAGES, z[:40], 0.3).mean())
            return float(torch.cdist(found.decoder(z).flatten(1), IMAGES.flatten(1)).amin(1).mean())

    before = far()
    trained(found)
    assert far() < (0.5 if kind == "vae" else 0.8) * before


@both
def test_a_training_that_diverges_is_named(kind: str) -> None:
    with pytest.raises(DivergedError, match=rf"training of a {kind} diverged"):
        trained(loop(kind, lr=1e30, updates=50, warmup=0))


def test_broken_images_are_refused() -> None:
    decoder, encoder = Decoder("mlp", SHAPE, LATENT, WIDTH), Encoder("mlp", SHAPE, 1, WIDTH)
    images = IMAGES.clone()
    images[3, 0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="the training set of a gan holds NaN or infinity in 1 of 40 images"):
        GANLoop(decoder, encoder, images, 0, Recipe(), name="a gan", penalty=1.0)
