"""Similarity ``M(a, b)``: the cosine of features, row by row or over all mismatched pairs.

Notation: ``a`` and ``b`` are features of the images that two generators draw, row ``i`` of both from the same noise.
Every function takes :class:`~samenoise.features.Features`, joined on noise id, or tensors of shape ``(n, d)`` whose
rows already match.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from samenoise.checks import real, whole
from samenoise.features import Features, join

__all__ = ["Rows", "blocks", "cosine", "finite", "mismatched", "off_diagonal", "pair", "threshold_of", "unit"]

Rows = Tensor | Features


def cosine(a: Rows, b: Rows) -> Tensor:
    """``M(a_i, b_i)`` for every noise ``i``, in [-1, 1], shape ``(n,)``; by ascending id for Features.

    A vector of zeros has no direction: its similarity to anything is 0.

    >>> cosine(torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 0.0]]), torch.tensor([[2.0, 0.0], [4.0, 3.0], [1.0, 1.0]]))
    tensor([1.0000, 0.9600, 0.0000])
    """
    a, b = pair(a, b)
    return (unit(a) * unit(b)).sum(-1).clamp(-1, 1)


def mismatched(a: Rows, b: Rows, chunk: int = 1024) -> Iterator[Tensor]:
    """All ``M(a_i, b_j)`` with ``i != j``, ``chunk`` rows of ``a`` at a time, each a flat tensor: ``n (n - 1)`` in all.

    Raises:
        ValueError: with fewer than two noises there is no mismatched pair.
    """
    for start, block in blocks(a, b, chunk):
        yield off_diagonal(start, block)


def blocks(a: Rows, b: Rows, chunk: int = 1024) -> Iterator[tuple[int, Tensor]]:
    """All ``M(a_i, b_j)``, ``chunk`` rows of ``a`` at a time: the first row's number, and shape ``(chunk, n)``.

    Raises:
        ValueError: with fewer than two noises there is no mismatched pair.
    """
    a, b = pair(a, b)
    if len(a) < 2:
        raise ValueError(f"mismatched pairs need at least two noises, got {len(a)}")
    b, chunk = unit(b), whole(chunk, "a chunk", 1)
    for start in range(0, len(a), chunk):
        yield start, (unit(a[start : start + chunk]) @ b.T).clamp(-1, 1).detach()


def off_diagonal(start: int, block: Tensor) -> Tensor:
    """The mismatched pairs of one of :func:`blocks`, flat."""
    own = torch.arange(len(block), device=block.device)
    others = torch.ones_like(block, dtype=torch.bool)
    others[own, start + own] = False
    return block[others]


def unit(x: Tensor) -> Tensor:
    """Rows scaled to length 1; a row of zeros stays one. Scaled by its largest entry first, so no square under- or
    overflows."""
    tiny = torch.finfo(x.dtype).tiny
    x = x / x.abs().amax(-1, keepdim=True).clamp(min=tiny)
    lengths: Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / lengths.clamp(min=tiny)


def pair(a: Rows, b: Rows) -> tuple[Tensor, Tensor]:
    """Matching rows of both sides, at least float32.

    Raises:
        TypeError: one side is Features, the other a tensor.
        ValueError: the sides do not match (the message names both), or one holds NaN or infinity.
    """
    if isinstance(a, Features) and isinstance(b, Features):
        a, b, _ = join(a, b)
    if isinstance(a, Features) or isinstance(b, Features):
        raise TypeError("Features are compared with Features: a tensor has no noise ids to join them on")
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(f"rows are compared one to one: a has shape {tuple(a.shape)}, b has {tuple(b.shape)}")
    return finite(a, "a"), finite(b, "b")


def finite(x: Tensor, name: str) -> Tensor:
    """``x`` in float32 or wider. NaN would count as "not the same" and so pass for generalization: it is refused."""
    bad = ~x.flatten(1).isfinite().all(1)
    if bool(bad.any()):
        raise ValueError(
            f"{name} holds NaN or infinity in {int(bad.sum())} of {len(x)} rows, first in row {bad.int().argmax()}"
        )
    return x.to(torch.promote_types(x.dtype, torch.float32))


def threshold_of(rows: Rows, threshold: float | None) -> float:
    """``threshold``, or that of the extractor of ``rows``. Nothing is above NaN: it is refused."""
    if threshold is not None:
        return real(threshold, "a threshold")
    if isinstance(rows, Features):
        return rows.extractor.threshold
    raise TypeError("tensors need a threshold: only Features know that of their extractor")
