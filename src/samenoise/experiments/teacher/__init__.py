"""``teacher``: a known true distribution. Networks reach its own flow long before that of their training set.

The truth is a mixture of Gaussians; its denoiser is a closed form, so its image from each noise is known, and so is the
empirical optimum's. ``e_gen`` is a network's distance (PFD) from the truth's images, ``e_mem`` from the optimum's:
with N, the first falls, the second rises, and they cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from samenoise.lab.common import Common, known_truth, no_models, with_held_out
from samenoise.lab.experiment import Drawing, Experiment, Finding, NoSettings, Panel
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study

__all__ = ["Teacher", "experiment"]


class Teacher(Experiment):
    """Networks beside the truth."""

    name: ClassVar[str] = "teacher"
    heading: ClassVar[str] = "With a known true distribution"
    question: ClassVar[str] = "Do models approach the true distribution, or their training set?"
    columns: ClassVar[Mapping[str, str]] = {
        "rp": "RP",
        "rp_teacher": "truth",
        "rp_optimum": "optim.",
        "memorized": "copied",
        "memorized_heldout": "copied",
        "e_gen": "E_gen",
        "e_mem": "E_mem",
    }

    def check(self, common: Common, settings: NoSettings) -> None:
        known_truth(common, self.name)
        no_models(common, self.name)
        with_held_out(common, self.name)

    def measurements(self, study: Study, settings: NoSettings) -> list[Measurement]:
        from samenoise.experiments.teacher.measure import Apprenticeship

        return [Apprenticeship(common=study.common, n=n) for n in study.common.sizes]

    def panels(self, study: Study, settings: NoSettings) -> list[Panel]:
        from samenoise.lab.panels import sweep

        return sweep(study)

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.teacher.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.teacher.figures import drawings

        return drawings(scores)


experiment = Teacher()
