"""Families of architectures, and whether reconstructions agree within them more than across.

Networks of one architecture and other seeds are one unit: their agreements are averaged first. The gap is the mean
agreement of two architectures of one family less that of two families. It is held against that of every other way to
put the architectures into families of the same sizes: few architectures are few facts, however many images there are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samenoise.cells.specs import ModelSpec

__all__ = ["FAMILIES", "Gap", "architecture", "family", "family_gap", "groupings", "kin"]

FAMILIES = {
    "mlp": "MLPs",
    "unet": "convolutional networks",
    "ncsnpp": "convolutional networks",
    "dit": "transformers",
    "uvit": "transformers",
}
"""Network -> its family; any other network is a family of its own."""

MOST = 20000
"""Groupings that are gone through; of more architectures, none are."""

Array = NDArray[Any]


class Gap(NamedTuple):
    """Within families less across."""

    values: Array
    """Of each measurement, float64 ``(m,)``; the gap is their mean."""
    within: float
    groupings: int | None
    """Ways to put the architectures into families of these sizes, and, of them, those with a gap as large."""
    as_large: int | None


def family(model: ModelSpec) -> str:
    """What a model's network is of."""
    name: str = model.network.name
    return FAMILIES.get(name, name)


def architecture(model: ModelSpec) -> str:
    """All of a model but its seed."""
    return model.model_copy(update={"seed": 0}).model_dump_json()


def kin(a: ModelSpec, b: ModelSpec) -> str:
    """How two models are related: see the tag of this name."""
    if architecture(a) == architecture(b):
        return "seed"
    return "family" if family(a) == family(b) else "across"


def family_gap(models: Mapping[str, ModelSpec], agreement: Mapping[tuple[str, str], Array]) -> Gap | None:
    """The gap between families; none where no family has two architectures, or there is one family.

    Args:
        models: by name.
        agreement: pairs of names -> the agreement of the two at each measurement, ``(m,)``.
    """
    units = {architecture(model): family(model) for model in models.values()}
    names, families = list(units), list(units.values())
    of = {label: names.index(architecture(model)) for label, model in models.items()}
    sums: dict[tuple[int, int], list[Array]] = {}
    for (a, b), values in agreement.items():
        pair = min(of[a], of[b]), max(of[a], of[b])
        if pair[0] != pair[1]:
            sums.setdefault(pair, []).append(values)
    means = {pair: np.mean(each, axis=0) for pair, each in sums.items()}
    inside = {pair for pair in means if families[pair[0]] == families[pair[1]]}
    if not inside or len(inside) == len(means):
        return None

    def gap(within: set[tuple[int, int]]) -> Array:
        ours, theirs = ([each for pair, each in means.items() if (pair in within) == side] for side in (True, False))
        found: Array = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
        return found

    own = gap(inside)
    sizes = sorted(Counter(families).values())
    count = _count(sizes)
    as_large = None
    if count <= MOST:
        true = float(own.mean())
        gaps = [float(gap(set(_pairs(grouping))).mean()) for grouping in groupings(range(len(names)), sizes)]
        as_large = sum(each >= true - 1e-12 for each in gaps)
    within = float(np.mean([means[pair] for pair in inside]))
    return Gap(own, within, count if as_large else None, as_large)


def groupings(things: Sequence[int], sizes: Sequence[int]) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put things into groups of these sizes, each once."""
    if not sizes:
        yield []
        return
    first, *rest = things
    for size in sorted(set(sizes)):
        left = list(sizes)
        left.remove(size)
        for others in combinations(rest, size - 1):
            remaining = [each for each in rest if each not in others]
            for after in groupings(remaining, left):
                yield [(first, *others), *after]


def _count(sizes: Sequence[int]) -> int:
    ways = math.factorial(sum(sizes))
    for size in sizes:
        ways //= math.factorial(size)
    for times in Counter(sizes).values():
        ways //= math.factorial(times)
    return ways


def _pairs(grouping: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    for group in grouping:
        yield from combinations(sorted(group), 2)
