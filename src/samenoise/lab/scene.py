"""What a measurement sees: the images and features it asked for, and the real ones, named as in the rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from samenoise.cells.data import Subset
from samenoise.cells.specs import SamplingSpec
from samenoise.data import ImageSet, held_out
from samenoise.denoiser import Denoiser
from samenoise.features import Features
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.lab.drawn import Drawn, Twice
from samenoise.lab.plan import Plan
from samenoise.lab.study import Ask, Study, Wanted
from samenoise.runs.cell import Results

__all__ = ["Scene"]


class Scene:
    """All that a measurement may read.

    Args:
        before: folders of the measurements that it comes after, in their order.
    """

    def __init__(self, study: Study, plan: Plan, store: Results, before: list[Path]) -> None:
        self.study, self.plan, self.store, self.before = study, plan, store, before

    def drawn(self, name: str, wanted: Wanted, again: bool = False, sampling: SamplingSpec | None = None) -> Drawn:
        """A generator's images and features."""
        return self.of(name, self.study.ask(wanted, again, sampling))

    def of(self, name: str, ask: Ask) -> Drawn:
        """Images that were asked for, and their features."""
        images = self.plan.samples(ask).load(self.store).images
        return Drawn.of(name, images, self.plan.features(ask).load(self.store), self.study.common.threshold)

    def twice(self, name: str, wanted: Wanted, sampling: SamplingSpec | None = None) -> Twice:
        """A generator, and its first images at the other batch size: the ceiling."""
        return self.drawn(name, wanted, False, sampling), self.drawn(name, wanted, True, sampling)

    def nfe(self, ask: Ask) -> int:
        """Evaluations of the network for one image."""
        return self.plan.samples(ask).load(self.store).nfe

    def denoiser(self, wanted: DenoiserGenerator | Unplanned) -> Denoiser:
        """A denoiser that was asked for, on its device."""
        generator = self.plan.generator(wanted)
        assert isinstance(generator, DenoiserGenerator)  # what is unplanned becomes a trained one
        return generator.denoiser(self.store, generator.device(self.study.common.device))

    def kept(self) -> list[dict[str, Tensor]]:
        """What the ledgers of the measurements before this one kept."""
        return [load_file(folder / "kept.safetensors") for folder in self.before]

    @cached_property
    def data(self) -> ImageSet:
        """All images of the data."""
        return self.study.data.load(self.store)

    def train_ids(self, n: int) -> Tensor:
        """Row numbers of a training set."""
        return Subset(n=n).ids(self.study.data)

    def train(self, n: int) -> Drawn:
        """A training set; ids are row numbers of the data."""
        return self._real("train", self.train_ids(n))

    @cached_property
    def pool(self) -> Drawn:
        """The largest training set: real images to hold pictures of every size against."""
        return self._real("data", self.train_ids(self.study.largest))

    @cached_property
    def held_out(self) -> Drawn:
        """Real images that no model of part "a" has seen."""
        common = self.study.common
        ids = held_out(common.count, self.study.largest, common.data.held_out, self.study.data.seed)
        return self._real("held-out", ids)

    def gaussian(self, n: int) -> Drawn:
        """The Gaussian baseline."""
        return self.drawn("gaussian", self.study.gaussian(n))

    @cached_property
    def _features(self) -> Features:
        return self.plan.real().load(self.store)

    def _real(self, name: str, ids: Tensor) -> Drawn:
        """Real images in the place of a generator's."""
        features = replace(self._features, ids=ids, array=self._features.array[ids])
        return Drawn.of(name, self.data.images[ids], features, self.study.common.threshold)
