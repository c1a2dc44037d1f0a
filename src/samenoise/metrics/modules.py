"""The scores as torchmetrics modules: ``update`` with batches, ``compute`` the score, ``score`` its interval as well.

What a process has seen is a sum or a list, so processes of a distributed run merge to what one would have computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from samenoise.metrics.flow_distance import pfd_of, squared_distances
from samenoise.metrics.generalization import memorized
from samenoise.metrics.kernel_distance import KID, Kernel, mmd
from samenoise.metrics.leftover_noise import leftover
from samenoise.metrics.neighbours import nn_ratio
from samenoise.metrics.rank import rp_auc, rp_top1
from samenoise.metrics.reproducibility import mae_score, rp
from samenoise.metrics.similarity import Rows, pair
from samenoise.metrics.statistics import Score, proportion
from samenoise.oracle.gaussian import Spectrum

try:
    from torchmetrics import Metric
    from torchmetrics.utilities import dim_zero_cat
except ImportError as error:
    raise ImportError("samenoise.metrics.modules needs torchmetrics: pip install 'samenoise[torchmetrics]'") from error

__all__ = [
    "FlowDistance",
    "Generalization",
    "KernelDistance",
    "LeftoverNoise",
    "MAEScore",
    "NNRatio",
    "RankAgreement",
    "Reproducibility",
]


class _Scored(Metric):  # type: ignore[misc]  # torchmetrics is optional, so its types are not read
    is_differentiable = False
    full_state_update = False

    def _score(self) -> Score:
        """The score of the states as they are."""
        raise NotImplementedError

    def compute(self) -> Tensor:
        """The score, a float32 scalar."""
        return torch.tensor(self._score().value, device=self.device)

    def score(self) -> Score:
        """The score with its 95 % interval and n, over all processes."""
        with self.sync_context():
            return self._score()


class _Proportion(_Scored):
    """``hits`` of ``total``."""

    hits: Tensor
    total: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("hits", default=torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", default=torch.tensor(0), dist_reduce_fx="sum")

    def _add(self, batch: Score) -> None:
        self.hits += round(batch.value * batch.n)
        self.total += batch.n

    def _score(self) -> Score:
        return proportion(int(self.hits), int(self.total))


class Reproducibility(_Proportion):
    """RP of the batches seen; see :func:`samenoise.metrics.rp`.

    >>> metric = Reproducibility(threshold=0.6)
    >>> metric.update(torch.eye(4), torch.eye(4)[[0, 1, 2, 0]])
    >>> metric.compute()
    tensor(0.7500)
    """

    higher_is_better = True

    def __init__(self, threshold: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold

    def update(self, a: Rows, b: Rows) -> None:
        """Features of two generators at the same noises: Features, or shape ``(batch, d)``."""
        self._add(rp(a, b, self.threshold))


class MAEScore(_Proportion):
    """MAE score of the batches seen; see :func:`samenoise.metrics.mae_score`."""

    higher_is_better = True

    def __init__(self, threshold: float = 15.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold

    def update(self, a_images: Tensor, b_images: Tensor) -> None:
        """Images in [-1, 1] of two generators at the same noises, shape ``(batch, c, h, w)``."""
        self._add(mae_score(a_images, b_images, self.threshold))


class Generalization(_Proportion):
    """GL of the batches seen against features of a training set, shape ``(m, d)``; see :func:`samenoise.metrics.gl`."""

    higher_is_better = True

    def __init__(self, train: Tensor, threshold: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("train_features", train, persistent=False)
        self.threshold = threshold

    def update(self, a: Tensor) -> None:
        """Features of generated images, shape ``(batch, d)``."""
        self._add(memorized(a, self.train_features, self.threshold).score.complement)


class NNRatio(_Proportion):
    """NN ratio of the batches seen against training images ``(m, c, h, w)``; see :func:`samenoise.metrics.nn_ratio`."""

    higher_is_better = False

    def __init__(self, train: Tensor, ratio: float = 1 / 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("train_images", train, persistent=False)
        self.ratio = ratio

    def update(self, images: Tensor) -> None:
        """Generated images, shape ``(batch, c, h, w)``."""
        self._add(nn_ratio(images, self.train_images, self.ratio).score)


class FlowDistance(_Scored):
    """PFD of the batches seen; see :func:`samenoise.metrics.pfd`. Keeps one number for each noise."""

    higher_is_better = False
    squared: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("squared", default=[], dist_reduce_fx="cat")

    def update(self, a: Rows, b: Rows) -> None:
        """Images or features of two generators at the same noises: Features, or shape ``(batch, ...)``."""
        self.squared.append(squared_distances(a, b).to(self.device, torch.float32))

    def _score(self) -> Score:
        return pfd_of(dim_zero_cat(self.squared))


class _Kept(_Scored):
    """Keeps the rows of both sides: what is compared is every picture with every other."""

    first: list[Tensor]
    second: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("first", default=[], dist_reduce_fx="cat")
        self.add_state("second", default=[], dist_reduce_fx="cat")

    def _keep(self, a: Tensor, b: Tensor) -> None:
        self.first.append(a.to(self.device))
        self.second.append(b.to(self.device))

    def _rows(self) -> tuple[Tensor, Tensor]:
        return dim_zero_cat(self.first), dim_zero_cat(self.second)


class RankAgreement(_Kept):
    """``rp_auc`` of the batches seen, or ``rp_top1``; see :func:`samenoise.metrics.rp_auc`. Keeps the features.

    >>> metric = RankAgreement()
    >>> metric.update(torch.eye(4), torch.eye(4))
    >>> metric.compute()
    tensor(1.)
    """

    higher_is_better = True

    def __init__(self, top1: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.top1 = top1

    def update(self, a: Rows, b: Rows) -> None:
        """Features of two generators at the same noises: Features, or shape ``(batch, d)``."""
        self._keep(*pair(a, b))

    def _score(self) -> Score:
        return (rp_top1 if self.top1 else rp_auc)(*self._rows())


class LeftoverNoise(_Kept):
    """Leftover noise of the batches seen; see :func:`samenoise.metrics.leftover`. Keeps pictures and noise.

    Args:
        real: :func:`samenoise.metrics.variation` of real images.
    """

    higher_is_better = False

    def __init__(self, real: Spectrum, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.real = real

    def update(self, images: Tensor, z: Tensor) -> None:
        """Pictures and the noise that each starts at, shape ``(batch, ...)``."""
        self._keep(images, z)

    def _score(self) -> Score:
        return leftover(*self._rows(), self.real).score


class KernelDistance(_Scored):
    """Squared MMD of the batches seen from real images; see :func:`samenoise.metrics.mmd`. Keeps the features.

    Args:
        real: features of held-out real images, shape ``(m, d)``.
    """

    higher_is_better = False
    pictures: list[Tensor]
    real_features: Tensor

    def __init__(self, real: Tensor, kernel: Kernel = KID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("pictures", default=[], dist_reduce_fx="cat")
        self.register_buffer("real_features", real, persistent=False)
        self.kernel = kernel

    def update(self, a: Tensor) -> None:
        """Features of pictures, shape ``(batch, d)``."""
        self.pictures.append(a.to(self.device))

    def _score(self) -> Score:
        return mmd(dim_zero_cat(self.pictures), self.real_features, self.kernel)
