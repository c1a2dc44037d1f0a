"""From what the experiments of a config ask for to the cells that make it.

Networks of one shape and one recipe train together, as cohorts: which share one follows from the list of all that is
asked for, in its order, and from nothing else - not from who asks, what is cached, or what is free. A cohort changes
no bit of its networks; it makes them faster.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from samenoise.cells.members import Member
from samenoise.cells.training import Teacher, TrainCell
from samenoise.generators.base import Generator
from samenoise.generators.sampling import SampleCell
from samenoise.generators.trained import Unplanned
from samenoise.lab.features import Feature, FeatureCell
from samenoise.lab.study import Ask, Wanted
from samenoise.runs.cell import described

__all__ = ["Place", "Plan"]


class Place(NamedTuple):
    """Where a network is trained: the cell, and which of its networks."""

    train: TrainCell
    member: int


class Plan:
    """Which cell makes what.

    Args:
        wanted: every generator that is asked for, in the order of asking.
        feature: in what images are compared.
        device: that networks are sampled on.
    """

    def __init__(self, wanted: Iterable[Wanted], feature: Feature, device: str) -> None:
        self.feature, self.wanted_device = feature, device
        asked = [one for each in wanted if isinstance(each, Unplanned) for one in each.each]
        self._members: dict[str, Member] = {}
        self._kept: dict[str, set[int]] = {}
        for each in asked:
            self._add(each.member)
            if each.update is not None:
                self._kept[_key(each.member)].add(each.update)
        self._places: dict[str, Place] = {}
        self._samples: dict[str, SampleCell] = {}  # one object for each: its hash is worked out once
        self._features: dict[str, FeatureCell] = {}
        for cohort in self._cohorts():
            self._train(cohort)

    def _add(self, member: Member) -> None:
        if member.teacher is not None:  # before its student: it is trained first
            self._add(member.teacher)
        self._members.setdefault(_key(member), member)
        self._kept.setdefault(_key(member), set())

    def _cohorts(self) -> list[list[Member]]:
        """Members that train together, each group as even in size as may be."""
        groups: dict[str, list[Member]] = {}
        for key, member in self._members.items():
            groups.setdefault(_shape(member) if member.stacked else key, []).append(member)
        found = []
        for members in groups.values():
            count = -(-len(members) // members[0].training.cohort)
            found += [members[k::count] for k in range(count)]
        return found

    def _train(self, members: list[Member]) -> None:
        first = members[0]
        cell = TrainCell(
            data=first.data,
            process=first.process,
            network=first.network,
            width=first.width,
            training=first.training,
            models=tuple(member.model for member in members),
            device=first.device,
            teacher=None if first.teacher is None else Teacher(**self._places[_key(first.teacher)]._asdict()),
            unseen=first.unseen,
            labels=first.labels,
            kept=tuple(sorted(set().union(*(self._kept[_key(member)] for member in members)))),
        )
        self._places.update({_key(member): Place(cell, k) for k, member in enumerate(members)})

    def __contains__(self, wanted: Unplanned) -> bool:
        return _key(wanted.member) in self._places

    def place(self, member: Member) -> Place:
        """Where a network is trained."""
        return self._places[_key(member)]

    def generator(self, wanted: Wanted) -> Generator:
        """What is asked for, with the cell that trains it."""
        return wanted.planned(*self.place(wanted.member)) if isinstance(wanted, Unplanned) else wanted

    def samples(self, ask: Ask) -> SampleCell:
        """The cell of some images, of one training."""
        key = _key(ask)
        if key not in self._samples:
            generator = self.generator(ask.wanted)
            device = generator.device(self.wanted_device)
            self._samples[key] = SampleCell(generator=generator, sampling=ask.sampling, batch=ask.batch, device=device)
        return self._samples[key]

    def features(self, ask: Ask) -> FeatureCell:
        """The cell of their features."""
        images = self.samples(ask)
        if images.hash not in self._features:
            self._features[images.hash] = FeatureCell(images=images, feature=self.feature)
        return self._features[images.hash]

    def real(self) -> FeatureCell:
        """Features of all images of the data."""
        return FeatureCell(images=self.feature.data, feature=self.feature)


def _key(asked: Member | Ask) -> str:
    return json.dumps(described(asked), sort_keys=True)


def _shape(member: Member) -> str:
    """What networks of one cohort have in common: all but where they start and what they see."""
    return _key(member.model_copy(update={"model": None}))
