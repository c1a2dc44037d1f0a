"""What ``lowrank`` scores on the data of the run: the Jacobian along the noise, at images trained on and held out.

    x_t = alpha y + sigma z,   J = dD(x_t, t) / dx_t      y real images, z noises of a bank of their own

A dip is judged so that a flat line with noise on it has none: where the rank is lowest between the ends is looked for
on every other image, how deep it is there is measured on those between, once this way and once that.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.experiments.lowrank.intervals import Array, interval, mean, score
from samenoise.experiments.lowrank.jacobian import ENERGY
from samenoise.experiments.lowrank.spectra import followed, spectra, time_of
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.lab.book import baseline
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.metrics import Score
from samenoise.noise import NoiseBank
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed

__all__ = ["GAUSSIAN", "HELD_OUT", "OPTIMUM", "TRAIN", "Ranks", "depth", "dip_sigma", "nearest"]

OPTIMUM, GAUSSIAN = "optimum", "gaussian"
HELD_OUT, TRAIN = "heldout", "train"
RANK, ENTROPY, GAIN = range(3)

METRICS = {"jacobian_rank": RANK, "jacobian_entropy_rank": ENTROPY, "jacobian_gain": GAIN}


class _Subject(NamedTuple):
    """What is looked at: its name in the rows, its replicates, the device they are on and the dtype they compute in."""

    name: str
    wanted: list[DenoiserGenerator | Unplanned]
    device: str
    dtype: torch.dtype
    width: int | None


class Ranks(Measurement):
    """Ranks and gains at one training size."""

    experiment: ClassVar[str] = "lowrank"
    n: int
    sigmas: tuple[float, ...]
    images: int
    copy_sigma: float
    replicates: int

    @property
    def title(self) -> str:
        return f"ranks at N = {self.n}"

    def _subjects(self) -> list[_Subject]:
        study, device = self.study, self.common.device
        closed = [
            _Subject(OPTIMUM, [study.optimum(self.n)], "cpu", torch.float64, None),
            _Subject(GAUSSIAN, [study.gaussian(self.n)], "cpu", torch.float64, None),
        ]
        networks = [_Subject(study.label(w), self._networks(w), device, torch.float32, w) for w in self.common.widths]
        return [*closed, *networks]

    def _networks(self, width: int) -> list[DenoiserGenerator | Unplanned]:
        return [self.study.model(width, self.n).again(r) for r in range(self.replicates)]

    def denoisers(self) -> list[DenoiserGenerator | Unplanned]:
        return [wanted for subject in self._subjects() for wanted in subject.wanted]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        ledger, subjects = self.ledger(self.n, details=False), self._subjects()
        points = {HELD_OUT: scene.held_out.images[: self.images], TRAIN: scene.train(self.n).images[: self.images]}
        todo, done = sum(len(subject.wanted) for subject in subjects), 0
        found: dict[str, dict[str, Array]] = {}
        for subject in subjects:
            replicates: dict[str, list[Array]] = {where: [] for where in points}
            for wanted in subject.wanted:
                denoiser = scene.denoiser(wanted)
                for where, images in points.items():
                    noises = noises_at(self.common.seed, where, images)
                    replicates[where].append(self._along(denoiser, images, noises, subject))
                done += 1
                progress(done / todo)
            found[subject.name] = {where: np.stack(each) for where, each in replicates.items()}
            self._rows(ledger, subject, found, size=points[HELD_OUT][0].numel())
        return ledger

    def _along(self, denoiser: Denoiser, images: Tensor, noises: Tensor, of: _Subject) -> Array:
        """``(images, sigmas, 3)``: rank, entropy rank and gain."""
        times = [time_of(denoiser.process, sigma) for sigma in self.sigmas]
        at = [spectra(denoiser, images, noises, t, of.device, of.dtype) for t in times]
        return np.stack([torch.stack([one.rank, one.entropy, one.gain], -1).numpy() for one in at], axis=1)

    def _rows(self, ledger: Ledger, subject: _Subject, found: dict[str, dict[str, Array]], size: int) -> None:
        own = found[subject.name]
        closed = {name: found[name] for name in (OPTIMUM, GAUSSIAN) if subject.width is not None}
        shared: dict[str, Any] = {"width": subject.width, "replicates": len(subject.wanted)}
        part: dict[str, Any] = {} if followed(size) == size else {"note": _in_part(size)}
        for where, values in own.items():
            low, high = (np.maximum(end, 0) for end in interval(mean, values))
            value = mean(values)
            beside = {name: mean(each[where]) for name, each in closed.items()}
            for metric, k in METRICS.items():
                for s, sigma in enumerate(self.sigmas):
                    known = math.isfinite(value[s, k])
                    row = Score(float(value[s, k]), (float(low[s, k]), float(high[s, k])), values.shape[1])
                    levels = {name: float(each[s, k]) for name, each in beside.items() if known}
                    ledger.row(
                        metric,
                        subject.name,
                        where,
                        row if known else None,
                        threshold=ENERGY if k == RANK else None,
                        baseline=baseline(levels.get(OPTIMUM), None if k == GAIN else size, levels.get(GAUSSIAN)),
                        sigma=sigma,
                        where=where,
                        **(part if k != GAIN else {}),
                        **shared,
                    )
        self._dip(ledger, subject, own[HELD_OUT][..., RANK], closed, shared)
        self._gap(ledger, subject, own, closed, shared)

    def _dip(
        self,
        ledger: Ledger,
        subject: _Subject,
        ranks: Array,
        closed: dict[str, dict[str, Array]],
        shared: dict[str, Any],
    ) -> None:
        levels = {name: each[HELD_OUT][..., RANK] for name, each in closed.items()}

        def where_lowest(values: Array) -> float:
            return dip_sigma(self.sigmas, values)

        for metric, found in (
            ("rank_dip_sigma", (lambda values: score(where_lowest, values))),
            ("rank_dip_depth", depth),
        ):
            beside = {name: found(each).value for name, each in levels.items()}
            ledger.row(
                metric,
                subject.name,
                HELD_OUT,
                found(ranks),
                threshold=ENERGY,
                baseline=baseline(beside.get(OPTIMUM), None, beside.get(GAUSSIAN)),
                where=HELD_OUT,
                **shared,
            )

    def _gap(
        self,
        ledger: Ledger,
        subject: _Subject,
        own: dict[str, Array],
        closed: dict[str, dict[str, Array]],
        shared: dict[str, Any],
    ) -> None:
        s = nearest(self.sigmas, self.copy_sigma)

        def gap(values: dict[str, Array]) -> Score:
            at = [values[where][:, :, s, RANK] for where in (HELD_OUT, TRAIN)]
            return score(lambda held, trained: held.mean() - trained.mean(), *at)

        beside = {name: gap(each).value for name, each in closed.items()}
        ledger.row(
            "rank_copy_gap",
            subject.name,
            TRAIN,
            gap(own),
            threshold=ENERGY,
            baseline=baseline(beside.get(OPTIMUM), None, beside.get(GAUSSIAN)),
            sigma=self.sigmas[s],
            **shared,
        )


def noises_at(seed: int, where: str, images: Tensor) -> Tensor:
    """Noise ``i`` for image ``i``, the same at every level and for every denoiser; never one that is sampled from."""
    return NoiseBank(child_seed(seed, "lowrank", where), tuple(images.shape[1:]))[: len(images)]


def nearest(sigmas: tuple[float, ...], wanted: float) -> int:
    """Which of the levels is nearest, as a factor."""
    return min(range(len(sigmas)), key=lambda s: abs(math.log(sigmas[s] / wanted)))


def dip_sigma(sigmas: tuple[float, ...], ranks: Array) -> float:
    """The level of the lowest mean rank, the ends included; ``ranks`` are ``(replicates, images, sigmas)``."""
    return float(sigmas[int(mean(ranks).argmin())])


def depth(ranks: Array) -> Score:
    """How much lower the rank is between the ends than at the lower one of them: negative where it is not.

    Args:
        ranks: ``(replicates, images, sigmas)``.
    """
    halves = ranks[:, 0::2], ranks[:, 1::2]
    first, second = (1 + int(mean(half)[1:-1].argmin()) for half in halves)

    def below(half: Array, lowest: int) -> float:
        curve = mean(half)
        return float(min(curve[0], curve[-1]) - curve[lowest])

    def both(one: Array, other: Array) -> float:
        return (below(one, second) + below(other, first)) / 2

    return score(both, *halves)._replace(n=ranks.shape[1])


def _in_part(size: int) -> str:
    return (
        f"the {followed(size)} leading of {size} singular values, by randomized products: a rank above that counts as "
        f"{followed(size) + 1}, and there is no entropy"
    )
