"""What can be scored of two generators at the same noises: RP, and its twins under other names.

    (none)        at the paper's threshold
    _calibrated   at the threshold that 1 % of mismatched pairs pass
    _auc, _top1   without a threshold: is the picture from the same noise the more similar one?
    _beyond       share of noises at which the two are more alike than either is to the Gaussian
    _clean        at the paper's threshold, without the noise that is left in the pictures

Baselines: ``floor`` is what chance would score, ``ceiling`` what a model scores against itself at another batch size
(at the first ``ceiling_n`` noises), ``gaussian`` what the Gaussian of the training set scores in the model's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.features import join
from samenoise.lab.book import baseline
from samenoise.lab.drawn import Drawn
from samenoise.lab.told import Pairs, Told, crossed, highest, noises_of, pairs, ranked, share, shared
from samenoise.metrics import Chance, cosine, rp_chance, rp_floor, rp_ranks

__all__ = ["CALIBRATED_RATE", "PairScores", "Twin"]

CALIBRATED_RATE = 0.01
"""What should not match passes a calibrated threshold at most this often."""


class Twin(NamedTuple):
    """A row."""

    suffix: str
    """Of the metric's name."""
    told: Told
    threshold: float | None
    beside: dict[str, Any]
    """The baselines."""


class Seen(NamedTuple):
    """One training of each, at the same noises."""

    similarity: Tensor
    ids: Tensor
    chance: Chance


@dataclass(frozen=True)
class PairScores:
    """All scores of two generators.

    Args:
        matched: compare each training of ``a`` with the same one of ``b`` alone.
        ceilings: generators, and themselves at another batch size, perhaps of fewer noises; the lowest RP counts.
        gaussians: pairs of a generator and the Gaussian; the highest score counts.
    """

    a: Drawn
    b: Drawn
    ceilings: Pairs
    gaussians: Pairs
    matched: bool = False

    @cached_property
    def both(self) -> Pairs:
        """The trainings that are compared."""
        return list(zip(self.a.each, self.b.each, strict=True)) if self.matched else pairs(self.a, self.b)

    @cached_property
    def seen(self) -> list[Seen]:
        """Each of :attr:`both`."""
        found = []
        for x, y in self.both:
            left, right, ids = join(x.features, y.features)
            found.append(Seen(cosine(left, right), ids, rp_chance(left, right, self.paper, CALIBRATED_RATE)))
        return found

    @property
    def paper(self) -> float:
        """The threshold of the run."""
        return self.a.features.extractor.threshold

    def twins(self) -> Iterator[Twin]:
        """All rows."""
        yield self._at("", [self.paper] * len(self.seen), [s.chance.floor.value for s in self.seen])
        calibrated = [s.chance for s in self.seen]
        yield self._at("_calibrated", [c.threshold for c in calibrated], [c.calibrated.value for c in calibrated])
        yield from self._ranked()
        if self.gaussians:
            yield self._beyond()
        if all(each.clean is not None for pair in self.both for each in pair):
            yield self._clean()

    def _crossed(self, values: Iterator[Tensor]) -> Tensor:
        return crossed(values, self.a) if self.matched else crossed(values, self.a, self.b)

    def _at(self, suffix: str, thresholds: list[float], floors: list[float]) -> Twin:
        """With replicates the calibrated threshold of each pair of trainings is its own; the row tells their mean."""
        threshold, again = float(np.mean(thresholds)), shared(self.ceilings)
        told = share(self._crossed(s.similarity > t for s, t in zip(self.seen, thresholds, strict=True)))
        beside = [_share(p, lambda x, y: cosine(x.features, y.features) > threshold) for p in self.gaussians]
        lowest = min((share(cosine(x.features, y.features) > threshold).value for x, y in again), default=None)
        about = baseline(float(np.mean(floors)), lowest) | highest(beside) | noises_of(again)
        return Twin(suffix, told, threshold, about)

    def _ranked(self) -> Iterator[Twin]:
        """A model is its own partner, and the ceilings are 1."""
        found = ranked([s.chance.ranks for s in self.seen], (self.a,) if self.matched else (self.a, self.b))
        normal = [ranked([rp_ranks(x.features, y.features) for x, y in pairs(*p)], p) for p in self.gaussians]
        for k, (suffix, floor) in enumerate((("_auc", 0.5), ("_top1", 1 / found[0].score.n))):
            yield Twin(suffix, found[k], None, baseline(floor) | highest([each[k] for each in normal]))

    def _beyond(self) -> Twin:
        """The floor is what three generators, or two and the Gaussian, come to that are alike in kind."""

        def beyond(x: Drawn, y: Drawn, similarity: Tensor) -> Tensor:
            def stands_for(each: Drawn) -> Drawn:
                return x if each is self.a else y if each is self.b else each

            others = [cosine(stands_for(p).features, stands_for(q).features) for p, q in self.gaussians]
            return similarity > torch.stack(others).amax(0)

        flags = (beyond(x, y, s.similarity) for (x, y), s in zip(self.both, self.seen, strict=True))
        return Twin("_beyond", share(self._crossed(flags)), None, baseline(1 / (1 + len(self.gaussians))))

    def _clean(self) -> Twin:
        def same(x: Drawn, y: Drawn) -> Tensor:
            assert x.clean is not None
            assert y.clean is not None
            return cosine(x.clean, y.clean) > self.paper

        floors = [rp_floor(x.clean, y.clean, self.paper).value for x, y in self.both if x.clean and y.clean]
        known = [p for p in self.gaussians if all(each.clean is not None for each in p)]
        about = baseline(float(np.mean(floors))) | highest([_share(p, same) for p in known])
        return Twin("_clean", share(self._crossed(same(x, y) for x, y in self.both)), self.paper, about)


def _share(of: tuple[Drawn, Drawn], flags: Callable[[Drawn, Drawn], Tensor]) -> Told:
    return share(crossed((flags(x, y) for x, y in pairs(*of)), *of))
