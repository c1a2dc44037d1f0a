"""Rows of likeness: whether generators draw pictures at all, and whether they are trained enough to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from samenoise.lab.book import Book, baseline
from samenoise.lab.drawn import Drawn, Unseen
from samenoise.lab.told import Told, crossed, mean, median, of_each
from samenoise.metrics import RBF, mmd, mmd_gap, nn_ratio
from samenoise.metrics.average import changes

__all__ = ["LikenessRows"]

DOUBLING = 2
"""Looks at the loss on unseen images for every doubling of the updates."""


@dataclass
class LikenessRows(Book):
    """A book with entries for generators beside real images."""

    def likeness(
        self, a: Drawn, data: Drawn, held_out: Drawn | None, *, width: int, gaussian: Drawn, **more: Any
    ) -> None:
        """``nn_distance``; the distance of distributions, ``mmd``, and its gap from the Gaussian's; the noise that is
        left in the pictures; and the loss on unseen images at the end of the training, with its last change.

        Args:
            data: real images, the same for every size.
            held_out: real images that no model has seen. Without them the floor of ``nn_distance`` is the distance of
                each of ``data`` to its nearest other one, and there is no distance of distributions: pictures that were
                learnt from images are not independent of them.
        """
        near, normal = (crossed((_nearest(x, data) for x in each.each), each) for each in (a, gaussian))
        if held_out is None:
            floor = float(nn_ratio(data.images, data.images).distance[:, 1].median())
        else:
            floor = median(_nearest(held_out, data)).value
        about: dict[str, Any] = {"width": width, **more}
        self._of("nn_distance", a, data.name, median(near), baseline(floor, None, median(normal).value), about)
        if held_out is not None:
            self._distribution(a, data, held_out, gaussian, about)
        if a.left is not None:
            self._leftover(a, gaussian, about)
        if a.unseen is not None:
            self._trained(a, about)

    def _distribution(self, a: Drawn, data: Drawn, held_out: Drawn, gaussian: Drawn, about: dict[str, Any]) -> None:
        real = held_out.features
        try:
            kernel = RBF.of(real)
        except ValueError as error:  # there is but one real image
            for metric in ("mmd", "mmd_gap"):
                self.row(metric, a.name, held_out.name, None, baseline=baseline(), note=str(error), **about)
            return
        floor, normal = (mmd(x.features, real, kernel) for x in (data, gaussian))
        beside = baseline(floor.value, None, normal.value) | {
            "floor_ci95": list(floor.ci95),
            "floor_n": floor.n,
            "gaussian_ci95": list(normal.ci95),
        }
        told = of_each([mmd(x.features, real, kernel) for x in a.each])
        gap = of_each([mmd_gap(x.features, gaussian.features, real, kernel) for x in a.each])
        self._of("mmd", a, held_out.name, told, beside, about)
        self._of("mmd_gap", a, held_out.name, gap, baseline(floor.value - normal.value, None, 0.0), about)

    def _leftover(self, a: Drawn, gaussian: Drawn, about: dict[str, Any]) -> None:
        found = [x.left for x in a.each if x.left is not None]
        told = Told(found[0].score, {}) if len(found) == 1 else mean(crossed((each.values for each in found), a))
        normal = None if gaussian.left is None else gaussian.left.score.value
        self._of("leftover", a, "noise", told, baseline(found[0].floor, None, normal), about)

    def _trained(self, a: Drawn, about: dict[str, Any]) -> None:
        unseen = [x.unseen for x in a.each if x.unseen is not None]
        last = crossed((each.losses[-1] for each in unseen), a)
        self._of("unseen_loss", a, "held-out", mean(last), baseline(), about)
        if len(unseen[0].updates) > DOUBLING:
            self._of("unseen_change", a, "held-out", mean(crossed((_change(x) for x in unseen), a)), baseline(), about)

    def _of(self, metric: str, a: Drawn, b: str, told: Told, beside: dict[str, Any], about: dict[str, Any]) -> None:
        self.row(metric, a.name, b, told.score, baseline=beside, **about, **told.more)


def _nearest(images: Drawn, data: Drawn) -> Tensor:
    """Distance of each to the nearest real image, in pixels, float64."""
    return nn_ratio(images.images, data.images).distance[:, 0].double()


def _change(unseen: Unseen) -> Tensor:
    """Of each image its part in the change of the loss with the last doubling of the updates."""
    return torch.as_tensor(changes(unseen.losses[-1 - DOUBLING], unseen.losses[-1]))
