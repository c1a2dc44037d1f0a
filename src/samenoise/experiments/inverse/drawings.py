"""The figures of ``inverse`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.inverse.figures import agreement, quality
from samenoise.experiments.inverse.series import KINS, by_task, mean, pairs, task_name
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

AGREEMENT = """\
RP of every pair of models, without a measurement and with each: models that differ in the seed alone, in the
architecture within one family, and of two families; bars are their means. Shaded: how often two different noises of
one measurement give the same picture, the most of any pair: so much is the measurement's doing. Models that draw no
pictures are left out."""

QUALITY = """\
How near reconstructions are to the image that was measured, mean over noises and measurements: a dot for each model, a
colour for each family. Solid: the pseudo-inverse of the measurement, without any model. Dotted: the Gaussian of the
training set in a model's place. A picture that fits the measurement and is drawn well need not be the image."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    found = pairs(scores)
    if found:
        said = ". ".join(
            f"{task_name(task)}: "
            + ", ".join(f"{KINS[kin]} {mean(rows):.2f} over {len(rows)}" for kin, rows in kins.items() if rows)
            for task, kins in found.items()
        )
        alt = f"Dots and means of RP of pairs of models, by task and by how the two are related. {said}."
        yield Drawing("inverse-agreement", "Who restores the same picture?", AGREEMENT, alt, partial(agreement, scores))
    qualities = by_task(scores, "psnr")
    if qualities:
        said = ". ".join(
            f"{task_name(task)}: " + ", ".join(f"{s.a} {value_of(s):.1f}" for s in rows)
            for task, rows in qualities.items()
        )
        alt = f"Dots of PSNR of models by task. {said}."
        yield Drawing("inverse-quality", "How near is it to the image?", QUALITY, alt, partial(quality, scores))
