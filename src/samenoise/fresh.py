"""Fresh noise: what a stochastic sampler adds in its steps, the same for every grid and every process.

A step of DDIM with ``eta > 0`` renews part of the noise. To compare two models under it, both must get the same fresh
noise, and "the same" cannot mean the same tensor in step ``k``: two grids have their step ``k`` at different noise
levels. It means one path, that every grid looks at where its own steps are.

In ``y = x / alpha`` and ``rho = sigma / alpha``, with ``lambda = -ln rho`` half the log of the signal-to-noise ratio,
a step from ``lambda_t`` to ``lambda_s`` adds (Song et al. 2010.02502, eq. 16)

    eta rho_s sqrt(1 - exp(-2 h)) n,    n ~ N(0, I),    h = lambda_s - lambda_t.

For ``eta = 1`` and a known image, whose ``y`` performs a Brownian motion with the signal-to-noise ratio as its time,
the sum of these is the same for all grids where ``n`` is the normalised increment of that motion. In units of its
standard deviation, the motion is a stationary Ornstein-Uhlenbeck process ``V`` in ``lambda``, with
``E V(lambda) V(lambda + h) = exp(-h)``, and the increment is

    n = (V(lambda_s) - exp(-h) V(lambda_t)) / sqrt(1 - exp(-2 h)):

of unit variance, and independent of that of any other step of its grid. As steps grow short, ``n sqrt(2 h)`` becomes
the increment of the white noise that drives ``V``, whatever ``eta`` is: all grids then solve one stochastic
differential equation, driven by one path.

Nothing is renewed in steps that end above ``sigma / alpha = 50``, the S_max of Karras et al. (2206.00364, table 5).
There is next to no image yet: what is renewed there puts another noise in the place of the one an image starts from.
And processes start at different levels, flow matching at infinity, so that each would do so for another share of it.

``V`` is drawn where it is asked for, by Lévy's construction. Its ends, ``lambda = -16`` and ``16``, are independent:
their correlation is ``exp(-32)``. Between two points ``2 d`` apart, its middle is

    V(m) = (V(l) + V(r)) / (2 cosh d) + sqrt(tanh d) xi_p,

and so on by halves. ``xi_p`` is made as noises are in :mod:`samenoise.noise`, with ``key = [seed, 3]`` and
``counter = [0, p, i, 0]`` for point ``p = (lambda + 16) 2**27`` of noise ``i``.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtri
from torch import Tensor

from samenoise.checks import ids as numbers_of
from samenoise.noise import NoiseBank, uniform

__all__ = ["FreshNoise", "lattice"]

END = 16.0
"""The path goes from ``-END`` to ``END``: noise levels ``sigma / alpha`` from e**16 to e**-16."""
START = -math.log(50)
"""Noise is renewed below ``sigma / alpha = 50``."""
LAST = 2**32
"""Number of the last point of the finest lattice; the first is 0."""
SPACING = 2 * END / LAST
FINENESS = 4
"""Times are rounded to a lattice that is at least so many times as fine as the steps beside them."""

Values = NDArray[np.float64]
Point = tuple[int, Values]


@dataclass(frozen=True)
class FreshNoise:
    """Fresh noises by number: path ``i`` belongs to noise ``i`` of a bank, and is one and the same for every grid.

    >>> fresh = FreshNoise(seed=1, shape=(1, 8, 8))
    >>> noise, = fresh.steps([0], [-4.0, 2.0])
    >>> noise.shape, noise.flatten()[:2]
    (torch.Size([1, 1, 8, 8]), tensor([0.7826, 1.3940]))
    """

    seed: int
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        bank = NoiseBank(self.seed, self.shape)  # refuses what it refuses
        object.__setattr__(self, "seed", bank.seed)
        object.__setattr__(self, "shape", bank.shape)

    @property
    def recipe(self) -> str:
        """Name and version of the way the noise is made; part of the hash."""
        return "philox4x64-ndtri-path-v1"

    @property
    def hash(self) -> str:
        """64 hex digits that name recipe, seed and shape: equal hashes mean equal paths."""
        text = f"{self.recipe}/seed={self.seed}/shape={'x'.join(map(str, self.shape))}"
        return hashlib.sha256(text.encode()).hexdigest()

    def steps(self, ids: Sequence[int] | Tensor, lambdas: Sequence[float]) -> Iterator[Tensor | None]:
        """Unit noise of each step between the points of a grid, float32 on the CPU, shape ``(len(ids), *shape)``;
        ``None`` for a step that ends above ``sigma / alpha = 50`` and renews nothing.

        Args:
            ids: numbers of the noises, 0 or more.
            lambdas: ``ln(alpha / sigma)`` at the times of the grid, ascending; infinities are ends of the path.

        Raises:
            IndexError: a number is outside ``0 .. 2**63 - 1``.
            TypeError: a number is not whole.
            ValueError: the points do not ascend, or lie so near one another that the path does not tell them apart.
        """
        chosen = numbers_of(ids)
        before_start = sum(value <= START for value in lambdas[1:])
        yield from repeat(None, before_start)
        if before_start and before_start == len(lambdas) - 1:
            return
        points = lattice(lambdas[before_start:])
        for (p, before), (q, now) in pairwise(zip(points, self._path(chosen, points), strict=True)):
            h = (q - p) * SPACING
            n = (now - math.exp(-h) * before) / math.sqrt(-math.expm1(-2 * h))
            yield torch.from_numpy(n.astype(np.float32)).reshape(len(chosen), *self.shape)

    def _path(self, ids: list[int], points: list[int]) -> Iterator[Values]:
        """``V`` at ascending points of the lattice, each of shape ``(len(ids), size)``."""
        xi = self._normals(ids)
        first, last = (0, xi(0)), (LAST, xi(LAST))
        ends = [first[1]] if points[0] == 0 else [], [last[1]] if points[-1] == LAST else []
        return chain(ends[0], _between(first, last, points, xi), ends[1])

    def _normals(self, ids: list[int]) -> Callable[[int], Values]:
        """``xi`` of a point, for all of ``ids``."""
        size, generator = math.prod(self.shape), np.random.Philox(key=[self.seed, 3], counter=[0, 0, 0, 0])
        # One generator whose counter is set: to make a new one takes longer than to draw from it.
        state = generator.state
        counter = state["state"]["counter"]

        def xi(p: int) -> Values:
            words = np.empty((len(ids), size), dtype=np.uint64)
            for row, i in enumerate(ids):
                counter[:] = 0, p, i, 0
                generator.state = state
                words[row] = generator.random_raw(size)
            normals: Values = ndtri(uniform(words))
            return normals

        return xi


def lattice(lambdas: Sequence[float]) -> list[int]:
    """Numbers of the points of the path that stand for the points of a grid.

    A point is rounded to the coarsest lattice that is :data:`FINENESS` times as fine as the steps beside it: every
    halving less is noise that need not be drawn."""
    clipped = [min(max((value + END) / SPACING, 0.0), float(LAST)) for value in lambdas]
    gaps = [after - before for before, after in pairwise(clipped)]
    if not gaps or not all(gap >= FINENESS for gap in gaps):
        raise ValueError(
            f"fresh noise needs points that ascend in ln(alpha / sigma) by {FINENESS * SPACING:.1g} or more, between "
            f"{-END:g} and {END:g}, got {list(lambdas)}"
        )
    points = []
    for value, beside in zip(clipped, map(min, [gaps[0], *gaps], [*gaps, gaps[-1]]), strict=True):
        width = 2 ** math.floor(math.log2(beside / FINENESS))
        points.append(round(value / width) * width)
    return points


def _between(left: Point, right: Point, points: Sequence[int], xi: Callable[[int], Values]) -> Iterator[Values]:
    """``V`` at those of ``points`` that lie between two at which it is known, by halves, from left to right."""
    (l, at_l), (r, at_r) = left, right
    inside = points[bisect_right(points, l) : bisect_left(points, r)]
    if not inside:
        return
    m, d = (l + r) // 2, (r - l) / 2 * SPACING
    middle = m, (at_l + at_r) * (0.5 / math.cosh(d)) + math.sqrt(math.tanh(d)) * xi(m)
    yield from _between(left, middle, inside, xi)
    if m in inside:
        yield middle[1]
    yield from _between(middle, right, inside, xi)
