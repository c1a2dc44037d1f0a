"""``splits``: the same network on two disjoint training sets of one size.

Two models that share no training image but draw the same picture have learnt the distribution, not the images
(Kadkhodaie et al. 2310.02557). Split RP is 0 at small N and rises toward RP on the same data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from samenoise.cells.specs import Count
from samenoise.experiments.splits.metrics import METRICS
from samenoise.lab.common import Common, no_models, real_data, with_held_out
from samenoise.lab.experiment import Definition, Experiment, Finding, Tag
from samenoise.lab.measurement import Measurement
from samenoise.lab.run_files import Row
from samenoise.lab.study import Study
from samenoise.runs.cell import Spec

__all__ = ["Splits", "SplitsSettings", "experiment"]


class SplitsSettings(Spec):
    """The keys under ``splits`` in a preset."""

    width: Count | None = None
    """Of the networks trained on disjoint halves, at every size that fits twice beside what is held out; the narrowest
    unless given."""


class Splits(Experiment):
    """Disjoint training sets."""

    name: ClassVar[str] = "splits"
    heading: ClassVar[str] = "Disjoint training sets"
    question: ClassVar[str] = "Do models that share no training image draw the same picture?"
    Settings: ClassVar[type[Spec]] = SplitsSettings
    renamed: ClassVar[Mapping[str, str]] = {"splits_width": "width"}
    aside: ClassVar[frozenset[str]] = Experiment.aside | {"shown"}
    metrics: ClassVar[Mapping[str, Definition]] = METRICS
    tags: ClassVar[Mapping[str, Tag]] = {
        "gaussian_split": Tag(
            "Gaussians of the halves",
            {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "RP of the Gaussian of one half with that of the other: what halves share anyway.",
            },
        )
    }
    columns: ClassVar[Mapping[str, str]] = {"rp_split": "split"}

    def check(self, common: Common, settings: SplitsSettings) -> None:
        real_data(common, self.name)
        no_models(common, self.name)
        with_held_out(common, self.name)
        if settings.width is not None and settings.width not in common.widths:
            raise ValueError(f"splits.width is {settings.width}; it must be one of widths {list(common.widths)}")
        if not split_sizes(common):
            raise ValueError(
                f"splits: no size fits twice into the {common.count} images without the {common.data.held_out} held "
                f"out: the least of sizes is {common.sizes[0]}, and at most {_largest_half(common)} would do; give "
                "smaller sizes, or more images as data.count"
            )

    def left_out(self, common: Common, settings: SplitsSettings) -> Iterable[str]:
        fit = split_sizes(common)
        missing = [str(n) for n in common.sizes if n not in fit]
        if missing:
            yield (
                f"splits leaves out N = {', '.join(missing)}: two sets that share none would need more than the "
                f"{common.count} images that there are with the {common.data.held_out} held out"
            )

    def measurements(self, study: Study, settings: SplitsSettings) -> list[Measurement]:
        from samenoise.experiments.splits.measure import Split

        common, width = study.common, settings.width or min(study.common.widths)
        return [Split(common=common, n=n, width=width) for n in split_sizes(common)]

    def findings(self, scores: tuple[Row, ...]) -> Iterable[Finding]:
        from samenoise.experiments.splits.findings import findings

        return findings(scores)


def split_sizes(common: Common) -> list[int]:
    """The sizes at which two halves are disjoint, with each other and with what is held out."""
    return [n for n in common.sizes if n <= _largest_half(common)]


def _largest_half(common: Common) -> int:
    return (common.count - common.data.held_out) // 2


experiment = Splits()
