"""What ``finetune`` scores at one number of new images: every way to adapt, and networks from scratch beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from torch import Tensor

from samenoise.cells.data import Subset
from samenoise.cells.record import unseen_losses
from samenoise.data import held_out
from samenoise.experiments.finetune.metrics import FEWER
from samenoise.experiments.finetune.scoring import nearer_to
from samenoise.experiments.finetune.settings import AGAIN, OTHERS, PRETRAINED, SCRATCH, FinetuneSettings
from samenoise.generators.adapted import Adapted, Onward, UnplannedAdapted
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.trained import Unplanned
from samenoise.lab.book import baseline
from samenoise.lab.common import Common
from samenoise.lab.copy_rows import Copies
from samenoise.lab.drawn import Drawn, Twice, Unseen
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Study
from samenoise.lab.told import crossed, mean, share
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed
from samenoise.training.unseen import MOST

__all__ = ["Adaptations", "before"]


def before(common: Common, settings: FinetuneSettings) -> Study:
    """The pretraining: the same network on the old images, with seeds that nothing else has."""
    updates = settings.pretraining or common.training.updates
    old = {
        "data": settings.source,
        "sizes": (settings.size,),
        "seed": child_seed(common.seed, "finetune", PRETRAINED),
        "training": common.training.model_copy(update={"updates": updates}),
    }
    return Study(common.model_copy(update=old))


class Adaptations(Measurement):
    """Scores at one number of new images."""

    experiment: ClassVar[str] = "finetune"
    n: int
    settings: FinetuneSettings

    @property
    def title(self) -> str:
        return f"adaptations at N = {self.n}"

    @property
    def before(self) -> Study:
        """The pretraining."""
        return before(self.common, self.settings)

    @property
    def pretrained(self) -> Unplanned:
        """What every adaptation starts from."""
        return self.before.model(self._width, self.settings.size)

    @property
    def scratch(self) -> Unplanned:
        """What is trained on the new images alone."""
        return self.study.model(self._width, self.n)

    def adapted(self, way: str, again: bool = False) -> UnplannedAdapted:
        """What is made of every pretrained network in one way; with ``again``, of the first of them alone, once more:
        with the new images and the training noise in another order."""
        study, common, start = self.study, self.common, self.pretrained
        onward = Onward(
            data=study.data,
            subset=Subset(n=self.n),
            how=self.settings.ways[way],
            training=common.training,
            seed=child_seed(common.seed, "finetune", way, *([AGAIN] if again else [])),
            unseen=min(common.data.held_out, MOST),
        )
        return UnplannedAdapted(member=start.member, replicates=1 if again else start.replicates, onward=onward)

    @property
    def _width(self) -> int:
        return self.common.widths[0]

    def asks(self) -> list[Ask]:
        study, ways = self.study, self.settings.ways
        models = [self.pretrained, self.scratch, *map(self.adapted, ways), *(self.adapted(w, again=True) for w in ways)]
        return [*study.twice(*models), study.ask(study.gaussian(self.n))]

    def denoisers(self) -> list[DenoiserGenerator | Unplanned]:
        # Not evaluated: its data are the old images, and they are read.
        return [self.before.gaussian(self.settings.size)]

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        return _Sheet(self, scene).filled(progress)


class _Sheet:
    """The ledger of a measurement as it is filled in."""

    def __init__(self, of: Adaptations, scene: Scene) -> None:
        self.of, self.scene = of, scene
        self.ledger, self.gaussian = of.ledger(of.n), scene.gaussian(of.n)
        self.width = of.common.widths[0]
        self.before = _silent(scene.twice(PRETRAINED, of.pretrained))
        self.models = {way: self._adapted(way, of.adapted(way)) for way in of.settings.ways}
        self.models[SCRATCH] = scene.twice(SCRATCH, of.scratch)
        self.trained = {way: self._trained(way) for way in of.settings.ways}

    def filled(self, progress: Progress) -> Ledger:
        ledger, scene, of = self.ledger, self.scene, self.of
        train = scene.train(of.n)
        for name, model in self.models.items():
            self._pairs(name, *model)
        progress(0.5)
        copies: dict[str, Copies] = {}
        for name, (a, _) in self.models.items():
            tags = self.trained.get(name, {})
            copies[name] = ledger.copying(a, train, scene.held_out, self.gaussian, width=self.width, **tags)
        for name, (a, _) in {**self.models, PRETRAINED: self.before}.items():
            tags = self.trained.get(name, {})
            ledger.likeness(a, scene.pool, scene.held_out, width=self.width, gaussian=self.gaussian, **tags)
            self._old(a, **tags)
        for name, other in self._held_against():
            self._fewer(name, copies[name], other, copies[other])
        ledger.real(scene.held_out, train)
        return ledger

    def _adapted(self, name: str, wanted: UnplannedAdapted) -> Twice:
        """With the losses of their adaptations, and not those of what they start from."""
        first, again = self.scene.twice(name, wanted)
        each = [
            replace(drawn, unseen=Unseen(*unseen_losses(self.scene.store.path(self._planned(one).adapt), 0)))
            for drawn, one in zip(first.each, wanted.each, strict=True)
        ]
        return Drawn.together(each), again

    def _planned(self, wanted: Unplanned) -> Adapted:
        generator = self.scene.plan.generator(wanted)
        assert isinstance(generator, Adapted)
        return generator

    def _trained(self, way: str) -> dict[str, Any]:
        return {"trained": self._planned(self.of.adapted(way).each[0]).adapt.trained(self.scene.store)}

    def _pairs(self, name: str, a: Drawn, a_again: Drawn) -> None:
        """With the same of another pretraining, of the same one, with those from scratch, and with before."""
        tags = {"width": self.width, **self.trained.get(name, {})}
        first, *rest = zip(a.each, a_again.each, strict=True)
        renamed = [tuple(replace(x, name=f"{name}, {OTHERS}") for x in pair) for pair in rest]
        others = Drawn.together([x for x, _ in renamed]), Drawn.together([x for _, x in renamed])
        self._pair("rp", first, others, kin=OTHERS, **tags)
        if name != SCRATCH:
            again = self.of.adapted(name, again=True)
            once_more = self._adapted(f"{name}, {AGAIN}", again)
            self._pair("rp", first, once_more, kin=AGAIN, lineage=PRETRAINED, **tags)
            self._pair("rp_scratch", (a, a_again), self.models[SCRATCH], **tags)
            tags["lineage"] = PRETRAINED
        self._pair("rp_pretrained", (a, a_again), self.before, matched=True, **tags)

    def _pair(self, metric: str, one: Twice, other: Twice, **more: Any) -> None:
        gaussians = [(one[0], self.gaussian), (other[0], self.gaussian)]
        self.ledger.pair(metric, one[0], other[0], ceilings=[one, other], gaussians=gaussians, **more)

    def _old(self, a: Drawn, **tags: Any) -> None:
        """Which of its pictures are nearer to old images than to new ones."""
        old, new = self._references()

        def told(images: Tensor) -> Tensor:
            return nearer_to(images, old, new)

        floor, ceiling = (float(told(x).double().mean()) for x in (self.scene.pool.images, self._old_images()))
        normal = float(told(self.gaussian.images).double().mean())
        found = share(crossed((told(x.images) for x in a.each), a))
        about: dict[str, Any] = {"width": self.width, "baseline": baseline(floor, ceiling, normal), **tags}
        self.ledger.row("old_share", a.name, "old", found.score, **about, **found.more)

    def _references(self) -> tuple[Tensor, Tensor]:
        """Old and new images that nothing was trained on, as many of either."""
        of = self.of
        ids = held_out(of.before.data.count, of.settings.size, of.settings.source.held_out, of.before.data.seed)
        count = min(len(ids), len(self.scene.held_out.images))
        return of.before.data.load(self.scene.store).images[ids[:count]], self.scene.held_out.images[:count]

    def _old_images(self) -> Tensor:
        data = self.of.before.data
        return data.load(self.scene.store).images[Subset(n=self.of.settings.size).ids(data)]

    def _held_against(self) -> Iterator[tuple[str, str]]:
        """Ways with what has more to copy with: all weights, and no pretraining."""
        for way in self.of.settings.ways:
            if self.of.settings.whole not in (None, way):
                yield way, str(self.of.settings.whole)
            yield way, SCRATCH

    def _fewer(self, a: str, mine: Copies, b: str, theirs: Copies) -> None:
        for metric, (way, _, _) in FEWER.items():
            told = mean(getattr(theirs, way).double() - getattr(mine, way).double())
            about: dict[str, Any] = {"width": self.width, "baseline": baseline(0.0), **self.trained[a], **told.more}
            self.ledger.row(metric, a, b, told.score, **about)


def _silent(twice: Twice) -> Twice:
    """Without losses: those of a pretraining are on other images."""
    first, again = twice
    return Drawn.together([replace(x, unseen=None) for x in first.each]), again
