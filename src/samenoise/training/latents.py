"""How decoders are trained: what GANs and VAEs have in common.

Every update is a pure function of the weights before it and of (seed, update): images and latents are drawn as in
:mod:`samenoise.training.order`, and no latent of a training is ever a noise that is sampled from. Kept are averaged
weights of the decoder, as of every other network.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from samenoise.networks.latents import Decoder, Encoder
from samenoise.training.order import draws
from samenoise.training.recipe import DivergedError, Recipe, refuse_broken

__all__ = ["LatentLoop"]

CHECK_EVERY = 50
"""Updates between looks at the losses: each look waits for the device."""


class LatentLoop(ABC):
    """A decoder in training, and what it is trained with; :meth:`train` yields it after every update.

    Args:
        decoder, encoder: with their initial weights; trained in place.
        images: training set, float in [-1, 1], shape ``(n, *shape)``.
        seed: of the order of data and of all noise.
        name: what to call the model in messages.

    Attributes:
        update: updates done.
        loss: losses of the last update that was looked at.
    """

    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    """Of Adam."""
    latents: ClassVar[int] = 1
    """Latents that an update draws for each image."""

    def __init__(
        self,
        decoder: Decoder,
        encoder: Encoder,
        images: Tensor,
        seed: int,
        recipe: Recipe,
        device: str = "cpu",
        name: str = "the decoder",
    ) -> None:
        refuse_broken(images, name)
        self.decoder, self.encoder = decoder.to(device).train(), encoder.to(device).train()
        self.images, self.seed, self.recipe, self.device, self.name = images.to(device), seed, recipe, device, name
        self.optimizers = [self._adam(net) for net in (self.decoder, self.encoder)]
        self.ema = {key: p.detach().clone() for key, p in self.decoder.named_parameters()}
        self.update, self.loss = 0, [math.nan]

    def _adam(self, net: nn.Module) -> torch.optim.Adam:
        return torch.optim.Adam(net.parameters(), lr=self.recipe.lr, betas=self.betas)

    @abstractmethod
    def step(self, x: Tensor, z: Tensor) -> list[Tensor]:
        """One update of the weights; its losses.

        Args:
            x: images, ``(batch, *shape)``.
            z: unit noise, ``(latents, batch, latent)``.
        """

    def train(self) -> Iterator[Self]:
        """Yield this object after each update, up to the recipe's end.

        Raises:
            DivergedError: a loss is not finite (looked at every 50 updates and at the end).
        """
        recipe = self.recipe
        for k in range(self.update, recipe.updates):
            drawn = draws(self.seed, k, recipe.batch, (self.latents, self.decoder.latent))
            rows = (drawn.image * len(self.images)).long()
            for optimizer in self.optimizers:
                optimizer.param_groups[0]["lr"] = recipe.lr_at(k)
            losses = self.step(self.images[rows.to(self.device)], drawn.z.transpose(0, 1).to(self.device))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.ema.values()), list(self.decoder.parameters()), recipe.ema_weight(k))
            self.update = k + 1
            if self.update % CHECK_EVERY == 0 or self.update == recipe.updates:
                self.loss = [float(loss) for loss in losses]
                if not all(map(math.isfinite, self.loss)):
                    raise DivergedError([self.name], self.update, recipe)
            yield self

    def weights(self) -> dict[str, Tensor]:
        """The decoder's averaged weights, on the CPU."""
        return {key: value.cpu().clone() for key, value in self.ema.items()}

    def tensors(self) -> dict[str, Tensor]:
        """All that training carries from update to update, flat; :meth:`restore` is the inverse."""
        flat = {f"ema.{key}": value for key, value in self.ema.items()}
        for k, (net, optimizer) in enumerate(self._pairs()):
            flat |= {f"{k}.params.{key}": p.detach() for key, p in net.named_parameters()}
            state = optimizer.state_dict()["state"]
            flat |= {f"{k}.optimizer.{i}.{key}": v for i, own in state.items() for key, v in own.items()}
        flat["update"], flat["loss"] = torch.tensor(self.update), torch.tensor(self.loss, dtype=torch.float64)
        return {key: value.cpu().contiguous() for key, value in flat.items()}

    @torch.no_grad()
    def restore(self, flat: dict[str, Tensor]) -> None:
        """Go on from the state that :meth:`tensors` gave, on the same networks, recipe and data."""
        for key, value in self.ema.items():
            value.copy_(flat[f"ema.{key}"])
        for k, (net, optimizer) in enumerate(self._pairs()):
            for key, p in net.named_parameters():
                p.copy_(flat[f"{k}.params.{key}"])
            states: dict[int, dict[str, Tensor]] = {}
            for name, value in flat.items():
                if name.startswith(f"{k}.optimizer."):
                    _, _, i, key = name.split(".", 3)
                    states.setdefault(int(i), {})[key] = value.clone()
            optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
        self.update, self.loss = int(flat["update"]), flat["loss"].tolist()

    def _pairs(self) -> Sequence[tuple[nn.Module, torch.optim.Adam]]:
        return list(zip((self.decoder, self.encoder), self.optimizers, strict=True))
