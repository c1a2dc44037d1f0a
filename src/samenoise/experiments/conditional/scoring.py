"""Agreement of two generators whose noises have labels: how much of it is the label's, and how much the noise's.

Pictures of one label are alike anyway. So whatever says what chance would give is taken over pairs of *different noises
of the same label*:

    RP      P[ M(a_i, b_i) > tau ]              floor   P[ M(a_i, b_j) > tau ],  i != j,  label_i = label_j

Where all noises have one label, or none, these are the usual scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from samenoise.features import Features, join
from samenoise.lab.book import baseline
from samenoise.lab.drawn import Drawn
from samenoise.lab.pair_scores import CALIBRATED_RATE
from samenoise.lab.told import Pairs, highest, noises_of, share, shared
from samenoise.metrics import (
    Ranks,
    Score,
    average,
    calibrated_threshold,
    cosine,
    nearest,
    rp_ranks,
    threshold_curve,
)
from samenoise.metrics.rank import Ranking
from samenoise.metrics.similarity import off_diagonal, unit
from samenoise.metrics.statistics import proportion

__all__ = ["Alike", "BestOfClasses", "Told", "obeyed"]


class Told(NamedTuple):
    """A row of a kind of RP."""

    suffix: str
    score: Score
    threshold: float | None
    beside: dict[str, Any]


class Alike:
    """Two generators at the same noises.

    Args:
        labels: of the noises, int64 of shape ``(n,)``; each is that of two noises at least.
    """

    def __init__(self, a: Drawn, b: Drawn, labels: Tensor) -> None:
        self.a, self.b, self.labels = a, b, labels
        self.paper = a.features.extractor.threshold
        self.left, self.right, self.ids = join(a.features, b.features)
        self.same = cosine(self.left, self.right)

    @cached_property
    def groups(self) -> list[Tensor]:
        """Noises of each label."""
        return [(self.labels == label).nonzero().squeeze(1) for label in torch.unique(self.labels)]

    @cached_property
    def blocks(self) -> list[Tensor]:
        """Similarities of all pictures of each label with one another, ``(m, m)``."""
        return [_similarities(self.left[rows], self.right[rows]) for rows in self.groups]

    @cached_property
    def others(self) -> Tensor:
        """Similarities of pictures from two noises of one label."""
        return torch.cat([off_diagonal(0, block) for block in self.blocks])

    def floor(self, threshold: float) -> Score:
        """How often those match; as uncertain as half as many pairs as there are noises, see
        :func:`samenoise.metrics.rp_floor`."""
        return proportion(int((self.others > threshold).sum()), len(self.others), effective=len(self.same) / 2)

    def told(self, ceilings: Pairs, gaussians: Pairs) -> Iterator[Told]:
        """RP and what stands beside it: see :mod:`samenoise.lab.pair_scores`.

        Args:
            ceilings: generators, and themselves at another batch size.
            gaussians: each of the two, and the Gaussian of the label at the same noises.
        """
        again = shared(ceilings)
        calibrated = calibrated_threshold(self.others, CALIBRATED_RATE)
        for suffix, threshold in (("", self.paper), ("_calibrated", calibrated)):
            lowest = min((float((_cos(*p) > threshold).double().mean()) for p in again), default=None)
            floor, normal = self.floor(threshold), highest([share(_cos(*p) > threshold) for p in gaussians])
            beside = baseline(floor.value, lowest) | {"floor_ci95": list(floor.ci95)} | normal | noises_of(again)
            yield Told(suffix, share(self.same > threshold).score, threshold, beside)
        yield Told("_auc", self.ranks.auc, None, baseline(0.5))
        if gaussians:
            beyond = self.same > torch.stack([_cos(*p) for p in gaussians]).amax(0)
            yield Told("_beyond", share(beyond).score, None, baseline(1 / (1 + len(gaussians))))
        if self.a.clean is not None and self.b.clean is not None:
            same = cosine(self.a.clean, self.b.clean) > self.paper
            others = [
                off_diagonal(0, _similarities(self.a.clean.array[rows], self.b.clean.array[rows])) > self.paper
                for rows in self.groups
            ]
            yield Told("_clean", share(same).score, self.paper, baseline(float(torch.cat(others).double().mean())))

    @cached_property
    def ranks(self) -> Ranks:
        """Of each noise among those of its label."""
        found = [rp_ranks(self.left[rows], self.right[rows]) for rows in self.groups]
        return Ranks(*(torch.cat(part) for part in zip(*found, strict=True)))

    def beyond_label(self) -> Score:
        """RP less its floor. The interval is over noises; each has a part in the floor by its pairs with all others of
        its label, both ways (the projection of a U-statistic, Hoeffding 1948)."""
        parts = []
        for block in self.blocks:
            match = (block > self.paper).double()
            m, own = len(match), match.diagonal()
            rows, columns = ((match.sum(dim) - own) / (m - 1) for dim in (1, 0))
            parts.append(own - rows - columns + rows.mean())
        return average(torch.cat(parts).numpy())

    def floor_curve(self) -> Tensor:
        """The floor at every threshold."""
        return threshold_curve(self.others)


class BestOfClasses:
    """A generator without labels beside all classes of one with: at each noise, and at every other noise, how similar
    the class is that is most like it, ``max_c M(u_i, v_j^c)``. A maximum over classes matches by chance more often than
    one pair, which is why the floor is the same maximum at other noises."""

    def __init__(self, u: Features, classes: Sequence[Features]) -> None:
        self.own = torch.stack([cosine(u, v) for v in classes]).amax(0)
        self.every = torch.stack([_similarities(u.array, v.array) for v in classes]).amax(0)
        self.others = off_diagonal(0, self.every)

    def score(self, threshold: float) -> Score:
        """Conditional RP: :func:`samenoise.metrics.conditional_rp`."""
        return share(self.own > threshold).score

    def floor(self, threshold: float) -> Score:
        """The same of mismatched noises."""
        return proportion(int((self.others > threshold).sum()), len(self.others), effective=len(self.own) / 2)

    @property
    def auc(self) -> Score:
        """Whether the noise's own classes hold the more similar picture: see :mod:`samenoise.metrics.rank`."""
        ranking = Ranking(self.own)
        ranking.add(0, self.every)
        return ranking.ranks().auc


def obeyed(a: Drawn, labels: Tensor, train: Drawn, of_train: Tensor) -> Tensor:
    """Whether the training image nearest to each picture has the picture's label, bool of shape ``(n,)``."""
    return of_train[nearest(a.features.array, train.features.array).row[:, 0]] == labels


def _cos(x: Drawn, y: Drawn) -> Tensor:
    return cosine(x.features, y.features)


def _similarities(a: Tensor, b: Tensor) -> Tensor:
    return (unit(a) @ unit(b).T).clamp(-1, 1)
