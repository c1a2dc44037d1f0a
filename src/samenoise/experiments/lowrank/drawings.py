"""The figures of ``lowrank`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.lowrank.figures import copying, ranks, recovery
from samenoise.experiments.lowrank.series import along_noise, along_shares, along_sizes, is_network
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

RANKS = """\
How many directions of the noisy image the estimate of a network follows, at held-out images, against the noise level;
a colour for each number N of training images. Bands are 95 % intervals over images and trainings. Grey: the closed
forms of the largest training set, the Gaussian (dotted) and the empirical optimum (dashed). A rank is a share: on the
right, where next to nothing comes through, it is of next to nothing."""

COPYING = """\
The same rank at one low noise level against N: at held-out images and at images that the network was trained on. Where
it copies, it lets fewer directions through near what it copies. Grey: the Gaussian of the training set, which cannot
tell the two, and the empirical optimum."""

RECOVERY = """\
Networks on mixtures of known subspaces of d dimensions: what the d leading directions of the Jacobian miss of the
subspace that a fresh sample comes from, against the number of training images for each dimension. Dashed: what of the
directions lies outside of all subspaces. Dotted: PCA of the training images of one subspace. Grey band: random
directions. Bands are 95 % intervals over worlds and samples."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    lines = along_noise(scores, "jacobian_rank")
    if any(is_network(points[0]) for points in lines.values()):
        said = ". ".join(f"{key.name}, N = {key.n}: {_along(points)}" for key, points in lines.items())
        alt = f"Line chart of the rank of the Jacobian against the noise level. {said}."
        yield Drawing("rank-noise", "How many directions come through?", RANKS, alt, partial(ranks, scores))
    gaps = along_sizes(scores, "rank_copy_gap")
    if gaps:
        sigma = next(iter(gaps.values()))[0].tag("sigma")
        said = ". ".join(
            f"{name}: " + ", ".join(f"{value_of(s):.1f} at N = {s.n_train}" for s in points)
            for name, points in gaps.items()
        )
        alt = (
            f"Line chart of the rank at noise level {sigma:g} against the number of training images, at held-out "
            f"images and at images trained on. Held-out less trained on: {said}."
        )
        draw = partial(copying, scores, sigma)
        yield Drawing("rank-copying", "Does the rank tell what was copied?", COPYING, alt, draw)
    found = along_shares(scores, "subspace_error")
    if found:
        said = ". ".join(
            f"{m.components} of dimension {m.dimension}, {m.name}: "
            + ", ".join(f"{value_of(s):.2f} at {s.tag('per_dimension'):g}" for s in points)
            for m, points in found.items()
        )
        alt = f"Line charts of the error of a subspace against N/d, a panel for each number of subspaces. {said}."
        title = "How many images does a subspace take?"
        yield Drawing("subspaces", title, RECOVERY, alt, partial(recovery, scores))


def _along(points: Sequence[Row]) -> str:
    """Both ends, and the lowest point."""
    lowest = min(points, key=value_of)
    marked = [s for s in points if s in (points[0], lowest, points[-1])]
    return ", ".join(f"{value_of(s):.1f} at {s.tag('sigma'):g}" for s in marked)
