"""``solvers``: solver x number of steps x stochasticity, on trained models that stay the same.

With more steps every deterministic solver converges to one image for each noise, the end of the model's own flow, for
which Heun on a very fine grid stands (``rp_reference``). With ``eta`` DDIM draws part of the noise anew at every step:
images then depend on it as well as on the noise they start from. Two models are compared at each setting, with fresh
noise of their own (``rp``) and with the same (``rp_shared``).
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

from samenoise.experiments.config import Config
from samenoise.experiments.sample_cell import SampleCell
from samenoise.experiments.score_cell import ScoreCell
from samenoise.experiments.scoring import Drawn, Ledger
from samenoise.experiments.specs import SamplingSpec
from samenoise.experiments.sweep import Scene
from samenoise.runs.cell import Cell, Progress
from samenoise.runs.store import Store

__all__ = ["SolversCell", "cells"]


def cells(config: Config) -> list[Cell]:
    """The score cell."""
    return [SolversCell(config=config)]


class SolversCell(ScoreCell):
    """Scores of every setting."""

    kind: ClassVar[str] = "solvers"

    @property
    def settings(self) -> list[SamplingSpec]:
        """Every solver at every number of steps; then DDIM with every eta, 0 included, where it is not there yet."""
        spec, base = self.config.solvers, self.config.sampling
        plain = [base.model_copy(update={"solver": s, "steps": n}) for s in spec.kinds for n in spec.steps]
        noisy = {"solver": "ddim", "steps": spec.eta_steps}
        swept = [base.model_copy(update={**noisy, "eta": eta}) for eta in (0.0, *spec.etas)]
        return list(dict.fromkeys([*plain, *swept]))

    @property
    def reference(self) -> SamplingSpec:
        """What stands for the exact flow."""
        steps = self.config.solvers.reference_steps
        return self.config.sampling.model_copy(update={"solver": "heun", "steps": steps})

    def cell(self, label: str, setting: SamplingSpec, shared: bool = False) -> SampleCell:
        """A model's images; with ``shared``, every model gets the same fresh noise, else each its own."""
        if setting.eta:
            own = 0 if shared else 1 + list(self.config.models).index(label)
            setting = setting.model_copy(update={"fresh_seed": setting.fresh_seed + own})
        return self.sweep.samples(self.sweep.named(label), sampling=setting)

    def needs(self) -> list[Cell]:
        found: list[Cell] = [self.sweep.samples(self.sweep.gaussian(max(self.config.sizes)))]
        for label in self.config.models:
            source = self.sweep.named(label)
            found += [self.sweep.samples(source, ceiling, self.reference) for ceiling in (False, True)]
            for setting in self.settings:
                found += [self.cell(label, setting, shared) for shared in ((False, True) if setting.eta else (False,))]
        return found

    @property
    def title(self) -> str:
        return "solvers"

    def run(self, store: Store, out: Path, progress: Progress) -> None:
        n = max(self.config.sizes)
        scene, ledger = Scene(self.sweep, n, store), Ledger("solvers", n, details=False)
        references = {
            label: tuple(
                scene.drawn("reference", self.sweep.named(label), ceiling, self.reference) for ceiling in (False, True)
            )
            for label in self.config.models
        }
        settings = self.settings
        for k, setting in enumerate(settings):
            samples = {label: self.cell(label, setting).load(store) for label in self.config.models}
            nfe = next(iter(samples.values())).nfe
            ledger.tags = {"solver": setting.solver, "steps": setting.steps, "nfe": nfe, "eta": setting.eta}
            drawn = {label: scene.of(label, self.cell(label, setting)) for label in samples}
            for label, a in drawn.items():
                reference, again = references[label]
                beside: dict[str, Any] = {
                    "width": self.config.models[label].width,
                    "ceilings": [(reference, again)],
                    "gaussians": [(reference, scene.gaussian)],
                }
                ledger.pair("rp_reference", a, reference, **beside)
                ledger.distance("pfd_reference", a, reference, **beside)
            self._pairs(ledger, "rp", drawn, references, scene.gaussian)
            if setting.eta:
                same = {label: scene.of(label, self.cell(label, setting, shared=True)) for label in samples}
                self._pairs(ledger, "rp_shared", same, references, scene.gaussian)
            progress((k + 1) / len(settings))
        ledger.write(out)

    def _pairs(
        self,
        ledger: Ledger,
        metric: str,
        drawn: dict[str, Drawn],
        references: dict[str, tuple[Drawn, ...]],
        gaussian: Drawn,
    ) -> None:
        for (left, a), (right, b) in combinations(drawn.items(), 2):
            ceilings = [(references[label][0], references[label][1]) for label in (left, right)]
            ledger.pair(metric, a, b, ceilings=ceilings, gaussians=[(a, gaussian), (b, gaussian)])
