"""``regimes``: training sizes x widths. RP against N is V-shaped, copying ends, and wider networks copy longer.

All widths train on the same nested subsets, for the same number of updates. At each N, the widths are compared with one
another, with the empirical optimum of their training set, and with the training set itself; over all N, N50 is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from samenoise.experiments.regimes.metrics import METRICS
from samenoise.lab.common import Common, no_models, real_data, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, NoSettings, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study

__all__ = ["Regimes", "experiment"]


class Regimes(Experiment):
    """Training sizes x widths."""

    name: ClassVar[str] = "regimes"
    heading: ClassVar[str] = "Training sizes and widths"
    question: ClassVar[str] = "When do models stop copying, and when do they agree?"
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "slope": Tag(
            "slope",
            {"type": "number", "description": "Change of logit memorized per doubling of N, of the best logistic."},
        ),
        "deviance": Tag(
            "deviance",
            {"type": "number", "minimum": 0, "description": "Of the best logistic from the shares; n50 is not of it."},
        ),
        "deviance_p": Tag(
            "P[deviance]",
            {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "How often a logistic that is right would be so far off.",
            },
        ),
    }
    columns: ClassVar[Mapping[str, str]] = {
        "rp": "RP",
        "rp_optimum": "optim.",
        "memorized": "copied",
        "memorized_heldout": "copied",
    }

    def check(self, common: Common, settings: NoSettings) -> None:
        real_data(common, self.name)
        no_models(common, self.name)
        with_held_out(common, self.name)

    def measurements(self, study: Study, settings: NoSettings) -> list[Measurement]:
        from samenoise.experiments.regimes.measure import Regime, Transition

        common = study.common
        regimes = [Regime(common=common, n=n) for n in common.sizes]
        return [*regimes, Transition(common=common)] if len(regimes) > 1 else [*regimes]

    def panels(self, study: Study, settings: NoSettings) -> list[Panel]:
        from samenoise.lab.panels import sweep

        return sweep(study)

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.regimes.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.report.size_figures import agreement_drawing, copying_drawing

        return [*agreement_drawing(scores, self.name, disjoint=True), *copying_drawing(scores, self.name)]


experiment = Regimes()
