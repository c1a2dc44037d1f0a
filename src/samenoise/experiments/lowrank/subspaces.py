"""Mixtures of low-rank Gaussians: data whose subspaces are known, and how well a denoiser has found them.

    x_0 = scale U_k a,  a ~ N(0, I_d),  k one of K components        U_k orthonormal, D x d;  U_k^T U_l = 0

(arXiv 2409.02426, "MoLRG".) Near component ``k`` and at middle noise the exact denoiser is the projector on ``U_k``,
shrunk, so the first ``d`` left singular vectors of its Jacobian span ``U_k``. How much of ``U_k`` the directions
``Uhat`` of another denoiser miss is

    error = |U U^T - Uhat Uhat^T| / sqrt(2 d) = sqrt(1 - |U^T Uhat|^2 / d)        Frobenius norms

0 for the same subspace, 1 for orthogonal ones, about ``sqrt(1 - d / D)`` for a random one. With fewer than ``d``
columns only the second form is used: a direction that was not found is missed. The best that can be done with ``N``
samples of a component is to take their span (PCA): it misses ``sqrt(1 - N / d)`` for ``N < d`` and nothing from
``N = d`` on, the transition of that paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from samenoise.noise import Bank, NoiseBank
from samenoise.oracle import Mixture
from samenoise.process import Process

__all__ = [
    "PIXELS",
    "SHAPE",
    "chance_error",
    "energy_in",
    "low_rank_mixture",
    "principal",
    "recovery_error",
    "sample",
    "subspaces",
]

SHAPE = (1, 8, 8)
"""Of the images of the mixtures that networks are trained on."""
PIXELS = math.prod(SHAPE)


def subspaces(seed: int, components: int, size: int, dimension: int) -> Tensor:
    """Bases of ``K`` mutually orthogonal random subspaces, a pure function of the arguments.

    They are the columns, ``d`` by ``d``, of the ``Q`` of noise 0 of ``NoiseBank(seed, (D, K d))``, with the signs that
    make the diagonal of its ``R`` positive: Haar-distributed, and the same whoever decomposes.

    Returns:
        float64, shape ``(K, D, d)``.

    Raises:
        ValueError: ``K d`` directions do not fit into ``D``.
    """
    if components * dimension > size:
        raise ValueError(f"{components} orthogonal subspaces of dimension {dimension} do not fit into {size}")
    noise = NoiseBank(seed, (size, components * dimension))[0].double()
    q, r = torch.linalg.qr(noise)
    signed: Tensor = q * r.diagonal().sign()
    return signed.reshape(size, components, dimension).transpose(0, 1).contiguous()


def low_rank_mixture(
    bases: Tensor, shape: tuple[int, ...], process: Process, scale: float = 1.0, noise: float = 0.0
) -> Mixture:
    """The exact denoiser: equal weights, means 0, covariances ``scale^2 U_k U_k^T + noise I``.

    Args:
        bases: orthonormal columns, shape ``(K, D, d)``.
        shape: of one image of ``D`` numbers.
        process: whose ``x_t`` it takes.
        scale: standard deviation along a direction.
        noise: variance in every direction; 0 is a mixture of subspaces and nothing else.
    """
    means = torch.zeros(len(bases), *shape, dtype=torch.float64)
    rest = torch.tensor(noise, dtype=torch.float64)  # a Python float would become float32 on its way
    return Mixture.low_rank(torch.ones(len(bases)), means, scale * bases, rest, process)


def sample(bases: Tensor, bank: Bank, ids: Sequence[int] | Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Samples of the mixture, a pure function of bank and id: component ``id mod K``, coordinates ``bank[id]``.

    So the first ``N K`` ids hold ``N`` samples of each component, and sets of more hold those of fewer.

    Args:
        bases: shape ``(K, D, d)``.
        bank: unit noise of shape ``(d,)``; its seed should not be that of a bank that images are generated from.
        ids: sample numbers, in the order wanted.

    Returns:
        Float32 vectors of shape ``(n, D)``, and their components, int64 of shape ``(n,)``.

    Raises:
        ValueError: for a bank of another shape.
    """
    wanted = (bases.shape[2],)
    if tuple(bank.shape) != wanted:
        raise ValueError(f"sampling these subspaces takes a noise bank of shape {wanted}, got {tuple(bank.shape)}")
    components = torch.as_tensor(ids, dtype=torch.int64) % len(bases)
    coordinates = bank[ids].double()
    # One by one: a product over a batch may round differently in another batch.
    rows = [scale * (bases[k] @ a) for k, a in zip(components.tolist(), coordinates, strict=True)]
    return torch.stack(rows).float(), components


def principal(samples: Tensor, dimension: int) -> Tensor:
    """The first ``min(d, N)`` principal directions of samples about 0, shape ``(N, D)``: orthonormal columns, float64.

    With means known to be 0 they are the optimum of the paper's parameterised training loss (theorem 1 there)."""
    right: Tensor = torch.linalg.svd(samples.double(), full_matrices=False)[2]
    return right[:dimension].T.contiguous()


def recovery_error(basis: Tensor, found: Tensor) -> Tensor:
    """What of a subspace was not found, from 0 to 1: ``sqrt(1 - |U^T Uhat|^2 / d)``.

    Args:
        basis: ``U``, orthonormal columns, shape ``(..., D, d)``.
        found: ``Uhat``, orthonormal columns, at most ``d`` of them, shape ``(..., D, r)``.

    Raises:
        ValueError: for more than ``d`` columns, which would find any subspace.
    """
    d = basis.shape[-1]
    if found.shape[-1] > d:
        raise ValueError(f"a subspace of dimension {d} is looked for among as many directions, got {found.shape[-1]}")
    return (1 - energy_in(basis, found) * found.shape[-1] / d).clamp(min=0.0).sqrt()


def energy_in(basis: Tensor, found: Tensor) -> Tensor:
    """The share of the found directions that lies in a known subspace of any dimension: ``|U^T Uhat|^2 / r``."""
    return (basis.to(found).mT @ found).square().sum((-2, -1)) / found.shape[-1]


def chance_error(size: int, dimension: int) -> float:
    """The floor of :func:`recovery_error`: its root mean square over random subspaces, ``sqrt(1 - d / D)``."""
    return math.sqrt(1 - dimension / size)
