"""Data without structure and broken runs: what a report must not be taken in by. Small, and made here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from PIL import Image, ImageDraw
from tiny import computed

from samenoise.data import digits, order
from samenoise.denoiser import Denoiser
from samenoise.generators.trained import Trained
from samenoise.lab.config import Config
from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import read_run
from samenoise.oracle import Gaussian
from samenoise.report.reading import findings, rooms_of

SMALL: dict[str, Any] = {
    "name": "broken",
    "experiments": ["regimes", "splits"],
    "data": {"held_out": 100, "count": 500},
    "widths": [24, 48],
    "sizes": [8, 150],
    "training": {"updates": 300, "batch": 64, "lr": 4e-3, "warmup": 30},
    "sampling": {"noises": 96, "batch": 96, "ceiling_batch": 32, "steps": 10},
    "shown": 4,
}

Pixels = np.ndarray
"""uint8, shape ``(n, h, w)``, or ``(n, h, w, 3)`` in colour."""


def numbers() -> np.random.Generator:
    return np.random.default_rng(0)


def real() -> Pixels:
    """Digits."""
    return ((digits().images[:, 0] + 1) * 127.5).round().to(torch.uint8).numpy()


def white_noise() -> Pixels:
    return numbers().integers(0, 256, (500, 8, 8), dtype=np.uint8)


def one_image() -> Pixels:
    return np.repeat(real()[:1], 500, axis=0)


def two_groups() -> Pixels:
    """Two images, each with a little noise of its own."""
    rng = numbers()
    groups = rng.integers(0, 256, (2, 8, 8))[rng.integers(0, 2, 500)]
    return np.clip(groups + rng.normal(0, 4, (500, 8, 8)), 0, 255).astype(np.uint8)


def duplicates() -> Pixels:
    """Of which three in ten are there twice, wherever the cut between trained on and held out goes."""
    return np.concatenate([real()[:350], real()[:150]])


def other_held_out() -> Pixels:
    """Of which those that will be held out are negatives."""
    pixels = real()[:500]
    held_out = order(500, 0).numpy()[-100:]
    pixels[held_out] = 255 - pixels[held_out]
    return pixels


def gaussian_samples() -> Pixels:
    """With the mean and covariance of digits, their contrast halved so that hardly a pixel is cut off."""
    covariance = np.cov(real().reshape(-1, 64).astype(float).T) / 4
    drawn = 127 + numbers().multivariate_normal(np.zeros(64), covariance, 500)
    return np.clip(drawn, 0, 255).round().astype(np.uint8).reshape(-1, 8, 8)


def icons() -> Pixels:
    """Coloured discs and boxes on white."""
    rng = numbers()
    drawn = []
    for _ in range(500):
        picture = Image.new("RGB", (48, 48), "white")
        pen = ImageDraw.Draw(picture)
        for _ in range(rng.integers(1, 5)):
            (x, y), (w, h) = rng.integers(0, 40, 2), rng.integers(4, 30, 2)
            shape = [pen.ellipse, pen.rectangle][rng.integers(2)]
            shape([int(x), int(y), int(x + w), int(y + h)], fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
        drawn.append(np.asarray(picture.resize((12, 12), Image.Resampling.BOX)))
    return np.stack(drawn)


def written(pixels: Pixels, folder: Path) -> Path:
    """Grey as one IDX file; in colour as PNGs."""
    folder.mkdir()
    if pixels.ndim == 3:
        head = struct.pack(">HBB3I", 0, 8, 3, *pixels.shape)
        (folder / "train-images-idx3-ubyte").write_bytes(head + pixels.tobytes())
    else:
        for k, each in enumerate(pixels):
            Image.fromarray(each).save(folder / f"{k:03}.png")
    return folder


def gaussian_in_its_place(self: Trained, store: Any, device: str) -> Denoiser:
    """Of ``Trained.denoiser``: the Gaussian of the training set, which agrees with itself perfectly."""
    data, subset = self.train.data, self.train.models[self.member].subset
    return Gaussian.fit(data.load(store).images[subset.ids(data)], self.train.process.build())


def found(folder: Path, pixels: Callable[[], Pixels] | None = None, updates: int = 300) -> list[Finding]:
    """What a run on some pixels, or on the digits that ship, is said to have found."""
    preset = {**SMALL, "training": {**SMALL["training"], "updates": updates}}
    if pixels is not None:
        own = {"source": "files", "path": str(written(pixels(), folder / "data"))}
        preset["data"] = {**SMALL["data"], **own}
    computed(Config.of(preset), folder / "run")
    run = read_run(folder / "run")
    return findings(run, rooms_of(run))


def of_matrix(folder: Path, pixels: Callable[[], Pixels] | None = None, updates: int = 200) -> list[Finding]:
    """What a run of ``matrix`` on the same is said to have found: four models, of which one differs in what it
    predicts and one in its process."""
    preset = {**SMALL, "name": "broken-matrix", "experiments": ["matrix"], "widths": [48], "sizes": [300]}
    preset["training"] = {**SMALL["training"], "updates": updates}
    flow = {"process": {"name": "flow"}, "network": {"parameterisation": "flow"}}
    preset["models"] = {"a": {}, "b": {"seed": 1}, "c": {"seed": 2}, "flow": flow}
    if pixels is not None:
        own = {"source": "files", "path": str(written(pixels(), folder / "data"))}
        preset["data"] = {**SMALL["data"], **own}
    computed(Config.of(preset), folder / "run")
    run = read_run(folder / "run")
    return findings(run, rooms_of(run))


def of_gaussians(folder: Path) -> list[Finding]:
    """:func:`found`, with the Gaussian of its training set in the place of every network."""
    with mock.patch.object(Trained, "denoiser", gaussian_in_its_place):
        return found(folder)
