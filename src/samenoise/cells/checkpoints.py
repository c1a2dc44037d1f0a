"""Checkpoints of a training in work, in its scratch folder: each file under its own hash, whole or absent.

Every process writes into a folder of its own there, ``scratch/<writer>/``, and reads those of all: who comes after a
process that was killed goes on from what that one kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load, save
from torch import Tensor

from samenoise.runs.bounded import parse_json
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.tree import Tree
from samenoise.runs.writers import writer

__all__ = ["Checkpoints", "Found"]

HEADER, METADATA = 64 * 2**20, "__metadata__"
"""Of a safetensors file: bytes of the longest, and the key of its texts."""

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
        self.tree, self.kept = Tree(scratch), kept

    def save(self, tensors: dict[str, Tensor], log: Log) -> None:
        """Keep a state, and then drop our own before it; that of another process stays, whoever still reads it."""
        before = self._named(writer(), "checkpoint")
        written = self._write("checkpoint", save(tensors, {"log": json.dumps(log)}))
        for place in before:
            if place != written:
                self.tree.remove_file(place)

    def latest(self) -> Found | None:
        """The latest good checkpoint of any process."""
        best: Found | None = None
        for data in self._good("checkpoint"):
            found = Found(load(data), json.loads(_metadata(data)["log"]))
            update = int(found.tensors["update"])
            later = best is None or update > int(best.tensors["update"])
            if later and all(any(self._good(f"kept-{u}")) for u in self.kept if u <= update):
                best = found
        return best

    def keep(self, update: int, networks: Sequence[dict[str, Tensor]]) -> None:
        """Keep the weights of every network after an update."""
        flat = {
            f"{k}/{name}": value.contiguous() for k, weights in enumerate(networks) for name, value in weights.items()
        }
        self._write(f"kept-{update}", save(flat))

    def weights(self, update: int) -> list[dict[str, Tensor]]:
        """What :meth:`keep` kept."""
        flat = load(next(self._good(f"kept-{update}")))
        networks: dict[int, dict[str, Tensor]] = {}
        for name, value in flat.items():
            k, rest = name.split("/", 1)
            networks.setdefault(int(k), {})[rest] = value
        return [networks[k] for k in sorted(networks)]

    def _write(self, name: str, data: bytes) -> str:
        place = f"{writer()}/{name}-{hashlib.sha256(data).hexdigest()}.safetensors"
        self.tree.write(place, data)
        return place

    def _named(self, by: str, name: str) -> list[str]:
        """Files of this name, of one process."""
        names = self.tree.names(by)
        return [f"{by}/{each}" for each in names if each.startswith(f"{name}-") and each.endswith(".safetensors")]

    def _good(self, name: str) -> Iterator[bytes]:
        """Contents of all whole files of this name, of all processes. Any may vanish while we look."""
        for place in [each for by in self.tree.names() for each in self._named(by, name)]:
            with suppress(FileNotFoundError, Unreadable):
                data = self.tree.read(place, self._length(place))
                if hashlib.sha256(data).hexdigest() in place:
                    yield data

    def _length(self, place: str) -> int:
        """Bytes of a file by its own header: what is longer is none of ours, and nobody has to read it to know."""
        start = int.from_bytes(self.tree.start(place, 8), "little")
        try:
            header = parse_json(self.tree.start(place, 8 + min(start, HEADER))[8:])
            return 8 + start + max(int(about["data_offsets"][1]) for name, about in header.items() if name != METADATA)
        except (ValueError, TypeError, LookupError, AttributeError):
            return 0


def _metadata(data: bytes) -> dict[str, str]:
    """The text that a safetensors file carries beside its tensors: in its header, whose length comes first."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata: dict[str, str] = header[METADATA]
    return metadata
