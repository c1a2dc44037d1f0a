"""What ``solvers`` scores: every model at every setting beside its finest grid, and every pair of models.

Fresh noise is each model's own in ``rp`` and the same for all in ``rp_shared``. There the ceiling is also what one
exact denoiser, the empirical optimum, comes to under the processes of the two models, on their grids and with the same
fresh noise: what two grids and two starts do to a pair is no difference of models.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar

from samenoise.cells.specs import SamplingSpec
from samenoise.experiments.solvers.settings import SolversSettings
from samenoise.lab.drawn import Drawn, Twice
from samenoise.lab.ledger import Ledger
from samenoise.lab.measurement import Measurement
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask
from samenoise.runs.cell import Progress
from samenoise.training.order import child_seed

__all__ = ["Solvers"]


class Solvers(Measurement):
    """Scores of every setting."""

    experiment: ClassVar[str] = "solvers"
    settings: SolversSettings

    @property
    def title(self) -> str:
        return "solvers"

    @property
    def samplings(self) -> list[SamplingSpec]:
        """Every solver at every number of steps; then DDIM with every eta, 0 included, where it is not there yet."""
        spec, base = self.settings, self.common.sampling
        plain = [base.model_copy(update={"solver": s, "steps": n}) for s in spec.kinds for n in spec.steps]
        noisy = {"solver": "ddim", "steps": spec.eta_steps}
        swept = [base.model_copy(update={**noisy, "eta": eta}) for eta in (0.0, *spec.etas)]
        return list(dict.fromkeys([*plain, *swept]))

    @property
    def reference(self) -> SamplingSpec:
        """What stands for the exact flow."""
        return self.common.sampling.model_copy(update={"solver": "heun", "steps": self.settings.reference_steps})

    def ask(self, label: str, sampling: SamplingSpec, shared: bool = False) -> Ask:
        """A model's images; with ``shared``, every model gets the same fresh noise, else each its own."""
        whose = () if shared else (list(self.common.models).index(label),)
        return self.study.ask(self.study.named(label), sampling=_with_fresh(sampling, *whose))

    def exact(self, label: str, sampling: SamplingSpec) -> Ask:
        """The empirical optimum under the process of a model, with the fresh noise that is the same for all."""
        optimum = self.study.optimum(self.study.largest)
        wanted = optimum.model_copy(update={"process": self.common.models[label].process})
        return self.study.ask(wanted, sampling=_with_fresh(sampling))

    def asks(self) -> list[Ask]:
        study = self.study
        found = [study.ask(study.gaussian(study.largest))]
        for label in self.common.models:
            found += study.twice(study.named(label), sampling=self.reference)
            for sampling in self.samplings:
                kinds = (False, True) if sampling.eta else (False,)
                found += [self.ask(label, sampling, shared) for shared in kinds]
                found += [self.exact(label, sampling)] if sampling.eta else []
        return found

    def measure(self, scene: Scene, progress: Progress) -> Ledger:
        study, labels, n = self.study, list(self.common.models), self.study.largest
        ledger, gaussian = self.ledger(n, details=False), scene.gaussian(n)
        references = {label: scene.twice("reference", study.named(label), self.reference) for label in labels}
        for k, sampling in enumerate(self.samplings):
            nfe = scene.nfe(self.ask(labels[0], sampling))
            ledger.tags = {"solver": sampling.solver, "steps": sampling.steps, "nfe": nfe, "eta": sampling.eta}
            drawn = {label: scene.of(label, self.ask(label, sampling)) for label in labels}
            for label, a in drawn.items():
                reference, again = references[label]
                beside: dict[str, Any] = {
                    "width": self.common.models[label].width,
                    "ceilings": [(reference, again)],
                    "gaussians": [(reference, gaussian)],
                }
                ledger.pair("rp_reference", a, reference, **beside)
                ledger.distance("pfd_reference", a, reference, **beside)
            _pairs(ledger, "rp", drawn, references, gaussian)
            if sampling.eta:
                same = {label: scene.of(label, self.ask(label, sampling, shared=True)) for label in labels}
                exact = {label: scene.of("optimum", self.exact(label, sampling)) for label in labels}
                _pairs(ledger, "rp_shared", same, references, gaussian, exact)
            progress((k + 1) / len(self.samplings))
        return ledger


def _with_fresh(sampling: SamplingSpec, *whose: int) -> SamplingSpec:
    """Fresh noise of a model, or of all. Seeds are hashed: one a few further on could be that of the bank."""
    if not sampling.eta:
        return sampling
    return sampling.model_copy(update={"fresh_seed": child_seed(sampling.fresh_seed, "fresh", *whose)})


def _pairs(
    ledger: Ledger,
    metric: str,
    drawn: dict[str, Drawn],
    references: dict[str, Twice],
    gaussian: Drawn,
    exact: dict[str, Drawn] | None = None,
) -> None:
    for (left, a), (right, b) in combinations(drawn.items(), 2):
        ceilings = [references[left], references[right]]
        if exact is not None:
            ceilings.append((exact[left], exact[right]))
        ledger.pair(metric, a, b, ceilings=ceilings, gaussians=[(a, gaussian), (b, gaussian)])
