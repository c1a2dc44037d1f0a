"""The figures of ``contrast`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.contrast.figures import NAMES, agreement, pictures
from samenoise.experiments.contrast.series import by_group, mean
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, select
from samenoise.report.wording import value_of

__all__ = ["drawings"]

AGREEMENT = """\
RP of every pair, and the chance that pictures of one noise are more alike than those of two (AUC): pairs of two
diffusion models, two GANs, two VAEs, and across. Bars are means. Grey, below: the same pairs, with the noises of one of
the two permuted, so that they share none; what is left there is not the noise's doing."""

PICTURES = """\
Whether each model draws pictures: the median distance to the nearest training image, and the squared distance of
distributions (MMD) from held-out images, with 95 % intervals. Dashed: held-out images themselves; for the distance of
distributions, training images. Dotted: what the Gaussian of the training set draws."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    found = by_group(scores, "rp")
    if found and by_group(scores, "rp_auc"):
        said = ", ".join(f"{NAMES[group]} {mean(rows):.2f} over {len(rows)} pairs" for group, rows in found.items())
        alt = f"Dots of RP and AUC of pairs of models, by what both are. Mean RP: {said}."
        yield Drawing("contrast", "Who draws the same picture?", AGREEMENT, alt, partial(agreement, scores))
    near = select(scores, "contrast", "nn_distance")
    if near and select(scores, "contrast", "mmd"):
        said = ", ".join(f"{s.a} {value_of(s):.2f}" for s in near)
        alt = f"Distances of the pictures of each model from the data. Median distance to the nearest image: {said}."
        yield Drawing("contrast-pictures", "Do all of them draw pictures?", PICTURES, alt, partial(pictures, scores))
