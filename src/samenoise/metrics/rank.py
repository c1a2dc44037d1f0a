"""Agreement without a threshold: is the picture from the same noise the more similar one?

    AUC    P[ M(a_i, b_i) > M(a_i, b_j) ] + 1/2 P[ = ],  i != j, and the same of M(a_j, b_i)      chance 1/2
    top-1  share of noises whose partner is the most similar of all n, the mean of both ways       chance 1/n

Both ways: ``b_i`` among all that ``b`` draws, and ``a_i`` among all that ``a`` draws. Generators that draw the same
pictures, no two of them alike, score 1; independent ones 1/2 and 1/n. A tie counts one half, and ``m`` pictures that
share the first place one ``m``-th each: what they would score on average if chance broke the tie. Similarities that lie
within :data:`TIE` roundings of each other are ties, so that rounding ranks nothing.

**Intervals.** The AUC is a U-statistic of degree 2 over noises (Hoeffding 1948): noise ``i`` has a part in it by its
own rank and by the ranks that its pictures take from others, ``standing_i``, of which it is the mean, and whose
variance over n is that of the mean (DeLong, DeLong and Clarke-Pearson 1988 do so for two samples). The hits of top-1
hang on one another through the pictures of other noises alone, which simulation finds to matter little. Either mean has
the interval of a proportion as uncertain, of ``p (1 - p) / Var`` trials. Two noises as uncertain as ``p (1 - p)`` are
added to the variance, which is too small where nearly all partners come first.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from samenoise.metrics.similarity import Rows, blocks, cosine, pair
from samenoise.metrics.statistics import Score, proportion

__all__ = ["Ranking", "Ranks", "rp_auc", "rp_ranks", "rp_top1"]

TIE = 16
"""Roundings (eps of the dtype) within which two similarities are equal; a cosine of thousands of numbers has a few."""


class Ranks(NamedTuple):
    """Of each noise, in the order of the rows (by ascending id for Features); float64, shape ``(n,)``."""

    placement: Tensor
    """The share of the other noises whose picture is less similar than the partner; mean of both ways."""
    standing: Tensor
    """What the noise has a part in: its placement, and what its own pictures, as those of another noise, leave to all
    others. Its mean is the AUC, and resampling *it* gives the AUC's spread; may lie outside [0, 1]."""
    hit: Tensor
    """0, 1/2 or 1 without ties: whether the partner is the most similar of all; mean of both ways."""

    @property
    def auc(self) -> Score:
        """:func:`rp_auc`."""
        return _score(self.placement, self.standing)

    @property
    def top1(self) -> Score:
        """:func:`rp_top1`."""
        return _score(self.hit, self.hit)


def rp_auc(a: Rows, b: Rows, chunk: int = 1024) -> Score:
    """The chance that two pictures from the same noise are more similar than two from different noises.

    Exact, over all ``2 n (n - 1)`` comparisons; memory is ``chunk x n``. At n = 10,000 with 512 features it takes some
    6 s and 0.3 GB on one core of a CPU.

    Args:
        a, b: Features, or tensors of shape ``(n, d)`` whose rows match; at least two noises.

    >>> round(rp_auc(torch.eye(4), torch.eye(4)[[0, 1, 3, 2]]).value, 4)
    0.6667
    """
    return rp_ranks(a, b, chunk).auc


def rp_top1(a: Rows, b: Rows, chunk: int = 1024) -> Score:
    """The share of noises whose partner is the most similar of all n. Arguments and cost as of :func:`rp_auc`.

    The score is of so many noises: among more of them, a partner is less often the first.

    >>> rp_top1(torch.eye(4), torch.eye(4)[[0, 1, 3, 2]]).value
    0.5
    """
    return rp_ranks(a, b, chunk).top1


def rp_ranks(a: Rows, b: Rows, chunk: int = 1024) -> Ranks:
    """What both scores are means of, noise by noise. Arguments and cost as of :func:`rp_auc`."""
    a, b = pair(a, b)
    ranking = Ranking(cosine(a, b))
    for start, block in blocks(a, b, chunk):
        ranking.add(start, block)
    return ranking.ranks()


class Ranking:
    """Counts, over the :func:`~samenoise.metrics.similarity.blocks` of all similarities, who is beaten by whom.

    Args:
        own: ``M(a_i, b_i)``, shape ``(n,)``.
    """

    def __init__(self, own: Tensor) -> None:
        self.own, self.tie = own, TIE * torch.finfo(own.dtype).eps
        zeros = own.new_zeros(2, len(own), dtype=torch.int64)
        # First by rows, among what b draws, then by columns, among what a draws.
        self.below, self.above = zeros.clone(), zeros.clone()
        # How often the picture of noise j lies below (above) the partner of another: of b_j, then of a_j.
        self.left, self.taken = zeros.clone(), zeros.clone()

    def add(self, start: int, block: Tensor) -> None:
        """Rows ``start`` and on, all columns; each block once."""
        rows = torch.arange(start, start + len(block), device=block.device)
        block = block.index_put((rows - start, rows), self.own[rows])  # equal to itself, whatever was rounded
        held = torch.empty_like(block)  # 0 and 1 as floats: their sums are exact, and ten times as fast
        for way, own in enumerate((self.own[rows, None], self.own[None])):
            for compare, bound, partner, other in (
                (torch.lt, own - self.tie, self.below, self.left),
                (torch.gt, own + self.tie, self.above, self.taken),
            ):
                found = compare(block, bound, out=held)
                # The comparisons of a row are of its partner, or, the other way, those of a column.
                of_row, of_column = (partner, other) if way == 0 else (other, partner)
                of_row[way, rows] += found.sum(1).long()
                of_column[way] += found.sum(0).long()

    def ranks(self) -> Ranks:
        """When all blocks have been added."""
        below, above, left, taken = (x.cpu().double() for x in (self.below, self.above, self.left, self.taken))
        others = len(self.own) - 1
        placement = ((below - above) / others + 1).mean(0) / 2
        leaves = ((left - taken) / others + 1).mean(0) / 2
        hit = ((above == 0) / (others + 1 - below)).mean(0)
        return Ranks(placement, placement + leaves - placement.mean(), hit)


def _score(values: Tensor, parts: Tensor) -> Score:
    """The mean of ``values``, which is that of ``parts`` too, with the interval that the spread of ``parts`` gives."""
    n, p = len(values), float(values.mean())
    within = p * (1 - p)
    effective = n * (n + 1) * within / (float((parts - p).square().sum()) + 2 * within) if within > 0 else None
    return proportion(p * n, n, effective)
