"""No two things that a run draws at random are made of the same words."""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from tiny import TEACHER, TINY, computed, other, real

from samenoise.cells.training import TrainCell
from samenoise.lab.agenda import Agenda
from samenoise.metrics import statistics
from samenoise.noise import NoiseBank
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

ROLES = {
    "_block": "intervals",
    "_bootstrap": "intervals of N50",
    "Unseen.losses": "noise of the loss on unseen images",
    "draws": "training",
    "ImagesCell._drawn": "choice of images",
    "order": "order of images",
    "MixtureCell.make": "samples of the mixture",
    "RandomMask._seen": "pixels that are seen",
    "CompressedSensing._matrix": "random sums",
    "measure": "noise on measurements",
    "_anchors": "noise",
    "Scene.of": "noise",
    "FreshNoise._normals": "fresh noise",
    "FreshNoise._normals.<locals>.xi": "fresh noise",
    "SampleCell.run": "noise",
    "GridCell.run": "noise",
}
"""What is drawn, by a function on the way to it; the first that is there."""
SAMPLING = {**TINY["sampling"], "solver": "ddim", "eta": 0.5}
KEEP = {"sampling": SAMPLING, "training": {**TINY["training"], "updates": 3}}
INVERSE = {
    **TINY,
    "experiments": ["inverse"],
    "widths": [8],
    "sizes": [12],
    "models": {"one": {}, "another": {"seed": 1}},
    "inverse": {"tasks": ["random", "sensing"], "images": 16},
}
ENCODING = {**TINY, "experiments": ["encoding"], "encoding": {"planes": 2, "cells": 2, "beyond": 0}}

Stream = tuple[int, ...]
"""The key and the upper words of the counter of a Philox: its lowest counts the blocks of four words."""


def role(wanted: dict[str, str]) -> str:
    """What is being drawn, as the functions that called say."""
    frame, names = sys._getframe(2), []
    while frame is not None:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    found = next((what for name, what in wanted.items() if name in names), "")
    assert found, f"a new use of Philox wants its line in ROLES: {names[:6]}"
    return found


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[Stream, int]]:
    """The streams of every role that is drawn from here on, with the first word of each."""
    found: dict[str, dict[Stream, int]] = defaultdict(dict)
    philox = np.random.Philox

    class Recording(philox):
        """Looks at where it starts, and at where it is when it draws: some set the counter of one and the same."""

        def __init__(self, *, key: Any, counter: Any = (0, 0, 0, 0)) -> None:
            super().__init__(key=key, counter=counter)
            self.looked(role(ROLES))

        def random_raw(self, *args: Any, **kwargs: Any) -> Any:
            self.looked(role(ROLES))
            return super().random_raw(*args, **kwargs)

        def looked(self, use: str) -> None:
            state: Any = self.state["state"]
            key, counter = state["key"].tolist(), state["counter"].tolist()
            assert counter[0] == 0, "blocks are counted from 0, and all that a stream gives is drawn at once"
            found[use][(*key, *counter[1:])] = philox(key=key, counter=counter).random_raw()

    monkeypatch.setattr(np.random, "Philox", Recording)
    statistics._block.cache_clear()
    return found


@pytest.mark.parametrize(
    ("preset", "some"),
    [
        (TEACHER, {"samples of the mixture"}),
        (
            {**TINY, "data": {"held_out": 20, "count": 60}},
            {"choice of images", "intervals", "noise of the loss on unseen images"},
        ),
        (INVERSE, {"pixels that are seen", "random sums", "noise on measurements", "intervals"}),
        (ENCODING, {"intervals"}),
    ],
    ids=["mixture", "digits", "measurements", "planes"],
)
def test_no_stream_has_two_uses(preset, some, streams, tmp_path):
    config = other(preset, **KEEP, sizes=preset["sizes"][:2])
    computed(config, tmp_path)
    assert set(streams) >= {"noise", "fresh noise", "training", "order of images", *some}
    for a, b in combinations(streams, 2):
        same = set(streams[a]) & set(streams[b]) or set(streams[a].values()) & set(streams[b].values())
        assert not same, f"{a} and {b} are made of the same words"

    # Initial weights are torch's: other words from any seed, and from seeds of their own besides.
    trainings = [cell for cell in in_order(Agenda(config).cells) if isinstance(cell, TrainCell)]
    seeds = {model.init_seed for cell in trainings for model in cell.models}
    assert len(seeds) >= 2
    assert not seeds & {key for used in streams.values() for key, *_ in used}
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    first = {int(torch.empty((), dtype=torch.int64).random_(-(2**63), None, generator=g)) for g in generators}
    assert len(first) == len(seeds)
    assert not first & {word - 2**64 * (word >> 63) for used in streams.values() for word in used.values()}


def test_what_is_drawn_of_a_mixture_owes_nothing_to_the_noise(tmp_path):
    """Image i and noise i: their cosines are as small as those of any other pair, 1 / sqrt(64 n) on average."""
    agenda, store = Agenda(other(TEACHER, sizes=[400])), Store(tmp_path)
    store.compute(agenda.study.data)
    images = real(agenda, store)
    images = images - images.mean(0)
    noise = NoiseBank(0, (64,))[: len(images)].numpy()
    mean = float(np.mean((images * noise).sum(1) / np.linalg.norm(images, axis=1) / np.linalg.norm(noise, axis=1)))
    assert abs(mean) < 4 / np.sqrt(64 * len(images))
