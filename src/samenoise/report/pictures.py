"""Which models of an experiment draw no pictures of the data: they are named, as their agreement says nothing of it."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report import rounding as r
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["draw_nothing", "far_from_the_data", "pictures_or_not"]


def draw_nothing(scores: Sequence[Row], experiment: str) -> dict[str, Row]:
    """The models whose pictures are clearly farther from held-out images than what the Gaussian of the training set
    draws (``mmd_gap``), with the row that says so. Where none were held out, those whose pictures are far from all real
    images (``nn_distance``).

    A model that is neither clearly nearer nor clearly farther is none of them; nor does a claim hold of it that it has
    learnt the data (:func:`samenoise.report.evidence.learnt`)."""
    gaps = [s for s in scores if (s.experiment, s.metric) == (experiment, "mmd_gap")]
    if gaps:
        return {s.a: s for s in gaps if s.value is None or low_end(s) > 0}
    near = [s for s in select(scores, experiment, "nn_distance") if s.floor is not None]
    return {s.a: s for s in near if value_of(s) > FARTHEST * (s.floor or 0.0)}


def far_from_the_data(scores: Sequence[Row], experiment: str, where: str = "") -> str:
    """Those that draw none, in a sentence; empty where all draw pictures.

    Args:
        where: what follows "draws".
    """
    known = [s for s in draw_nothing(scores, experiment).values() if s.value is not None or s.note]
    far = sorted(known, key=_far, reverse=True)
    if not far:
        return ""
    draw = f"{'draw' if far[1:] else 'draws'}{where and f' {where}'}"
    if far[0].metric == "mmd_gap":
        named = listed([f"{s.a} ({_gap(s)})" for s in far])
        return (
            "Farther from held-out images than what the Gaussian of the training set draws is what "
            f"{named} {draw}: difference of the squared distances of distributions."
        )
    named = listed([f"{s.a} ({r.at_least(value_of(s))} against {s.floor:.2f})" for s in far])
    return (
        f"Far from the data is what {named} {draw}: median distance to the nearest real image, against that of other "
        "real images."
    )


def pictures_or_not(scores: Sequence[Row], experiment: str) -> list[str]:
    """Which models draw none, or how near the farthest is."""
    far = far_from_the_data(scores, experiment)
    if far:
        return [f"{far} What such a model agrees on says nothing of the data; its pairs are not counted above."]
    gaps = select(scores, experiment, "mmd_gap")
    if gaps:
        worst = max(gaps, key=high_end)
        unclear = [s.a for s in gaps if high_end(s) >= 0]
        than = "than what the Gaussian of the training set draws"
        seen = f"difference of the squared distances of distributions {_gap(worst)}"
        if unclear:
            return [
                f"No model draws clearly farther from held-out images {than}; of {listed(unclear)} that is open "
                f"({seen})."
            ]
        return [
            f"Every model draws pictures: they are nearer to held-out images {than}, {worst.a} by the least ({seen})."
        ]
    near = [(value_of(s) / s.floor, s.a) for s in select(scores, experiment, "nn_distance") if s.floor]
    if not near:
        return []
    ratio, farthest = max(near)
    return [
        "No model draws pictures far from the data: by the median distance to the nearest real image, they are at most "
        f"{r.at_most(ratio, 1)} times as far as other real images are ({farthest}). None were held out to tell more."
    ]


def _far(s: Row) -> float:
    return float("inf") if s.value is None else s.value


def _gap(s: Row) -> str:
    if s.value is None:
        return s.note or "not known"
    return f"{value_of(s):.2g}, {'no interval' if s.ci95 is None else r.interval(s.ci95, 3)}"
