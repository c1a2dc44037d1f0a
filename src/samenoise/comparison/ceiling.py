"""The ceiling: what a side scores against itself, drawn again in ways that should make no difference.

    batch k          at another batch size
    again            the same once more, for the first 16 noises
    threads k        with another number of threads, for the first 16 noises
    device=cuda:0    opened anew on a card, where this machine has one that the side is not on
    KEY=VALUE        opened anew with another option, as asked for: ``device=cpu``, ``dtype=float64``

Another way is a fact about the side and its machine: matrix products round differently, and a sampler can amplify it.
No two models can be asked to agree better than one with itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from samenoise.comparison.scores import Measured, measure
from samenoise.comparison.side import Conditions, Progress, draw, is_model, opening
from samenoise.comparison.spec import SideSpec
from samenoise.comparison.spool import Spool
from samenoise.features import FeatureMap
from samenoise.noise import Bank
from samenoise.outside.base import Model, OutsideError
from samenoise.outside.choose import KINDS, kind_of
from samenoise.outside.placing import line_of

__all__ = ["AGAIN", "Ceiling", "Repeat", "elsewhere", "lowest", "repeats", "require_deterministic"]

AGAIN = 16
"""Noises that are drawn once more in the same way, and with other threads: on a busy machine these wait for each other,
a hundred times as long as they work."""


class Repeat(NamedTuple):
    """A side drawn in another way."""

    way: str
    spool: Spool


class Ceiling(NamedTuple):
    """A side against itself, in one way."""

    side: str
    way: str
    measured: Measured

    @classmethod
    def of(cls, side: str, drawn: Spool, repeat: Repeat, feature: FeatureMap) -> Ceiling:
        """Compare a side with a repeat of its first noises."""
        return cls(side, repeat.way, measure(drawn, repeat.spool, feature))


def repeats(
    model: Model,
    spec: SideSpec,
    bank: Bank,
    ids: Sequence[int],
    conditions: Conditions | None,
    others: Sequence[Mapping[str, object]] = (),
    tried: Sequence[Mapping[str, object]] = (),
    progress: Progress | None = None,
) -> tuple[list[Repeat], list[str]]:
    """Draw noises ``ids`` again in every way; see the head of this file.

    Args:
        others: options to open the side anew with, a dictionary for each way.
        tried: the same of ways that nobody asked for, which may turn out not to be open to this side.

    Returns:
        What was drawn, and a sentence for each of ``tried`` that could not be.
    """
    made: list[Repeat] = []

    def add(way: str, which: Model, some: Sequence[int], batch: int, threads: int | None) -> None:
        into = Spool(some, spec.name)
        draw(which, bank, some, conditions, into=into, batch=batch, threads=threads, progress=progress)
        made.append(Repeat(way, into))

    batch = spec.batch // 2 + 1 if spec.batch > 1 else 2
    threads = 2 if (spec.threads or _threads()) == 1 else 1
    add("again", model, ids[:AGAIN], spec.batch, spec.threads)
    add(f"batch {batch}", model, ids, batch, spec.threads)
    add(f"threads {threads}", model, ids[:AGAIN], spec.batch, threads)

    def add_anew(options: Mapping[str, object]) -> None:
        with opening(replace(spec, options={**spec.options, **options})) as anew:
            assert is_model(anew)  # options do not make pictures of a model
            add(_way(options), anew, ids, spec.batch, spec.threads)

    for options in others:
        add_anew(options)
    missed = []
    for options in tried:
        try:
            add_anew(options)
        except (OutsideError, RuntimeError) as error:  # such as a card that others have filled
            missed.append(f"{spec.name} was not drawn again with {_way(options)}: {line_of(error)}")
    return made, missed


def _way(options: Mapping[str, object]) -> str:
    return " ".join(f"{key}={value}" for key, value in options.items())


def elsewhere(spec: SideSpec, asked: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Another device of this machine, as options to open a side anew with: a card that it is not on.

    Nothing where a device is asked for, where the side cannot be opened on one, or where all that there is beside its
    card is the CPU, which may take a hundred times as long: that is for who says so."""
    import torch

    if not isinstance(spec.target, str) or spec.python is not None or "quantize" in spec.options:
        return []
    if "device" not in KINDS[kind_of(spec.target)].options or any("device" in each for each in asked):
        return []
    here = torch.device(spec.options.get("device", "cpu"))
    on = (here.index or 0) if here.type == "cuda" else None
    cards = [k for k in range(torch.cuda.device_count()) if k != on]
    return [{"device": f"cuda:{cards[0]}"}] if cards else []


def _threads() -> int:
    import torch

    return torch.get_num_threads() if os.cpu_count() != 1 else 1


def require_deterministic(ceiling: Ceiling) -> None:
    """Refuse a generator that draws other pictures when it is asked again: sums in another order move a value by less
    than a level of 255, but where a sampler amplifies it, and it does not at most noises.

    Raises:
        OutsideError: fewer than half of the pictures are within a level on average, drawn again in the same way.
    """
    same = ceiling.measured.mae < 1
    if ceiling.way == "again" and same.mean() < 0.5:
        first = int(ceiling.measured.ids[np.argmin(same)])
        raise OutsideError(
            f"{ceiling.side} is not deterministic: asked again for the same {len(same)} noises, it drew another "
            f"picture for {int((~same).sum())} of them (noise {first} first)",
            1,
        )


def lowest(ceilings: Sequence[Ceiling], ids: Sequence[int]) -> np.ndarray:
    """The lowest similarity of each of some noises to itself, over all ways that have drawn it; NaN where none has."""
    worst = dict.fromkeys(ids, np.inf)
    for ceiling in ceilings:
        for i, similarity in zip(ceiling.measured.ids.tolist(), ceiling.measured.similarity, strict=True):
            worst[i] = min(worst.get(i, np.inf), float(similarity))
    values = np.array([worst[i] for i in ids])
    return np.where(np.isinf(values), np.nan, values)
