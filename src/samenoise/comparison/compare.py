"""The comparison itself: open, draw, look for broken pictures, score, and set beside the ceiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samenoise.comparison import scores
from samenoise.comparison.ceiling import Ceiling, Repeat, repeats, require_deterministic
from samenoise.comparison.health import Broken, Health
from samenoise.comparison.noises import Noises, agreed
from samenoise.comparison.result import Comparison, Pair, Strip
from samenoise.comparison.scores import Measured
from samenoise.comparison.side import Conditions, collect, draw, is_model, opened
from samenoise.comparison.spec import SideSpec, named_apart
from samenoise.comparison.spool import Spool
from samenoise.features import FeatureMap, Pixel
from samenoise.generators.sampling import full_precision
from samenoise.outside.base import Model, OutsideError, Pictures

__all__ = ["FEATURES", "How", "compare_sides"]

FEATURES = ("pixel",)
"""What pictures can be compared by."""

OnProgress = Callable[[str, int, int], None]
"""Called with what is being drawn, how many images have come, and how many there will be."""


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
    """Further ways: options to open a side anew with."""
    all_pairs: bool = False
    """Compare every two sides, not only the first with each other one."""
    shown: int = 8
    """Noises whose pictures are shown: those that differ most."""


@dataclass
class Drawn:
    """A side and its images."""

    spec: SideSpec
    opened: Model | Pictures
    spool: Spool
    broken: list[Broken]
    repeats: list[Repeat] = field(default_factory=list)


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
    with ExitStack() as stack, full_precision():
        sides = open_sides(specs)
        noises = agreed(
            {spec.name: side for spec, side in sides}, how.ids, how.noises, how.seed, how.shape, how.conditions
        )
        drawn = [draw_side(spec, side, noises, how, on_progress) for spec, side in sides]
        for each in drawn:
            stack.callback(each.spool.close)
        require_one_shape(drawn)
        feature = feature_of(how, drawn[0].spool)
        threshold = feature.extractor.threshold if how.threshold is None else how.threshold
        ceilings = {each.spec.name: ceilings_of(each, feature, threshold) for each in drawn}
        pairs = [
            score(a, b, noises, feature, threshold, ceilings)
            for a, b in (combinations(drawn, 2) if how.all_pairs else ((drawn[0], b) for b in drawn[1:]))
        ]
        return Comparison(
            sides={each.spec.name: each.opened.about for each in drawn},
            noises=noises,
            feature=str(feature.extractor),
            threshold=threshold,
            pairs=pairs,
            ceilings=ceilings,
            broken=[found for each in drawn for found in each.broken],
            strip=strip(drawn, pairs, how.shown),
        )


def open_sides(specs: Sequence[SideSpec]) -> list[tuple[SideSpec, Model | Pictures]]:
    """All sides, with names that differ."""
    return [(spec, opened(spec)) for spec in named_apart(specs)]


def draw_side(
    spec: SideSpec, side: Model | Pictures, noises: Noises, how: How, on_progress: OnProgress | None
) -> Drawn:
    """Its images, and again in the ways of its ceiling."""
    spool, health = Spool(noises.ids, spec.name), Health(spec.name)
    done = 0
    again = noises.ids[: how.ceiling]
    ways = 2 + len(how.ceiling_with)
    total = len(noises.ids) + (ways * len(again) + len(again[:16]) if is_model(side) and again else 0)

    def came(count: int) -> None:
        nonlocal done
        done += count
        if on_progress is not None:
            on_progress(spec.name, done, total)

    made: list[Repeat] = []
    if is_model(side):
        assert noises.bank is not None  # there is a generator
        common = {"batch": spec.batch, "threads": spec.threads, "health": health, "progress": came}
        draw(side, noises.bank, noises.ids, noises.conditions, into=spool, **common)  # type: ignore[arg-type]
    else:
        collect(side, spool, health, came)
    broken = health.broken(spool.spread, noises.ids)
    for found in broken:
        if found.what == "NaN":
            raise OutsideError(f"{found}: they cannot be compared", 1)
    if is_model(side) and again:
        assert noises.bank is not None
        made = repeats(side, spec, noises.bank, again, noises.conditions, how.ceiling_with, came)
    return Drawn(spec, side, spool, broken, made)


def require_one_shape(drawn: Sequence[Drawn]) -> None:
    """Refuse pictures of two sizes."""
    first = drawn[0]
    for each in drawn[1:]:
        if each.spool.shape != first.spool.shape:
            a, b = ("x".join(map(str, side.spool.shape)) for side in (first, each))
            raise OutsideError(
                f"{first.spec.name} has images of {a} and {each.spec.name} of {b}: they cannot be paired"
            )


def feature_of(how: How, first: Spool) -> FeatureMap:
    """What pictures are compared by."""
    mean = torch.from_numpy(first.mean).float() if how.mean is None else how.mean
    if tuple(mean.shape) != first.shape:
        a, b = ("x".join(map(str, shape)) for shape in (mean.shape, first.shape))
        raise OutsideError(f"the data has images of {a}, the sides have {b}")
    return Pixel(mean)


def ceilings_of(drawn: Drawn, feature: FeatureMap, threshold: float) -> list[Ceiling]:
    """A side against itself, in every way that it was drawn again."""
    found = []
    for repeat in drawn.repeats:
        ceiling = Ceiling.of(drawn.spec.name, drawn.spool, repeat, feature)
        repeat.spool.close()
        require_deterministic(ceiling, threshold)
        found.append(ceiling)
    return found


def score(
    a: Drawn,
    b: Drawn,
    noises: Noises,
    feature: FeatureMap,
    threshold: float,
    ceilings: Mapping[str, Sequence[Ceiling]],
) -> Pair:
    """All scores of two sides, over all noises and for each group."""
    measured = scores.measure(a.spool, b.spool, feature)
    groups = noises.places()
    everything = np.arange(len(noises.ids))
    chance = scores.chance(a.spool, b.spool, feature, threshold, list(groups.values()) or [everything])
    names = a.spec.name, b.spec.name
    rows = scores.rows_of(*names, measured, chance, threshold)
    for group, places in groups.items() if len(groups) > 1 else ():
        own = scores.chance(a.spool, b.spool, feature, threshold, [places])
        rows += scores.rows_of(*names, measured.at(places), own, threshold, group)
    own_ceilings = [ceiling for name in names for ceiling in ceilings[name]]
    return Pair(*names, measured, [_with_ceiling(row, own_ceilings, threshold) for row in rows])


def _with_ceiling(row: scores.Row, ceilings: Sequence[Ceiling], threshold: float) -> scores.Row:
    """The lowest that either side scores against itself; of distances, the largest."""
    if row.group is not None or not ceilings:
        return row
    found = []
    for ceiling in ceilings:
        own: Measured = ceiling.measured
        none = (None, None)
        found += [each.value for each in scores.rows_of("", "", own, none, threshold) if each.metric == row.metric]
    if not found:
        return row
    return row._replace(ceiling=max(found) if row.metric == "pfd" else min(found))


def strip(drawn: Sequence[Drawn], pairs: Sequence[Pair], shown: int) -> Strip:
    """Pictures of the noises that differ most, over all pairs."""
    ids = drawn[0].spool.ids
    largest = np.stack([pair.measured.squared for pair in pairs]).max(0)
    places = np.argsort(-largest, kind="stable")[:shown].tolist()
    images = np.stack(
        [np.concatenate([each.spool.read(place, place + 1).numpy() for place in places]) for each in drawn]
    )
    return Strip([each.spec.name for each in drawn], [ids[place] for place in places], images)
