"""The optimal denoiser of a finite set of images (Zhang et al. 2310.05264, theorem 1).

    D*(x_t, t) = sum_i w_i y_i,    w = softmax_i( -|x_t - alpha y_i|^2 / (2 sigma^2) )

It is attention with keys and values ``y``. What the exponents share cancels in the softmax, which leaves

    l_i = alpha <x_t - alpha m, y_i> / sigma^2  -  alpha^2 |y_i - m|^2 / (2 sigma^2)

for any ``m``. With the mean image as ``m`` both terms stay small, so that float32 is enough down to sigma = 0.002. The
images are streamed in chunks with a running maximum and sum, so memory beyond them does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from samenoise.checks import whole
from samenoise.denoiser import Denoiser
from samenoise.process import Process

__all__ = ["Empirical"]


class Empirical(Denoiser):
    """The posterior mean over a finite set of images, of all or of one class.

    The images are kept as they are, not copied.

    Args:
        images: floats in [-1, 1], shape ``(N, *shape)``.
        process: whose ``x_t`` it takes.
        labels: classes, int64 of shape ``(N,)``; needed to denoise under a condition.
        chunk: images at a time; memory beyond the data is about ``batch * chunk`` numbers.

    Raises:
        ValueError: there is no image, an image holds NaN or infinity, or there is not one label an image; when called,
            a condition without ``labels`` or a class without an image.
    """

    def __init__(self, images: Tensor, process: Process, labels: Tensor | None = None, chunk: int = 4096) -> None:
        if not len(images):
            raise ValueError("the empirical optimum needs at least one image")
        if labels is not None and labels.shape != images.shape[:1]:
            raise ValueError(f"{len(images)} images need as many labels, got labels of shape {tuple(labels.shape)}")
        self.process, self.shape = process, tuple(images.shape[1:])
        self.chunk = whole(chunk, "the number of images at a time", 1)
        self.images, self.labels = images.flatten(1), labels
        self.mean = self.images.new_zeros(self.images.shape[1], dtype=torch.float64)
        self.half_norm2 = self.images.new_empty(len(images), dtype=torch.float64)
        parts = torch.split(self.images, 256)  # each in float64 for a moment
        for part in parts:
            self.mean += part.sum(0, dtype=torch.float64) / len(images)
        if not bool(self.mean.isfinite().all()):
            raise ValueError("the empirical optimum cannot be made of images that hold NaN or infinity")
        for part, half_norm2 in zip(parts, torch.split(self.half_norm2, 256), strict=True):
            half_norm2.copy_((part - self.mean).square_().sum(1) / 2)

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        alpha, sigma = (c.expand(len(x_t)).unsqueeze(1) for c in self.process.alpha_sigma(t))
        x = x_t.flatten(1)
        query = (x - alpha.to(x) * self.mean.to(x)) * (alpha / sigma**2).to(x)
        norm_scale = (alpha / sigma).square().squeeze(1).to(x)
        if cond is None:
            return self._attend(query, norm_scale, None).view_as(x_t)
        mean = torch.empty_like(x)
        for label in torch.unique(cond).tolist():
            rows = cond == label
            mean[rows] = self._attend(query[rows], norm_scale[rows], self._members(label))
        return mean.view_as(x_t)

    def _attend(self, query: Tensor, norm_scale: Tensor, members: Tensor | None) -> Tensor:
        """Softmax of ``l`` times the images, streamed: ``mean`` and ``total`` are in units of ``exp(top)``."""
        top = query.new_full((len(query), 1), -torch.inf)
        total, mean = torch.zeros_like(top), torch.zeros_like(query)
        for y, half_norm2 in self._chunks(query, members):
            logits = (query @ y.T).addr_(norm_scale, half_norm2, alpha=-1)
            # A shift that cancels: gradients need not go through it, and must not, as it is changed in place.
            higher = torch.maximum(top, logits.detach().amax(1, keepdim=True))
            weights = logits.sub_(higher).exp_()
            shrink = top.sub_(higher).exp_()
            total.mul_(shrink).add_(weights.sum(1, keepdim=True))
            mean.mul_(shrink).addmm_(weights, y)
            top = higher
        return mean.div_(total)

    def _chunks(self, like: Tensor, members: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and half their squared norms, as ``like``: all, as views, or those numbered ``members``."""
        for start in range(0, len(self.images) if members is None else len(members), self.chunk):
            part = slice(start, start + self.chunk)
            chosen = part if members is None else members[part]
            yield self.images[chosen].to(like), self.half_norm2[chosen].to(like)

    def _members(self, label: int) -> Tensor:
        if self.labels is None:
            raise ValueError("this empirical optimum was made without labels and has no classes to condition on")
        members = (self.labels == label).nonzero().squeeze(1)
        if not len(members):
            raise ValueError(f"no image has label {label}; the labels are {torch.unique(self.labels).tolist()}")
        return members
