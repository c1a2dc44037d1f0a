"""Variational autoencoders (Kingma and Welling, arXiv 1312.6114) with a Gaussian likelihood of fixed deviation.

    q(z | x) = N(mu, diag s^2), the encoder's numbers are mu and ln s^2
    loss     = E_q[ -ln N(x; G(z), deviation^2) ] + KL(q(z | x) | N(0, I))

in nats an image, with all constants: minus the evidence lower bound, of one latent an image.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from samenoise.networks.latents import Decoder, Encoder
from samenoise.training.latents import LatentLoop

__all__ = ["VAELoop", "negative_elbo"]


def negative_elbo(encoder: Encoder, decoder: Decoder, x: Tensor, z: Tensor, deviation: float) -> Tensor:
    """Minus the evidence lower bound of each image, in nats, shape ``(batch,)``.

    Args:
        x: images, ``(batch, *shape)``.
        z: unit noise that latents are drawn with, ``(batch, latent)``.
        deviation: of the likelihood, in units of pixels of [-1, 1].
    """
    mean, log_variance = encoder(x).chunk(2, dim=1)
    drawn = decoder(mean + (log_variance / 2).exp() * z)
    squared = (x - drawn).flatten(1).square()
    unlikely = (squared / deviation**2 + math.log(2 * math.pi * deviation**2)).sum(1) / 2
    found: Tensor = unlikely + (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
    return found


class VAELoop(LatentLoop):
    """A decoder and its encoder. Further arguments as of :class:`~samenoise.training.latents.LatentLoop`.

    Args:
        deviation: see :func:`negative_elbo`.
    """

    def __init__(self, *args: Any, deviation: float, **more: Any) -> None:
        super().__init__(*args, **more)
        self.deviation = deviation

    def step(self, x: Tensor, z: Tensor) -> list[Tensor]:
        loss = negative_elbo(self.encoder, self.decoder, x, z[0], self.deviation).mean()
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        torch.autograd.backward(loss)
        for optimizer in self.optimizers:
            optimizer.step()
        return [loss.detach()]
