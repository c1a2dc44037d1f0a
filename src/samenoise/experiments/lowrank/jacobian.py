"""Singular values of a denoiser's Jacobian, exact or by randomized products, and what counts as its rank.

    J = dD(x_t, t) / dx_t = U diag(s) V^T        s_1 >= s_2 >= ...;  D numbers in an image, so J is D x D

For the exact denoiser of any data ``J = alpha / sigma^2 Cov(x_0 | x_t)`` (Tweedie's formula, once more
differentiated): ``U = V`` are the directions in which the image is still open. A Gaussian of variances ``v`` has
``s = alpha v / (alpha^2 v + sigma^2)``.

Neither ``J`` nor forward-mode rules are needed for a product. A pullback gives ``J^T u``; it is linear in ``u``, so the
pullback of *it* gives ``J v``. Both run the denoiser on copies of one image, one copy for each vector, so that nothing
an image gets depends on what else is in the batch, to the last bit.

Randomized singular values (Halko, Martinsson, Tropp 0909.4061, algorithms 4.4 and 5.1), ``W`` of ``k + p`` columns:

    Q = qr(J W);  q times:  Q = qr(J^T Q),  Q = qr(J Q);  B = Q^T J = U' diag(s) V^T,  U = Q U'
    |J|^2 = |B|^2 + |(I - Q Q^T) J|^2,  the last by m further noises w as mean |(I - Q Q^T) J w|^2

The estimate of the rest is Hutchinson's, of what is left only (Meyer et al. 2010.09649), so its error is small wherever
the rest is. Where ``k + p >= D`` all ``D`` products cost less, and the result is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from samenoise.denoiser import Denoiser
from samenoise.noise import Bank, NoiseBank

__all__ = ["ENERGY", "Jacobian", "Singular", "directions", "entropy_rank", "full", "numerical_rank", "randomized"]

ENERGY = 0.99
"""eta of :func:`numerical_rank`, as in arXiv 2409.02426."""

ROWS = 64
"""Copies of an image that go through a denoiser at once, at most."""


class Singular(NamedTuple):
    """Leading singular values of the Jacobians of a batch, in the dtype of ``x_t``."""

    values: Tensor
    """Descending, shape ``(batch, k)``."""
    left: Tensor
    """Their left singular vectors, directions of the estimate: orthonormal columns, shape ``(batch, D, k)``."""
    energy: Tensor
    """``|J|^2``, the sum of all ``D`` squared singular values, exact or estimated; shape ``(batch,)``."""


class Jacobian:
    """The linear map ``J`` at one noisy image, by its products.

    Args:
        denoiser: any; the dtype and device of its weights must be those of ``x``.
        x: one noisy image, shape ``denoiser.shape``.
        t: its time, float64 of shape ``()``.
    """

    def __init__(self, denoiser: Denoiser, x: Tensor, t: Tensor) -> None:
        self.denoiser, self.x, self.t = denoiser, x, t

    def times(self, vectors: Tensor) -> Tensor:
        """``J v`` for each row ``v``; shapes ``(n, D)``."""

        def product(part: Tensor) -> Tensor:
            back = self._pullback(len(part))
            # J^T u at any u will do: it is linear, and what is differentiated is u.
            out: Tensor = torch.func.vjp(back, torch.zeros_like(part))[1](part)[0]
            return out

        return self._by_parts(product, vectors)

    def transposed_times(self, vectors: Tensor) -> Tensor:
        """``J^T u`` for each row ``u``; shapes ``(n, D)``."""
        return self._by_parts(lambda part: self._pullback(len(part))(part), vectors)

    def matrix(self) -> Tensor:
        """``J`` itself, shape ``(D, D)``: element ``(i, j)`` says how output ``i`` follows input ``j``."""
        return self.transposed_times(torch.eye(self.x.numel(), dtype=self.x.dtype, device=self.x.device))

    def _pullback(self, n: int) -> Callable[[Tensor], Tensor]:
        copies = self.x.expand(n, *self.x.shape).contiguous()
        back = torch.func.vjp(lambda x: self.denoiser(x, self.t), copies)[1]

        def transposed(u: Tensor) -> Tensor:
            out: Tensor = back(u.view_as(copies))[0].flatten(1)
            return out

        return transposed

    @staticmethod
    def _by_parts(product: Callable[[Tensor], Tensor], vectors: Tensor) -> Tensor:
        # Gradients of the weights are nobody's; fused attention has no second derivative.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            return torch.cat([product(part) for part in torch.split(vectors.contiguous(), ROWS)])


def full(denoiser: Denoiser, x_t: Tensor, t: Tensor) -> Singular:
    """All singular values, from the whole matrix: ``D`` products and a decomposition of order ``D^3`` an image.

    Args:
        denoiser: any; the dtype and device of its weights must be those of ``x_t``.
        x_t: noisy images, shape ``(batch, *shape)``.
        t: float64 on the CPU, one for the batch, shape ``()``, or one for each image, shape ``(batch,)``.

    Returns:
        ``k = D`` values of each image; zeros come out as rounding, about 1e-16 (float32: 1e-7) of the first.
    """
    return _stack([_exact(point) for point in _points(denoiser, x_t, t)])


def randomized(
    denoiser: Denoiser,
    x_t: Tensor,
    t: Tensor,
    rank: int,
    *,
    oversampling: int = 10,
    iterations: int = 2,
    probes: int = 16,
    seed: int = 0,
) -> Singular:
    """The leading ``rank`` singular values, by ``2 (iterations + 1)`` times ``rank + oversampling`` products an image.

    A pure function of its arguments: the random directions are noises of a :class:`~samenoise.noise.NoiseBank`, the
    same for every image.

    Args:
        denoiser, x_t, t: as for :func:`full`.
        rank: ``k``, how many values are wanted; ``D`` where it is more.
        oversampling: ``p``, how many more directions are followed.
        iterations: ``q``, power iterations; each sharpens what lies close together.
        probes: ``m``, noises that estimate the energy outside of what is followed. The standard error of the rest is
            at most ``sqrt(2 / probes)`` of it.
        seed: of the noise bank of the directions.

    Raises:
        ValueError: ``rank`` or ``probes`` is below 1.
    """
    if rank < 1 or probes < 1:
        raise ValueError(f"at least one singular value and one probe are needed, got {rank} and {probes}")
    size = x_t[0].numel()
    followed = rank + oversampling
    if followed >= size:
        return _stack([_exact(point).first(rank) for point in _points(denoiser, x_t, t)])
    bank = NoiseBank(seed, (size,))
    noises = directions(bank, followed + probes).to(x_t)
    found = [_found(point, noises[:followed], noises[followed:], iterations) for point in _points(denoiser, x_t, t)]
    return _stack([one.first(rank) for one in found])


def directions(bank: Bank, count: int) -> Tensor:
    """The transposed test matrix ``W``: the first ``count`` noises of the bank as rows, float32 ``(count, D)``.

    A larger one begins with the smaller ones."""
    return bank[:count].flatten(1)


def numerical_rank(singular: Singular, eta: float = ENERGY) -> Tensor:
    """The score: how many directions hold nearly all of the Jacobian (arXiv 2409.02426, section 2).

    The smallest ``r`` with ``sum_{i<=r} s_i^2 > eta^2 sum_i s_i^2``. With their ``eta = 0.99`` that is .9801 of the
    energy. It is a share, so it says nothing of how large ``J`` is; a Jacobian of zeros has rank 0.

    Returns:
        int64, shape ``(batch,)``; ``k + 1``, "more than k", where the ``k`` values there are do not hold that much.

    >>> values = torch.tensor([[3.0, 1.0, 0.1]])
    >>> numerical_rank(Singular(values, torch.eye(3)[None], values.square().sum(1)))
    tensor([2])
    """
    held = singular.values.double().square().cumsum(1)
    energy = singular.energy.double().unsqueeze(1)
    rank = (held <= eta**2 * energy).sum(1) + 1
    return torch.where(singular.energy > 0, rank, 0)


def entropy_rank(singular: Singular) -> Tensor:
    """The rank without a threshold, beside the score (Roy and Vetterli, EUSIPCO 2007): the exponential of the entropy
    of ``p_i = s_i / sum_j s_j``. It is a real number from 1 to ``D``; ``r`` for ``r`` equal values.

    It weighs the small values more than :func:`numerical_rank` does, and needs all of them.

    Returns:
        The dtype of the values, shape ``(batch,)``; 0 for a Jacobian of zeros.

    Raises:
        ValueError: not all ``D`` values are there.
    """
    size, k = singular.left.shape[1:]
    if k < size:
        raise ValueError(f"the entropy of the singular values needs all {size} of them, got {k}: use full()")
    total = singular.values.sum(1, keepdim=True)
    share = singular.values / total.clamp(min=torch.finfo(total.dtype).tiny)
    entropy = -torch.special.xlogy(share, share).sum(1)
    return torch.where(total.squeeze(1) > 0, entropy.exp(), 0.0)


class _One(NamedTuple):
    """A :class:`Singular` of one image."""

    values: Tensor
    left: Tensor
    energy: Tensor

    def first(self, k: int) -> _One:
        return _One(self.values[:k], self.left[:, :k], self.energy)


def _points(denoiser: Denoiser, x_t: Tensor, t: Tensor) -> list[Jacobian]:
    times = t.expand(len(x_t))
    return [Jacobian(denoiser, x, time) for x, time in zip(x_t, times, strict=True)]


def _exact(point: Jacobian) -> _One:
    left, values, _ = torch.linalg.svd(point.matrix())
    return _One(values, left, values.square().sum())


def _found(point: Jacobian, followed: Tensor, probes: Tensor, iterations: int) -> _One:
    """Halko's algorithm at one image. Vectors are rows here, as the products take them."""
    q = _orthonormal(point.times(followed))
    for _ in range(iterations):
        q = _orthonormal(point.transposed_times(q))
        q = _orthonormal(point.times(q))
    left, values, _ = torch.linalg.svd(point.transposed_times(q), full_matrices=False)  # B = Q^T J, a row for each q
    rest = point.times(probes)
    rest = rest - rest @ q.T @ q
    return _One(values, q.T @ left, values.square().sum() + rest.square().sum() / len(probes))


def _orthonormal(rows: Tensor) -> Tensor:
    """Orthonormal rows of the same span, in order."""
    basis: Tensor = torch.linalg.qr(rows.T)[0]
    return basis.T.contiguous()


def _stack(parts: list[_One]) -> Singular:
    return Singular(*(torch.stack(tensors) for tensors in zip(*parts, strict=True)))
