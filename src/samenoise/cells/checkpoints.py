"""Checkpoints of a training in work, in its scratch folder: each file under its own hash, whole or absent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

from samenoise.runs.store import write_whole

__all__ = ["Checkpoints", "Found"]

Log = list[dict[str, Any]]


class Found(NamedTuple):
    """A checkpoint: the state's tensors and the log up to it."""

    tensors: dict[str, Tensor]
    log: Log


class Checkpoints:
    """The latest state to go on from, and weights that are to be kept.

    Args:
        kept: updates after which weights are kept; a checkpoint counts only with all of them that it is past.
    """

    def __init__(self, scratch: Path, kept: Sequence[int] = ()) -> None:
        self.scratch, self.kept = scratch, kept

    def save(self, tensors: dict[str, Tensor], log: Log) -> None:
        """Keep a state, and then drop the one before."""
        before = list(self.scratch.glob("checkpoint-*"))
        written = self._write("checkpoint", save(tensors, {"log": json.dumps(log)}))
        for path in before:
            if path != written:
                path.unlink()

    def latest(self) -> Found | None:
        """The latest good checkpoint."""
        found: list[Found] = []
        for path, data in self._good("checkpoint"):
            with safe_open(path, "pt") as file:
                log = json.loads(file.metadata()["log"])
            tensors = load(data)
            update = int(tensors["update"])
            if all(self._good(f"kept-{u}") for u in self.kept if u <= update):
                found.append(Found(tensors, log))
        return max(found, key=lambda each: int(each.tensors["update"]), default=None)

    def keep(self, update: int, networks: Sequence[dict[str, Tensor]]) -> None:
        """Keep the weights of every network after an update."""
        flat = {
            f"{k}/{name}": value.contiguous() for k, weights in enumerate(networks) for name, value in weights.items()
        }
        self._write(f"kept-{update}", save(flat))

    def weights(self, update: int) -> list[dict[str, Tensor]]:
        """What :meth:`keep` kept."""
        flat = load(self._good(f"kept-{update}")[0][1])
        networks: dict[int, dict[str, Tensor]] = {}
        for name, value in flat.items():
            k, rest = name.split("/", 1)
            networks.setdefault(int(k), {})[rest] = value
        return [networks[k] for k in sorted(networks)]

    def _write(self, name: str, data: bytes) -> Path:
        place = self.scratch / f"{name}-{hashlib.sha256(data).hexdigest()}.safetensors"
        write_whole(place, data)
        return place

    def _good(self, name: str) -> list[tuple[Path, bytes]]:
        files = [(path, path.read_bytes()) for path in sorted(self.scratch.glob(f"{name}-*.safetensors"))]
        return [(path, data) for path, data in files if hashlib.sha256(data).hexdigest() in path.name]
