"""``encoding``: how networks cut up the space of noises, on planes through three of them.

A plane goes through three noises, the anchors. Each of its places is drawn, and belongs to the anchor whose picture its
own is most like: that is a network's map of the plane. Networks that copy, networks that generalize and those between
are asked whether their maps agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.table import Table

from samenoise.experiments.encoding.metrics import METRICS
from samenoise.experiments.encoding.settings import EncodingSettings
from samenoise.lab.common import Common, no_models, with_held_out
from samenoise.lab.experiment import Definition, Drawing, Experiment, Finding, Map, Panel, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Encoding", "experiment"]


class Encoding(Experiment):
    """Maps of planes of noises."""

    name: ClassVar[str] = "encoding"
    heading: ClassVar[str] = "Planes of noises"
    question: ClassVar[str] = "Do networks cut up the space of noises alike?"
    Settings: ClassVar[type[Spec]] = EncodingSettings
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "path": Tag("path", {"enum": ["spherical", "linear"], "description": "How a plane goes between its anchors."}),
    }

    def check(self, common: Common, settings: EncodingSettings) -> None:
        no_models(common, self.name)
        with_held_out(common, self.name)
        if len(common.widths) < 2:
            raise ValueError(f"{self.name} compares the maps of networks: give two widths at least")
        if common.replicates > 1:
            raise ValueError(f"{self.name} compares networks of several widths: replicates is 1")

    def measurements(self, study: Study, settings: EncodingSettings) -> list[Measurement]:
        from samenoise.experiments.encoding.measure import Maps

        return [Maps(common=study.common, n=n, settings=settings) for n in study.common.sizes]

    def panels(self, study: Study, settings: EncodingSettings) -> list[Panel]:
        from samenoise.lab.panels import sweep

        return sweep(study)

    def maps(self, study: Study, settings: EncodingSettings) -> list[Map]:
        from samenoise.experiments.encoding.measure import Maps

        return [Maps(common=study.common, n=n, settings=settings).shown() for n in study.common.sizes]

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.encoding.findings import findings

        return findings(scores)

    def drawings(self, scores: tuple[Row, ...]) -> Iterable[Drawing]:
        from samenoise.experiments.encoding.drawings import drawings

        return drawings(scores)

    def tables(self, scores: tuple[Row, ...], width: int) -> Iterable[Table]:
        from samenoise.experiments.encoding.table import table

        return [table(scores)]


experiment = Encoding()
