"""Generative adversarial networks, with the non-saturating loss (Goodfellow et al., arXiv 1406.2661).

    critic   mean softplus(C(G(z))) + mean softplus(-C(x)) + penalty / 2 mean |grad_x C(x)|^2
    decoder  mean softplus(-C(G(z')))

each in turn in every update, with latents of its own. The penalty on real images (R1 of Mescheder et al., arXiv
1801.04406) makes the training converge. Adam remembers no mean of gradients, as is usual here: ``betas`` (0, 0.99).
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from samenoise.networks.latents import Encoder
from samenoise.training.latents import LatentLoop

__all__ = ["GANLoop", "critic_loss"]


def critic_loss(critic: Encoder, real: Tensor, drawn: Tensor, penalty: float) -> Tensor:
    """What the critic minimizes: a number.

    Args:
        real, drawn: images, ``(batch, *shape)``.
        penalty: weight of the squared gradient at real images.
    """
    real = real.detach().requires_grad_()
    on_real = critic(real)
    (slope,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
    found: Tensor = F.softplus(critic(drawn)).mean() + F.softplus(-on_real).mean()
    return found + penalty / 2 * slope.flatten(1).square().sum(1).mean()


class GANLoop(LatentLoop):
    """A decoder and its critic. Further arguments as of :class:`~samenoise.training.latents.LatentLoop`.

    Args:
        penalty: see :func:`critic_loss`.
    """

    betas: ClassVar[tuple[float, float]] = (0.0, 0.99)
    latents: ClassVar[int] = 2

    def __init__(self, *args: Any, penalty: float, **more: Any) -> None:
        super().__init__(*args, **more)
        self.penalty = penalty

    def step(self, x: Tensor, z: Tensor) -> list[Tensor]:
        decoder, critic = self.optimizers
        with torch.no_grad():
            drawn = self.decoder(z[0])
        judged = critic_loss(self.encoder, x, drawn, self.penalty)
        critic.zero_grad()
        torch.autograd.backward(judged)
        critic.step()
        self.encoder.requires_grad_(False)
        fooled = F.softplus(-self.encoder(self.decoder(z[1]))).mean()
        decoder.zero_grad()
        torch.autograd.backward(fooled)
        decoder.step()
        self.encoder.requires_grad_(True)
        return [fooled.detach(), judged.detach()]
