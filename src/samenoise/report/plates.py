"""The figures of a report, each with its title, its caption and its words for readers who do not see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.report import experiment_plates
from samenoise.report.curve_figures import threshold_curves
from samenoise.report.drawing import Drawing, metric_name
from samenoise.report.figures import agreement, copying, distances, width_colour
from samenoise.report.run_files import BY_SIZE, Curve, Row, Run, by_pair

__all__ = ["SECTIONS", "drawings"]

SECTIONS = {
    "regimes": "Training sizes and widths",
    "teacher": "With a known true distribution",
    "matrix": "Frameworks, architectures, training procedures",
    "solvers": "Solvers, steps and fresh noise",
    "dynamics": "Along the training",
}
"""Section of a drawing -> its heading on the page, in reading order; the section ``curves`` has a place of its own."""

AGREEMENT = """\
Reproducibility (RP): the share of noises from which two networks draw the same picture, against the number N of
training images. Bands are 95 % intervals. Beside it: RP with the exact flows and, where measured, between networks that
share no training image. Grey: the ceiling (a network against itself at another batch size), the closed-form Gaussian of
the training set, and the floor (mismatched pairs)."""

COPYING = """\
The share of drawn pictures that match a training image (left) and its complement, the generalization score GL (right).
Dotted: held-out real images, put to the same question; a network that matches no more often than they do does not copy.
Diamonds, where there are any: N50, at which half of the pictures are copies, with its 95 % interval."""

DISTANCES = """\
Root mean squared distance between a network's picture and the picture that each of two exact flows draws from the same
noise: the flow of the true distribution (E_gen, solid) and the empirical optimum of the training set (E_mem, dashed).
Where the lines cross, the network leaves its training set for the truth. Dotted: the distance between the two exact
flows."""


def drawings(run: Run) -> Iterator[Drawing]:
    """Every figure that the scores and curves of a run allow, in reading order."""
    scores = run.scores
    for experiment in ("regimes", "teacher"):
        if by_pair(scores, experiment, "rp"):
            yield Drawing(
                f"agreement-{experiment}",
                experiment,
                "Do two networks draw the same picture?",
                AGREEMENT,
                _said(scores, experiment, ("rp", "rp_optimum", "rp_teacher")),
                partial(agreement, scores, experiment),
            )
    if by_pair(scores, "regimes", "memorized"):
        yield Drawing(
            "copying",
            "regimes",
            "Does a network copy its training set?",
            COPYING,
            _said(scores, "regimes", ("memorized",)),
            partial(copying, scores, "regimes"),
        )
    if by_pair(scores, "teacher", "e_gen") and by_pair(scores, "teacher", "e_mem"):
        yield Drawing(
            "distances",
            "teacher",
            "From the training set to the true distribution",
            DISTANCES,
            _said(scores, "teacher", ("e_gen", "e_mem")),
            partial(distances, scores),
        )
    yield from experiment_plates.drawings(scores)
    for (experiment, metric), curves in _together(run.curves).items():
        yield _curve_drawing(experiment, metric, curves, scores)


def _curve_drawing(experiment: str, metric: str, curves: Sequence[Curve], scores: Sequence[Row]) -> Drawing:
    rows = [s for s in scores if (s.experiment, s.metric) == (experiment, metric)]
    thresholds = {s.threshold for s in rows} - {None}
    colours = {s.a: width_colour(scores, s) for s in rows if s.width is not None}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    used = "" if threshold is None else f" Vertical line: the threshold of the scores, {threshold:g}."
    sizes = len({c.n_train for c in curves})
    return Drawing(
        f"curve-{_slug(experiment)}-{_slug(metric)}",
        "curves",
        f"{metric_name(metric)} at every threshold ({experiment})",
        f"Each panel is one training size. Dotted: the floor.{used}",
        f"{sizes} small line charts, one for each training size: {metric_name(metric)} against the similarity "
        "threshold.",
        partial(threshold_curves, curves, threshold, colours),
    )


def _said(scores: Sequence[Row], experiment: str, metrics: Sequence[str]) -> str:
    """The lines of a figure in words."""
    lines = [
        f"{metric_name(metric)}, {a} and {b}: " + ", ".join(f"{s.value:.2f} at N = {s.n_train}" for s in points)
        for metric in metrics
        for (a, b, _), points in by_pair(scores, experiment, metric).items()
    ]
    return "Line chart against the number of training images. " + ". ".join(lines) + "."


def _together(curves: Sequence[Curve]) -> dict[tuple[str, str], list[Curve]]:
    groups: dict[tuple[str, str], list[Curve]] = {}
    for c in curves:
        if c.experiment in BY_SIZE:
            groups.setdefault((c.experiment, c.metric), []).append(c)
    return groups


def _slug(text: str) -> str:
    return "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in text)
