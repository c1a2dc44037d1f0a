"""The scores as torchmetrics modules: ``update`` with batches, ``compute`` the score, ``score`` its interval as well.

What a process has seen is a sum or a list, so processes of a distributed run merge to what one would have computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from samenoise.metrics.flow_distance import pfd_of, squared_distances
from samenoise.metrics.generalization import memorized
from samenoise.metrics.neighbours import nn_ratio
from samenoise.metrics.reproducibility import mae_score, rp
from samenoise.metrics.similarity import Rows
from samenoise.metrics.statistics import Score, proportion

try:
    from torchmetrics import Metric
    from torchmetrics.utilities import dim_zero_cat
except ImportError as error:
    raise ImportError("samenoise.metrics.modules needs torchmetrics: pip install 'samenoise[torchmetrics]'") from error

__all__ = ["FlowDistance", "Generalization", "MAEScore", "NNRatio", "Reproducibility"]


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
