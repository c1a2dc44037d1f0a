"""The record of a training: its losses on the way, on its own images and on unseen ones, and its checkpoints.

log.jsonl           {"update", "loss": [of each network]} every hundred updates, and at the looks of
                    :mod:`samenoise.training.unseen` {"update", "unseen": [mean of each network]}
unseen.safetensors  ``update`` (looks,), ``loss`` (looks, networks, images)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from samenoise.cells.checkpoints import Checkpoints
from samenoise.runs.cell import Progress
from samenoise.training.unseen import Unseen, looks_back

__all__ = ["Look", "Record", "unseen_losses"]

CHECKPOINT_SECONDS = 5.0
CHECKPOINT_SHARE = 0.03
"""Checkpoints are kept every few seconds, or more seldom where they would take more than this share of the time."""
LOG_EVERY = 100
SHOW_EVERY = 10
UNSEEN = "unseen.safetensors"


class _State(Protocol):
    @property
    def update(self) -> int: ...
    def tensors(self) -> dict[str, Tensor]: ...


class Look:
    """The loss of networks on images that none of them trains on.

    Args:
        unseen: the images, and what networks are trained for.
        network: one of their shape, to put weights into.
    """

    def __init__(self, unseen: Unseen, network: nn.Module, device: str) -> None:
        self.unseen, self.network, self.device = unseen, network.to(device).eval(), device

    def __call__(self, networks: Sequence[dict[str, Tensor]]) -> list[list[float]]:
        """Losses of every image, for each network."""
        found = []
        for weights in networks:
            self.network.load_state_dict(weights)
            found.append(self.unseen.losses(self.network, self.device).tolist())
        return found


class Record:
    """What a training says of itself.

    Args:
        log: of a checkpoint that the training goes on from, empty at its start.
        weights: the averaged weights of every network, as they are.
        look: the loss on unseen images, where there are any.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        log: list[dict[str, Any]],
        updates: int,
        progress: Progress,
        weights: Callable[[], list[dict[str, Tensor]]],
        look: Look | None,
    ) -> None:
        self.checkpoints, self.log, self.updates, self.progress = checkpoints, log, updates, progress
        self.weights, self.look = weights, look
        self.looks = frozenset(looks_back(updates) if look else ())
        self.due = time.monotonic() + CHECKPOINT_SECONDS

    def after(self, state: _State, losses: list[float]) -> None:
        """To be called after every update."""
        update = state.update
        if update % LOG_EVERY == 0 or update == self.updates:
            self.log.append({"update": update, "loss": losses})
        if self.look is not None and update in self.looks:
            self.log.append({"update": update, "unseen": self.look(self.weights())})
        if update % SHOW_EVERY == 0 or update == self.updates:
            self.progress(update / self.updates)
        now = time.monotonic()
        if now > self.due and update < self.updates:
            self.checkpoints.save({name: v.cpu().contiguous() for name, v in state.tensors().items()}, self.log)
            took = time.monotonic() - now
            self.due = time.monotonic() + max(CHECKPOINT_SECONDS, took / CHECKPOINT_SHARE)

    def write(self, out: Path) -> None:
        """The files, in the folder of a cell."""
        looks = [row for row in self.log if "unseen" in row]
        if looks:
            loss = torch.tensor([row["unseen"] for row in looks], dtype=torch.float64)
            save_file({"update": torch.tensor([row["update"] for row in looks]), "loss": loss}, out / UNSEEN)
        rows = [{**row, "unseen": [_mean(x) for x in row["unseen"]]} if "unseen" in row else row for row in self.log]
        (out / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def unseen_losses(folder: Path, network: int) -> tuple[Tensor, Tensor]:
    """Of a training's result: updates of the looks, int64 of shape ``(looks,)``, and the losses of a network's unseen
    images then, float64 of shape ``(looks, images)``."""
    found = load_file(folder / UNSEEN)
    return found["update"], found["loss"][:, network]


def _mean(losses: list[float]) -> float:
    return round(sum(losses) / len(losses), 6)
