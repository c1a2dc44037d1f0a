"""The comparison itself: open, draw, look for broken pictures, score, and set beside the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samenoise.comparison import scores
from samenoise.comparison.ceiling import Ceiling
from samenoise.comparison.drawn import Drawn, OnProgress, ceilings_of, draw_side, require_one_shape
from samenoise.comparison.noises import Noises, agreed
from samenoise.comparison.reference import Nearer, nearer
from samenoise.comparison.result import Comparison, Pair, Strip
from samenoise.comparison.side import Conditions, opening
from samenoise.comparison.spec import SideSpec, named_apart
from samenoise.comparison.spool import Spool
from samenoise.comparison.where import where
from samenoise.features import FeatureMap, Pixel
from samenoise.generators.sampling import full_precision
from samenoise.outside.base import OutsideError

__all__ = ["FEATURES", "How", "compare_sides", "feature_of"]

FEATURES = ("pixel",)
"""What pictures can be compared by."""


@dataclass(frozen=True)
class How:
    """What a comparison is over, and how."""

    ids: Sequence[int] | None = None
    """Numbers of noises; ``None`` is those of the images that exist, or the first ``noises``."""
    noises: int | None = None
    seed: int = 0
    """Of the noise bank."""
    shape: tuple[int, ...] | None = None
    """Of the noise, where no generator says it."""
    conditions: Conditions | None = None
    """Prompts or classes."""
    feature: str = "pixel"
    mean: Tensor | None = None
    """Of the training images, shape ``(c, h, w)``; ``None`` takes the mean of the first side's images for it."""
    threshold: float | None = None
    """Similarity above which two pictures count as the same; ``None`` is the feature's."""
    ceiling: int = 64
    """Noises that every generator is drawn again for, in each way; 0 measures no ceiling."""
    ceiling_with: Sequence[Mapping[str, Any]] = ()
    """Further ways: options to open a side anew with. Where a card is at hand and none of them names a device, it is
    one too."""
    all_pairs: bool = False
    """Compare every two sides, not only the first with each other one."""
    reference: SideSpec | None = None
    """Say which side of each pair is nearer to this one."""
    where: bool = False
    """Name the stage of a pipeline that departs first."""
    shown: int = 8
    """Noises whose pictures are shown: those that differ most."""


def compare_sides(
    specs: Sequence[SideSpec], how: How | None = None, on_progress: OnProgress | None = None
) -> Comparison:
    """Compare generators and images at the same noises.

    Args:
        specs: the sides; the first is what the others are held against.
        how: over which noises, and how.
        on_progress: told what is being drawn.

    Raises:
        OutsideError: a side cannot be opened, sides cannot be compared, or a generator failed.
    """
    how = how or How()
    if len(specs) < 2:
        raise OutsideError(f"a comparison needs two sides, got {len(specs)}")
    if how.feature not in FEATURES:
        raise OutsideError(f"there is no feature {how.feature!r}; there is {', '.join(FEATURES)}")
    if how.threshold is not None and not -1 <= how.threshold < 1:
        raise OutsideError(f"the threshold is a cosine from -1 to less than 1, got {how.threshold:g}")
    everything = named_apart([*specs, how.reference] if how.reference is not None else specs)
    with ExitStack() as stack, full_precision():
        sides = {spec.name: stack.enter_context(opening(spec)) for spec in everything}
        noises = agreed(sides, how.ids, how.noises, how.seed, how.shape, how.conditions)
        drawn = []
        for k, spec in enumerate(everything):
            again = how.ceiling if k < len(specs) else 0
            drawn.append(draw_side(spec, sides[spec.name], noises, again, how.ceiling_with, on_progress))
            stack.callback(drawn[-1].spool.close)
        require_one_shape(drawn)
        feature = feature_of(how, drawn[0].spool)
        threshold = feature.extractor.threshold if how.threshold is None else how.threshold
        compared = drawn[: len(specs)]
        ceilings = {each.name: ceilings_of(each, feature) for each in compared}
        both = list(combinations(compared, 2)) if how.all_pairs else [(compared[0], b) for b in compared[1:]]
        pairs = [_score(a, b, noises, feature, threshold, ceilings) for a, b in both]
        return Comparison(
            sides={each.name: each.opened.about for each in drawn},
            noises=noises,
            feature=str(feature.extractor),
            threshold=threshold,
            pairs=pairs,
            ceilings=ceilings,
            broken=[found for each in drawn for found in each.broken],
            missed=[each for side in compared for each in side.missed],
            strip=_strip(drawn, pairs, how.shown),
            nearer=[_nearer(a, b, drawn[-1], feature, threshold) for a, b in both] if how.reference else [],
            where=[_where(a, b, noises) for a, b in both] if how.where else [],
        )


