"""The training loop of image networks: any network, any objective, on one device or many.

    theta <- optimizer(theta, grad mean loss)
    ema   <- ema + weight (theta - ema)              see Recipe.ema_weight

Accelerate brings devices, precision, processes and trackers. What is trained is a pure function of the seed: every
process draws the whole batch of an update and takes rows of it. A batch is cut into as many parts as the recipe says,
and processes share the parts (:mod:`samenoise.training.in_order`): their number does not change a bit, where they are
of one kind. Another number of parts sees the same images, times and noise, and differs by the rounding of sums.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from samenoise.training.in_order import InOrder
from samenoise.training.labels import Labelled, Labels
from samenoise.training.objective import Objective
from samenoise.training.order import Draws, drawn_ahead, draws
from samenoise.training.recipe import DivergedError, Recipe, refuse_broken

__all__ = ["Loop"]

CHECK_EVERY = 50
"""Updates between looks at the loss: each look waits for the device."""


class Loop:
    """One model in training; :meth:`train` yields it after every update.

    Args:
        network: with its initial weights; trained in place.
        images: training set, float in [-1, 1], shape ``(n, *shape)``.
        seed: of the order of data, times and noise.
        name: what to call the model in messages.
        labels: of the training set, where the network has classes.
        log_with: trackers of accelerate, such as "tensorboard"; their files go to ``log_dir``.

    Attributes:
        update: updates done.
        loss: mean loss of the last update that was looked at, over all of its batch.
        ema: averaged weights by parameter name, float32.
    """

    def __init__(
        self,
        network: nn.Module,
        images: Tensor,
        seed: int,
        objective: Objective,
        recipe: Recipe,
        device: str = "cpu",
        name: str = "the network",
        log_with: Sequence[str] = (),
        log_dir: str | None = None,
        labels: Labels | None = None,
    ) -> None:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState

        refuse_broken(images, name)
        if device.startswith("cuda:"):
            torch.cuda.set_device(device)
        # Of a model before this one in the same process, perhaps in another precision or on another device.
        AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())
        self.accelerator = Accelerator(
            cpu=device == "cpu",
            mixed_precision="no" if recipe.precision == "fp32" else recipe.precision,
            log_with=list(log_with) or None,
            project_dir=log_dir,
        )
        processes, parts = self.accelerator.num_processes, recipe.accumulate
        if parts % processes:
            raise ValueError(
                f"{processes} processes cannot share training.accumulate={parts} parts of a batch: give it a multiple "
                "of them"
            )
        if recipe.batch % parts:
            raise ValueError(
                f"training.batch ({recipe.batch}) cannot be cut into training.accumulate ({parts}) equal parts"
            )
        self.device = self.accelerator.device
        self.network, self.recipe, self.objective, self.seed, self.name = network, recipe, objective, seed, name
        self.shape, self.share = tuple(images.shape[1:]), recipe.batch // parts
        self.images, self.labels = images.to(self.device), labels
        network.to(self.device).train()
        if recipe.channels_last:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's overloads
        self.optimizer = _optimizer(network, recipe, self.device)
        self.params = dict(network.named_parameters())
        self.ema = {key: p.detach().clone() for key, p in self.params.items()}
        wrapped = torch.compile(network) if recipe.compile else network
        # Not as one of several: gradients are added up here.
        self.wrapped = self.accelerator.prepare_model(wrapped, evaluation_mode=True)
        self.prepared = self.accelerator.prepare_optimizer(self.optimizer)
        self.update, self.loss = 0, math.nan

    def train(self) -> Iterator[Loop]:
        """Yield this object after each update, up to the recipe's end: take what is to be kept.

        Raises:
            DivergedError: the loss is not finite (looked at every 50 updates and at the end).
        """
        recipe, accelerator = self.recipe, self.accelerator
        trained = [p for p in self.params.values() if p.requires_grad]
        for k, drawn in zip(range(self.update, recipe.updates), self._draws(), strict=True):
            for group in self.optimizer.param_groups:
                group["lr"] = recipe.lr_at(k)
            loss = self._gradients(k, drawn)
            if recipe.clip is not None:
                accelerator.clip_grad_norm_(trained, recipe.clip)
            self.prepared.step()
            self.prepared.zero_grad()
            with torch.no_grad():
                torch._foreach_lerp_(list(self.ema.values()), list(self.params.values()), recipe.ema_weight(k))
            self.update = k + 1
            if self.update % CHECK_EVERY == 0 or self.update == recipe.updates:
                self.loss = float(loss)
                if not math.isfinite(self.loss):
                    raise DivergedError([self.name], self.update, recipe)
            yield self

    def _draws(self) -> Iterator[Draws]:
        """Of the updates that are left. Beside a GPU the next are drawn ahead; a CPU has no time to spare."""
        updates, batch = range(self.update, self.recipe.updates), self.recipe.batch
        if self.device.type != "cpu":
            return drawn_ahead(self.seed, updates, batch, self.shape)
        return (draws(self.seed, update, batch, self.shape) for update in updates)

    def _gradients(self, update: int, drawn: Draws) -> Tensor:
        """Add up the gradients of the update's batch, part by part; the mean loss of its rows."""
        index = (drawn.image * len(self.images)).long()
        told = None if self.labels is None else self.labels.of(index, self.seed, update)
        processes, total = self.accelerator.num_processes, torch.zeros((), device=self.device)
        shared = InOrder([p for p in self.params.values() if p.requires_grad]) if processes > 1 else None
        for part in range(self.accelerator.process_index, self.recipe.accumulate, processes):
            rows = slice(part * self.share, (part + 1) * self.share)
            x0, z = self.images[index[rows].to(self.device)], drawn.z[rows].to(self.device, non_blocking=True)
            if self.recipe.channels_last:
                x0, z = (v.contiguous(memory_format=torch.channels_last) for v in (x0, z))
            network = self.wrapped if told is None else Labelled(self.wrapped, told[rows])
            losses = self.objective(network, x0, z, drawn.time[rows], update)
            loss = losses.mean() / self.recipe.accumulate
            self.accelerator.backward(loss)
            if shared is None:
                total += loss.detach()
            else:
                shared.add(loss.detach())
        return total if shared is None else shared.put()

    def agreed(self, value: Any) -> Any:
        """What the first process has, in all of them."""
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def tensors(self) -> dict[str, Tensor]:
        """All that training carries from update to update, flat; :meth:`restore` is the inverse."""
        optimizer = self.optimizer.state_dict()["state"]
        flat = {f"params.{key}": p.detach() for key, p in self.params.items()}
        flat |= {f"ema.{key}": value for key, value in self.ema.items()}
        flat |= {f"optimizer.{i}.{key}": v for i, state in optimizer.items() for key, v in state.items()}
        scaler = self.accelerator.scaler
        content = json.dumps(scaler.state_dict() if scaler is not None else {}).encode()
        flat["scaler"] = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        flat["update"], flat["loss"] = torch.tensor(self.update), torch.tensor(self.loss, dtype=torch.float64)
        return {key: value.cpu().contiguous() for key, value in flat.items()}

    @torch.no_grad()
    def restore(self, flat: dict[str, Tensor]) -> None:
        """Go on from the state that :meth:`tensors` gave, on the same network, recipe and data."""
        for key, p in self.params.items():
            p.copy_(flat[f"params.{key}"])
            self.ema[key].copy_(flat[f"ema.{key}"])
        trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in flat.items():
            if name.startswith("optimizer."):
                _, i, key = name.split(".", 2)
                p = trained[int(i)]
                # Fused optimizers go by the order in memory: moments lie as their parameter does.
                like = torch.empty_like(p).copy_(value) if value.shape == p.shape else value
                states.setdefault(int(i), {})[key] = like
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": states})
        if self.accelerator.scaler is not None and (content := bytes(flat["scaler"].numpy())):
            self.accelerator.scaler.load_state_dict(json.loads(content))
        self.update, self.loss = int(flat["update"]), float(flat["loss"])

    def weights(self) -> dict[str, Tensor]:
        """State dict of the network with its averaged weights, on the CPU."""
        state = {key: value.detach().cpu().clone() for key, value in self.network.state_dict().items()}
        return state | {key: value.cpu().clone() for key, value in self.ema.items()}


def _optimizer(network: nn.Module, recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    params = [p for p in network.parameters() if p.requires_grad]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(params, lr=recipe.lr, momentum=0.9, weight_decay=recipe.weight_decay)
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    fused = device.type in ("cpu", "cuda")
    return kind(params, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=fused)
