"""What a measurement sees: the images and features it asked for, and the real ones, named as in the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from safetensors.torch import load_file
from torch import Tensor

from samenoise.cells.data import Subset
from samenoise.cells.record import unseen_losses
from samenoise.cells.specs import SamplingSpec
from samenoise.data import ImageSet, held_out
from samenoise.data.subsets import Part
from samenoise.denoiser import Denoiser
from samenoise.features import FeatureMap, Features
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.sampling import bank
from samenoise.generators.trained import Unplanned
from samenoise.lab.drawn import Drawn, Twice, Unseen
from samenoise.lab.plan import Plan
from samenoise.lab.study import Ask, Study, Wanted
from samenoise.metrics import Nearest, cleaned, leftover, variation
from samenoise.oracle.gaussian import Spectrum
from samenoise.runs.cell import Results

__all__ = ["Scene"]


class Scene:
    """All that a measurement may read.

    Args:
        before: folders of the measurements that it comes after, in their order.
        near: what searches found that were made before, by the hash of the features and the training set.
    """

    def __init__(
        self,
        study: Study,
        plan: Plan,
        store: Results,
        before: list[Path],
        near: Mapping[tuple[str, Subset], Nearest] = MappingProxyType({}),
    ) -> None:
        self.study, self.plan, self.store, self.before, self.near = study, plan, store, before, near

    def drawn(self, name: str, wanted: Wanted, again: bool = False, sampling: SamplingSpec | None = None) -> Drawn:
        """A generator's images and features; with ``again``, no more than a ceiling needs."""
        return self.of(name, self.study.ask(wanted, again, sampling), more=not again)

    def of(self, name: str, ask: Ask, more: bool = True) -> Drawn:
        """Images that were asked for, and their features, of every training; with ``more``, their leftover noise,
        their features without it, and the losses on unseen images."""
        found = []
        for one in ask.each:
            images, ids, _, _ = self.plan.samples(one).load(self.store)
            cell = self.plan.features(one)
            features = cell.load(self.store)
            near = {subset: nearest for (key, subset), nearest in self.near.items() if key == cell.hash}
            threshold = self.study.common.threshold
            if more:
                z = bank(one.sampling, tuple(images.shape[1:]))[ids]
                clean = self._extractor(cleaned(images, z, self.variation), ids, features.source)
                left, unseen = leftover(images, z, self.variation), self._unseen(one.wanted)
                drawn = Drawn.of(name, images, features, threshold, left, clean, unseen)
                found.append(replace(drawn, near=near))
            else:
                found.append(Drawn.of(name, images, features, threshold))
        return Drawn.together(found)

    def _unseen(self, wanted: Wanted) -> Unseen | None:
        """Of a network at the end of its training."""
        if not isinstance(wanted, Unplanned) or wanted.update is not None or not wanted.member.unseen:
            return None
        train, member = self.plan.place(wanted.member)
        return Unseen(*unseen_losses(self.store.path(train), member))

    @cached_property
    def variation(self) -> Spectrum:
        """How real images vary: those of the largest training set, and the held-out ones."""
        held_out = [self.held_out.images] if self.study.common.data.held_out > 1 else []
        return variation(self.pool.images, *held_out)

    @cached_property
    def _extractor(self) -> FeatureMap:
        return self.plan.feature.extractor(self.store)

    def twice(self, name: str, wanted: Wanted, sampling: SamplingSpec | None = None) -> Twice:
        """A generator, and its first images at the other batch size: the ceiling."""
        return self.drawn(name, wanted, False, sampling), self.drawn(name, wanted, True, sampling)

    def nfe(self, ask: Ask) -> int:
        """Evaluations of the network for one image."""
        return self.plan.samples(ask.each[0]).load(self.store).nfe

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

    def train_ids(self, n: int, part: Part = "a") -> Tensor:
        """Row numbers of a training set."""
        return Subset(n=n, part=part).ids(self.study.data)

    def train(self, n: int, part: Part = "a") -> Drawn:
        """A training set; ids are row numbers of the data."""
        return replace(self._real("train", self.train_ids(n, part)), subset=Subset(n=n, part=part))

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
