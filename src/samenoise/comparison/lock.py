"""A lock file: what a generator draws from which noise, small enough for a repository.

JSON. Of every noise it has a fingerprint, a thumbnail and a sketch of the image (:mod:`samenoise.comparison.sketch`);
beside them the noise bank and its hash, the prompts or classes, what the generator said of itself, the versions that
drew, what it scored against itself, and a history of checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from samenoise.comparison.compare import How
from samenoise.comparison.drawn import Drawn, OnProgress, ceilings_of, draw_side
from samenoise.comparison.lock_file import VERSION, content_of, packed, unpacked
from samenoise.comparison.noises import agreed
from samenoise.comparison.result import ceiling_content, machine
from samenoise.comparison.side import Conditions, opening
from samenoise.comparison.sketch import BUCKETS, fingerprints, sketches, thumbnails
from samenoise.comparison.spec import SideSpec, named_apart
from samenoise.features import Pixel
from samenoise.generators.sampling import full_precision
from samenoise.outside.base import OutsideError
from samenoise.runs.files import write_whole

__all__ = ["Kept", "Lock", "kept_of", "make", "read"]


@dataclass(frozen=True)
class Kept:
    """What is kept of some images."""

    fingerprints: list[str]
    thumbnails: np.ndarray
    """Float32, shape ``(n, c, h', w')``; in a file, float16."""
    sketches: np.ndarray
    """Float32, shape ``(n, 64)``."""
    shape: tuple[int, ...]
    """Of one image."""


@dataclass(frozen=True)
class Lock:
    """A lock file, read."""

    target: str
    """As it was written: ``./unet,steps=10``; empty where the generator was an object."""
    ids: list[int]
    bank: str | None
    seed: int
    noise_shape: tuple[int, ...] | None
    conditions: list[str | int] | None
    kept: Kept
    about: Mapping[str, Any]
    machine: Mapping[str, str]
    itself: Sequence[Mapping[str, Any]]
    """The generator against itself, in each way."""
    history: Sequence[Mapping[str, Any]] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "samenoise_lock": VERSION,
            "target": self.target,
            "noise": {"bank": self.bank, "seed": self.seed, "shape": self.noise_shape, "ids": self.ids},
            "conditions": self.conditions,
            "about": dict(self.about),
            "machine": dict(self.machine),
            "itself": list(self.itself),
            "images": {
                "shape": list(self.kept.shape),
                "fingerprints": self.kept.fingerprints,
                "thumbnails": packed(self.kept.thumbnails.astype("<f2")),
                "thumbnail_shape": list(self.kept.thumbnails.shape[1:]),
                "sketches": packed(self.kept.sketches.astype("<f4")),
            },
            "history": list(self.history),
        }

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        write_whole(path, (json.dumps(self.content(), indent=1) + "\n").encode())

    def noted(self, check: Mapping[str, Any]) -> Lock:
        """The same with one check more in its history."""
        return replace(self, history=[*self.history, check])


def kept_of(drawn: Drawn) -> Kept:
    """What a lock keeps of the images of a side."""
    prints: list[str] = []
    small, numbers = [], []
    for start, stop in drawn.spool.chunks():
        images = drawn.spool.read(start, stop)
        prints += fingerprints(drawn.spool.raw(start, stop))
        small.append(thumbnails(images).numpy().astype(np.float16).astype(np.float32))
        numbers.append(sketches(images))
    return Kept(prints, np.concatenate(small), np.concatenate(numbers), drawn.spool.shape)


def make(spec: SideSpec, target: str, how: How | None = None, on_progress: OnProgress | None = None) -> Lock:
    """Draw a generator and keep what it drew.

    Args:
        spec: the generator.
        target: how it is to be opened again; may be empty.
        how: over which noises; ``threshold`` and ``ceiling`` are those of its scores against itself.

    Raises:
        OutsideError: it cannot be opened, failed, or drew broken pictures.
    """
    how = how or How()
    [spec] = named_apart([spec])
    with full_precision(), opening(spec) as side:
        noises = agreed({spec.name: side}, how.ids, how.noises, how.seed, how.shape, how.conditions)
        drawn = draw_side(spec, side, noises, how.ceiling, how.ceiling_with, on_progress)
    if drawn.broken:
        raise OutsideError(f"broken pictures are not locked: {drawn.broken[0]}", 1)
    pixel = Pixel(torch.from_numpy(drawn.spool.mean).float())
    threshold = pixel.extractor.threshold if how.threshold is None else how.threshold
    itself = [ceiling_content(each, threshold) for each in ceilings_of(drawn, pixel)]
    bank, conditions = noises.bank, noises.conditions
    lock = Lock(
        target=target,
        ids=noises.ids,
        bank=noises.bank_hash,
        seed=how.seed,
        noise_shape=None if bank is None else bank.shape,
        conditions=None if conditions is None else conditions.values,
        kept=kept_of(drawn),
        about=side.about,
        machine=machine(),
        itself=itself,
    )
    drawn.spool.close()
    return lock


def read(path: Path) -> Lock:
    """Read a lock file.

    Raises:
        OutsideError: it is not there, damaged, or of another version.
    """
    content = content_of(path)
    noise, images, n = content.noise, content.images, len(content.noise.ids)
    return Lock(
        target=content.target,
        ids=noise.ids,
        bank=noise.bank,
        seed=noise.seed,
        noise_shape=None if noise.shape is None else tuple(noise.shape),
        conditions=content.conditions,
        kept=Kept(
            images.fingerprints,
            unpacked(images.thumbnails, "<f2", (n, *images.thumbnail_shape), path),
            unpacked(images.sketches, "<f4", (n, BUCKETS), path),
            tuple(images.shape),
        ),
        about=content.about,
        machine=content.machine,
        itself=[way.model_dump() for way in content.itself],
        history=[check.model_dump() for check in content.history],
    )


def conditions_of(lock: Lock) -> Conditions | None:
    """The prompts or classes of a lock."""
    return None if lock.conditions is None else Conditions(lock.conditions)