def feature_of(how: How, first: Spool) -> FeatureMap:
    """What pictures are compared by.

    Raises:
        OutsideError: the training images are of another shape.
    """
    mean = torch.from_numpy(first.mean).float() if how.mean is None else how.mean
    if tuple(mean.shape) != first.shape:
        a, b = ("x".join(map(str, shape)) for shape in (mean.shape, first.shape))
        raise OutsideError(f"the data has images of {a}, the sides have {b}")
    return Pixel(mean)


def _score(
    a: Drawn, b: Drawn, noises: Noises, feature: FeatureMap, threshold: float, ceilings: Mapping[str, list[Ceiling]]
) -> Pair:
    """All scores of two sides, over all noises and for each group."""
    measured = scores.measure(a.spool, b.spool, feature)
    groups = noises.places()
    names, everywhere = (a.name, b.name), [np.arange(len(noises.ids))]
    chance = scores.chance(a.spool, b.spool, feature, threshold, list(groups.values()) or everywhere)
    rows = scores.rows_of(*names, measured, chance, threshold)
    for group, places in groups.items() if len(groups) > 1 else ():
        own = scores.chance(a.spool, b.spool, feature, threshold, [places])
        rows += scores.rows_of(*names, measured.at(places), own, threshold, group)
    itself = [ceiling for name in names for ceiling in ceilings[name]]
    return Pair(*names, measured, [_with_ceiling(row, itself, threshold) for row in rows])


def _with_ceiling(row: scores.Row, ceilings: Sequence[Ceiling], threshold: float) -> scores.Row:
    """The lowest that either side scores against itself; of distances, the largest."""
    if row.group is not None:
        return row
    own = [each for c in ceilings for each in scores.rows_of("", "", c.measured, (None, None), threshold)]
    found = [each.value for each in own if each.metric == row.metric]
    return row._replace(ceiling=(max if row.metric == "pfd" else min)(found)) if found else row


def _nearer(a: Drawn, b: Drawn, reference: Drawn, feature: FeatureMap, threshold: float) -> Nearer:
    with_a, with_b = (scores.measure(each.spool, reference.spool, feature) for each in (a, b))
    return nearer((a.name, b.name), reference.name, with_a, with_b, threshold)


def _where(a: Drawn, b: Drawn, noises: Noises) -> Any:
    if noises.bank is None:
        raise OutsideError("--where looks into pipelines of diffusers; these are images that exist")
    return where(a.opened, b.opened, (a.name, b.name), noises.bank, noises.ids, noises.conditions)


def _strip(drawn: Sequence[Drawn], pairs: Sequence[Pair], shown: int) -> Strip:
    """Pictures of the noises that differ most, over all pairs."""
    ids = drawn[0].spool.ids
    largest = np.stack([pair.measured.squared for pair in pairs]).max(0)
    places = np.argsort(-largest, kind="stable")[:shown].tolist()
    images = [np.concatenate([each.spool.read(place, place + 1).numpy() for place in places]) for each in drawn]
    return Strip([each.name for each in drawn], [ids[place] for place in places], np.stack(images))
