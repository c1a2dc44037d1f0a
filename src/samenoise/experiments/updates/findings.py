"""What ``updates`` found, in sentences: whether copying still rises with the updates, and what that says of widths.

Nothing is claimed beyond the intervals. "Levelled" is said of a doubling of the updates over which the share changes by
a few points at most, all of its interval taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.updates.changes import Change, Course, change, course, in_points, not_level
from samenoise.experiments.updates.leads import width
from samenoise.experiments.updates.series import (
    Line,
    along_updates,
    draw_pictures,
    ever_copies,
    last_doubling,
    otherwise,
    updates_of,
)
from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row
from samenoise.report.trained import better
from samenoise.report.wording import low_end, lower_first, network_name, value_of

__all__ = ["agreement", "copying", "findings"]

NEARLY_ALL = 0.95
"""Above this share, few pictures are left to become copies."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Copying with more updates", copying(scores))
    yield Finding("Speed or capacity", width(scores))
    yield Finding("Same noise, same picture", agreement(scores))


def copying(scores: Sequence[Row]) -> list[str]:
    """For each size and network: how much it copies after the shortest and the longest training, and whether the last
    doubling of the updates still adds to it."""
    sentences = []
    for line, points in along_updates(scores, "memorized").items():
        first, last = points[0], points[-1]
        name = lower_first(network_name(first))
        sentences.append(
            f"At N = {line.n}, {_share(first)} of what {name} draws are copies after {updates_of(first)} updates, "
            f"{_share(last)} after {updates_of(last)}; {_onward(scores, line, points)}."
        )
    return sentences


def _onward(scores: Sequence[Row], line: Line, points: Sequence[Row]) -> str:
    """How its share of copies goes on at the end."""
    if not draw_pictures(scores, points[-1], [line.a]):
        to_learn = better(scores, points[-1], [line.a])
        nothing = "but what it draws then are no pictures of the data, so that this says nothing of copying"
        return f"{nothing}: {to_learn} may help"
    if not ever_copies(points):
        return (
            "that is never more than held-out real images pass for copies, and whether longer trainings would make it "
            "copy is not told"
        )
    before, after = last_doubling(points)
    step = change(before, after)
    over, by = (
        f"from {updates_of(before)} to {updates_of(after)} updates the share",
        f"{in_points(step)} (95 % interval)",
    )
    match course(step):
        case Course.RISES:
            return f"{over} gains {by}: it still rises with the updates"
        case Course.FALLS:
            return f"{over} changes by {by}: it falls with more updates"
        case Course.OPEN:
            return f"{over} changes by {by}, so that whether it still rises is open"
    steps = {way: change(*last_doubling(each)) for way, each in otherwise(scores, line).items()}
    others = not_level(steps, "changes by")
    levelled = "nearly all are copies" if value_of(after) > NEARLY_ALL else "it has levelled, short of all"
    return f"{over} changes by {by}: {levelled}{others and f', but {others}'}"


def agreement(scores: Sequence[Row]) -> list[str]:
    """For each size and two networks: how often they draw the same picture after the shortest and the longest training
    that lets both of them draw pictures."""
    sentences = []
    for line, points in along_updates(scores, "rp").items():
        drawing = [s for s in points if draw_pictures(scores, s, (s.a, s.b))]
        at = f"RP of {line.a} and {line.b} at N = {line.n}"
        if not drawing:
            sentences.append(
                f"{at} says nothing of the data: after no number of updates do both draw pictures of them."
            )
            continue
        first, last = drawing[0], drawing[-1]
        if first is last:
            sentences.append(f"{at} is {value_of(first):.2f} after {updates_of(first)} updates{_by_chance(first)}.")
            continue
        sentences.append(
            f"{at} is {value_of(first):.2f} after {updates_of(first)} updates and {value_of(last):.2f} after "
            f"{updates_of(last)}{_by_chance(last)}: {_from_to(change(first, last))}."
        )
    return sentences


def _from_to(step: Change) -> str:
    if step.low > 0:
        return f"it rises by {in_points(step)} (95 % interval)"
    if step.high < 0:
        return f"it falls by {in_points(Change(-step.value, -step.high, -step.low))} (95 % interval)"
    return "no change beyond the intervals"


def _by_chance(s: Row) -> str:
    return "" if s.floor is None or low_end(s) > s.floor else ", not shown to be more than chance"


def _share(s: Row) -> str:
    """A share that no claim hangs on, to the nearest tenth of a per cent."""
    return f"{100 * value_of(s):.1f} %"
