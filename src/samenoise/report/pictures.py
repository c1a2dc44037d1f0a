"""Which models of an experiment draw no pictures of the data: they are named, as their agreement says nothing of it.

Copies are pictures: of few images they are all that a network draws, and as a distribution they lie farther from
held-out images than a Gaussian does.
"""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.beside import at
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["draw_nothing", "draws_no_pictures", "far_from_the_data", "pictures_or_not"]


def draws_no_pictures(scores: Sequence[Row], like: Row, name: str) -> Row | None:
    """The row that says that a model draws no pictures, at the size and after the training of ``like``; none where it
    draws some, or nothing is known.

    It draws none where what it draws is clearly farther from held-out images than what the Gaussian of the training set
    draws (``mmd_gap``), and none of it is clearly a copy beyond what real images pass for. Where no images were held
    out: where it is far from all real images (``nn_distance``).

    A model that is neither clearly nearer nor clearly farther draws pictures by this; a claim that it has learnt the
    data does not hold of it (:func:`samenoise.report.evidence.learnt`).
    """
    gap = at(scores, like, "mmd_gap", a=name)
    if gap is not None:
        far = gap.value is None or low_end(gap) > 0
        return gap if far and not evidence.copies_some(scores, like, name) else None
    near = at(scores, like, "nn_distance", a=name)
    if near is None or near.value is None or near.floor is None:
        return None
    return near if value_of(near) > FARTHEST * near.floor else None


def draw_nothing(scores: Sequence[Row], experiment: str) -> dict[str, Row]:
    """The models of an experiment on one training set that draw no pictures, with the row that says so."""
    if evidence.other_held_out(scores, experiment):
        return {}  # what they are farther from says nothing
    known = [s for s in scores if s.experiment == experiment and s.metric in ("mmd_gap", "nn_distance")]
    found = {s.a: draws_no_pictures(scores, s, s.a) for s in known}
    return {name: row for name, row in found.items() if row is not None}


def far_from_the_data(scores: Sequence[Row], experiment: str, where: str = "") -> str:
    """Those that draw none, in a sentence; empty where all draw pictures.

    Args:
        where: what follows "draws".
    """
    nothing = list(draw_nothing(scores, experiment).values())
    if unknown := [s for s in nothing if s.value is None and s.note]:
        named = "any model" if len(unknown) == len(nothing) else listed([s.a for s in unknown])
        return f"Whether {named} draws pictures cannot be told: {unknown[0].note}."
    far = sorted((s for s in nothing if s.value is not None), key=value_of, reverse=True)
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
    if evidence.other_held_out(scores, experiment):
        return [f"Who draws pictures cannot be told: {evidence.OTHER_HELD_OUT}."]
    far = far_from_the_data(scores, experiment)
    if far:
        return [f"{far} What such a model agrees on says nothing of the data; its pairs are not counted above."]
    gaps = select(scores, experiment, "mmd_gap")
    if gaps:
        return _nearer(gaps)
    near = [(value_of(s) / s.floor, s.a) for s in select(scores, experiment, "nn_distance") if s.floor]
    if not near:
        return []
    ratio, farthest = max(near)
    return [
        "No model draws pictures far from the data: by the median distance to the nearest real image, they are at most "
        f"{r.at_most(ratio, 1)} times as far as other real images are ({farthest}). None were held out to tell more."
    ]


def _nearer(gaps: Sequence[Row]) -> list[str]:
    """Where no model draws none: which draw what they have learnt, which copies, and of which that is open."""
    worst = max(gaps, key=high_end)
    copying, unclear = [s.a for s in gaps if low_end(s) > 0], [s.a for s in gaps if low_end(s) <= 0 <= high_end(s)]
    than = "than what the Gaussian of the training set draws"
    seen = f"difference of the squared distances of distributions {_gap(worst)}"
    if not copying and not unclear:
        return [
            f"Every model draws pictures: they are nearer to held-out images {than}, {worst.a} by the least ({seen})."
        ]
    sentences = []
    if copying:
        draws = "draw is farther" if copying[1:] else "draws is farther"
        sentences.append(f"What {listed(copying)} {draws} from held-out images {than}, and some of it are copies.")
    if unclear:
        sentences.append(f"Whether what {listed(unclear)} {'draw' if unclear[1:] else 'draws'} is nearer is open.")
    sentences[-1] = f"{sentences[-1].removesuffix('.')} ({seen})."
    return sentences


def _gap(s: Row) -> str:
    return f"{value_of(s):.2g}, {'no interval' if s.ci95 is None else r.interval(s.ci95, 3)}"
