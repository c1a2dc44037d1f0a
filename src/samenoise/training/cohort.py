"""Cohorts: all small models of one shape in a sweep, trained together.

Small networks leave a processor waiting between operations. Stacking the parameters of ``K`` models of one shape makes
every operation ``K`` times as large; each model still has its own training set, seed, loss and gradient, so it learns
what it would have learnt alone, up to rounding. One model is a cohort of one: there is no other loop for these
networks.

    theta <- Adam(theta, grad mean (F(c_in x_t, c_noise) - target)^2)
    ema   <- ema + weight (theta - ema)             see Recipe.ema_weight
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from samenoise.denoiser import Parameterisation
from samenoise.networks import ResidualMLP
from samenoise.process import Process
from samenoise.training.labels import Labels
from samenoise.training.loss import task
from samenoise.training.order import draws
from samenoise.training.recipe import DivergedError, Recipe, refuse_broken
from samenoise.training.stack import Stack

__all__ = ["Cohort", "State"]


@dataclass
class State:
    """Everything that training carries from update to update, stacked over the cohort; yielded after the update."""

    update: int
    """Updates done."""
    params: dict[str, Tensor]
    ema: dict[str, Tensor]
    first: dict[str, Tensor]
    """Adam's running mean of the gradient."""
    second: dict[str, Tensor]
    """Adam's running mean of its square."""
    loss: Tensor
    """Loss of the last update, shape ``(K,)``."""

    def tensors(self) -> dict[str, Tensor]:
        """Flat and ready for safetensors; :meth:`from_tensors` is its inverse."""
        parts = {"params": self.params, "ema": self.ema, "first": self.first, "second": self.second}
        flat = {f"{part}.{name}": value.detach() for part, tensors in parts.items() for name, value in tensors.items()}
        return {**flat, "update": torch.tensor(self.update), "loss": self.loss}

    @classmethod
    def from_tensors(cls, flat: dict[str, Tensor]) -> State:
        """The state that :meth:`tensors` flattened."""

        def part(name: str) -> dict[str, Tensor]:
            return {key.removeprefix(f"{name}."): value for key, value in flat.items() if key.startswith(f"{name}.")}

        return cls(int(flat["update"]), part("params"), part("ema"), part("first"), part("second"), flat["loss"])


class Cohort:
    """``K`` models of one shape with a training set and a seed each.

    Args:
        networks: residual MLPs of one shape, with their initial weights.
        images: one training set for each model, float in [-1, 1], shapes ``(n_k, *shape)``.
        seeds: one for each model. Models with the same seed see the same noise and times; give models that will be
            compared different seeds.
        names: what to call the models in messages.
        labels: of each training set, where the networks have classes.

    Raises:
        ValueError: numbers differ, or a training set holds NaN or infinity.
    """

    def __init__(
        self,
        networks: Sequence[ResidualMLP],
        images: Sequence[Tensor],
        seeds: Sequence[int],
        names: Sequence[str],
        process: Process,
        parameterisation: Parameterisation,
        recipe: Recipe,
        sigma_data: float = 0.5,
        device: str = "cpu",
        labels: Sequence[Labels] | None = None,
    ) -> None:
        if not len(networks) == len(images) == len(seeds) == len(names) > 0:
            raise ValueError("a cohort needs as many networks as training sets, seeds and names")
        for own, name in zip(images, names, strict=True):
            refuse_broken(own, name)
        self.networks, self.names = list(networks), list(names)
        self.process, self.parameterisation, self.sigma_data = process, parameterisation, sigma_data
        self.recipe, self.device = recipe, device
        self.shape = tuple(images[0].shape[1:])
        # Nested subsets overlap, but small images are cheap to keep more than once.
        self.counts = torch.tensor([len(x) for x in images])
        self.starts = self.counts.cumsum(0) - self.counts
        self.images = torch.cat(list(images)).to(device)
        self.labels, self.each_seed = labels, list(seeds)
        self.seeds = sorted(set(seeds))
        self.stream = torch.tensor([self.seeds.index(seed) for seed in seeds])

    def start(self) -> State:
        """The state before the first update."""
        members = [dict(network.named_parameters()) for network in self.networks]
        params = {name: torch.stack([m[name].detach() for m in members]).to(self.device) for name in members[0]}
        copies = [{name: p.clone() for name, p in params.items()}]
        zeros = [{name: torch.zeros_like(p) for name, p in params.items()} for _ in range(2)]
        return State(0, params, copies[0], zeros[0], zeros[1], torch.full((len(members),), math.nan))

    def train(self, state: State) -> Iterator[State]:
        """Yield the state after each update, from ``state`` (see :meth:`start`) to the recipe's end.

        The same object is yielded every time, changed in place: take what is to be kept.

        Raises:
            DivergedError: a loss is not finite (looked at every 50 updates and at the end).
        """
        recipe, params = self.recipe, state.params
        stack = Stack(self.networks[0].to(self.device), len(self.networks), recipe.batch, self.device)
        leaves = list(params.values())
        optimizer = torch.optim.Adam(leaves, lr=recipe.lr, fused=True)
        for name, p in params.items():
            step = torch.tensor(float(state.update), device=self.device)
            optimizer.state[p] = {"step": step, "exp_avg": state.first[name], "exp_avg_sq": state.second[name]}
            p.grad = torch.zeros_like(p)
        grads = {name: p.grad for name, p in params.items() if p.grad is not None}
        averages = [state.ema[name] for name in params]
        while state.update < recipe.updates:
            k = state.update
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr_at(k)
            index, x0, z, t = self._batch(k)
            seen = task(x0, z, t, self.process, self.parameterisation, self.sigma_data)
            losses = stack.gradients(params, grads, *seen, self._rows(k, index))
            optimizer.step()
            torch._foreach_lerp_(averages, leaves, recipe.ema_weight(k))
            state.update, state.loss = k + 1, losses.cpu()
            if state.update % 50 == 0 or state.update == recipe.updates:
                self._check(state)
            yield state

    def _batch(self, update: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Numbers of images in their training sets, and ``(x_0, z, t)``, for the whole cohort: shapes ``(K, batch)``,
        ``(K, batch, *shape)`` and ``(K, batch)``."""
        streams = [draws(seed, update, self.recipe.batch, self.shape) for seed in self.seeds]
        u_image, u_time, z = (torch.stack(parts)[self.stream] for parts in zip(*streams, strict=True))
        index = (u_image * self.counts[:, None]).long()
        images = self.images[(index + self.starts[:, None]).to(self.device)]
        return index, images, z.to(self.device), self.process.training_time(u_time)

    def _rows(self, update: int, index: Tensor) -> Tensor | None:
        """What the update tells of them, as rows of the table of classes, ``(K, batch)``."""
        if self.labels is None:
            return None
        each = zip(self.networks, self.labels, index, self.each_seed, strict=True)
        told = [network.chosen(own.of(i, seed, update), len(i), i.device) for network, own, i, seed in each]
        found = [rows for rows in told if rows is not None]
        return torch.stack(found).to(self.device) if found else None

    def _check(self, state: State) -> None:
        bad = [name for name, loss in zip(self.names, state.loss.tolist(), strict=True) if not math.isfinite(loss)]
        if bad:
            raise DivergedError(bad, state.update, self.recipe)

    def weights(self, state: State) -> list[dict[str, Tensor]]:
        """The averaged weights of every model, as state dicts on the CPU."""
        return [{name: value[k].cpu() for name, value in state.ema.items()} for k in range(len(self.networks))]
