"""What experiments over training sizes find alike, in sentences: how much networks copy, and where they agree.

Every function takes rows and returns sentences; a thing that was not found, or is within the noise, is said so.
Shares are rounded against the claim (see :mod:`samenoise.report.rounding`).
"""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row, by_pair, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report import rounding as r
from samenoise.report.wording import apart, lower_first, network_name, value_of

__all__ = ["NO_PICTURES", "agreement", "copying", "draw_pictures"]

HALF = 0.5
"""A network copies "as a rule" while at least this share of its pictures are copies; also the level of N50."""

NO_PICTURES = (
    "but what they draw is far from all real images, so their agreement says nothing of the data: train longer."
)


def copying(scores: Sequence[Row], experiment: str) -> list[str]:
    """For each network: how much it copies at few images, where half, and whether it ever stops."""
    sentences = []
    for points in by_pair(scores, experiment, "memorized").values():
        if any(value_of(s) > 0 for s in points):
            sentences.append(f"{_start(points)}; {_crossing(scores, points)}{_end(points)}.")
        else:
            sizes = f"from N = {points[0].n_train} to {points[-1].n_train}"
            sentences.append(f"{network_name(points[0])} copies nothing at any size measured, {sizes}.")
    return sentences


def agreement(scores: Sequence[Row], experiment: str) -> list[str]:
    """Whether RP between two networks has the shape of a V over the training size."""
    sentences = []
    for (a, b, _), points in by_pair(scores, experiment, "rp").items():
        if len(points) < 3:
            continue
        least = min(points, key=value_of)
        first, last = points[0], points[-1]
        ends = f"RP of {a} and {b} is {r.at_least(value_of(first))} at N = {first.n_train}"
        if least in (first, last):
            trend = "rises" if least is first else "falls"
            sentences.append(
                f"{ends} and {trend} to {r.at_least(value_of(last))} at N = {last.n_train}: no dip between the ends is "
                "seen in this sweep."
            )
            continue
        if not (apart(least, first) and apart(least, last)):
            verdict = "but the intervals overlap, so that the dip is not established"
        elif _copies(scores, experiment, (a, b), first) and draw_pictures(scores, experiment, (a, b), last):
            verdict = "both copy at the one end and agree on new pictures at the other, and disagree between"
        else:
            verdict = "they agree least between the ends"
        sentences.append(
            f"{ends}, down to {r.at_most(value_of(least))} at N = {least.n_train} and "
            f"{r.at_least(value_of(last))} again at N = {last.n_train}: {verdict}."
        )
    return sentences


def draw_pictures(scores: Sequence[Row], experiment: str, names: tuple[str, str], row: Row) -> bool:
    """Whether what the networks draw is about as near to real images as held-out real ones are."""
    rows = _at(scores, experiment, "nn_distance", names, row)
    return all(s.floor is None or value_of(s) <= FARTHEST * s.floor for s in rows)


def _at(scores: Sequence[Row], experiment: str, metric: str, names: tuple[str, str], row: Row) -> list[Row]:
    """Rows of some networks at the training size of ``row``."""
    return [s for s in select(scores, experiment, metric) if s.a in names and s.n_train == row.n_train]


def _copies(scores: Sequence[Row], experiment: str, names: tuple[str, str], row: Row) -> bool:
    """Whether both networks copy as a rule."""
    rows = _at(scores, experiment, "memorized", names, row)
    return bool(rows) and all(value_of(s) >= HALF for s in rows)


def _start(points: Sequence[Row]) -> str:
    first = points[0]
    if value_of(first) >= HALF:
        return (
            f"With {first.n_train} training images, {r.percent_at_least(value_of(first))} of what "
            f"{lower_first(network_name(first))} draws are copies of them"
        )
    return (
        f"Even with {first.n_train} training images, only {r.percent_at_most(value_of(first))} of what "
        f"{lower_first(network_name(first))} draws are copies of them"
    )


def _crossing(scores: Sequence[Row], points: Sequence[Row]) -> str:
    first = points[0]
    rows = [s for s in scores if (s.experiment, s.metric, s.a) == (first.experiment, "n50", first.a)]
    if not rows:
        return ""
    if rows[0].value is None:
        why = f" ({rows[0].note})" if rows[0].note else ""
        return f"the sweep does not cross one half{why}; "
    stated = "" if rows[0].ci95 is None else f" (95 % interval {r.about(rows[0].ci95[0])}–{r.about(rows[0].ci95[1])})"
    return f"the share is one half at about N = {r.about(rows[0].value)}{stated}; "


def _end(points: Sequence[Row]) -> str:
    tail: list[Row] = []
    for s in reversed(points):
        if value_of(s) > 0:
            break
        tail.insert(0, s)
    last = points[-1]
    if tail:
        of = "" if last.n is None else f" of {min(s.n or last.n for s in tail)}"
        onward = f"from N = {tail[0].n_train} on" if len(tail) > 1 else f"at N = {last.n_train}"
        return f"{onward}, none{of} is a copy"
    share = r.percent_at_most(value_of(last))
    if last.floor is None:
        return f"at N = {last.n_train}, the largest size, {share} still are"
    real = f"{r.percent_at_least(last.floor)} of held-out real images"
    if value_of(last) <= last.floor:
        return f"at N = {last.n_train}, {share} pass for copies, no more than the {real} that do"
    return f"at N = {last.n_train}, the largest size, {share} still are, against {real} that pass for copies"
