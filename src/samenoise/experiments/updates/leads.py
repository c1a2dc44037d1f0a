"""What ``updates`` says of width: whether a wider network's lead in copying is speed of training or capacity.

A lead that is lost with more updates was speed. A lead that is left is a matter of capacity if the narrower network has
levelled, by every way to tell a copy, and has gained less with the last doubling than the lead is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from samenoise.experiments.updates.changes import (
    FEW_POINTS,
    Change,
    Course,
    change,
    course,
    in_points,
    not_level,
)
from samenoise.experiments.updates.series import (
    Line,
    along_updates,
    draw_pictures,
    ever_copies,
    last_doubling,
    otherwise,
    updates_of,
)
from samenoise.lab.run_files import Row
from samenoise.report.wording import lower_first, network_name

__all__ = ["width"]

ONE_TRAINING = (
    "Each network was trained once for each number of updates, and intervals are over noises alone: another training "
    "may differ by more."
)


def width(scores: Sequence[Row]) -> list[str]:
    """For each size and every two neighbouring widths: whether the wider one's lead in copying is lost with more
    updates, and if not, whether the narrower one still gains."""
    lines = along_updates(scores, "memorized")
    sentences = []
    for (one, narrow), (other, wide) in pairwise(lines.items()):
        if one.n == other.n and all(draw_pictures(scores, s[-1], [s[-1].a]) for s in (narrow, wide)):
            others = otherwise(scores, one), otherwise(scores, other)
            sentences.append(_lead(one, narrow, wide, *others))
    if sentences and all(s.replicates == 1 for points in lines.values() for s in points):
        sentences.append(ONE_TRAINING)
    return sentences


def _lead(
    line: Line,
    narrow: Sequence[Row],
    wide: Sequence[Row],
    narrow_otherwise: Mapping[str, Sequence[Row]],
    wide_otherwise: Mapping[str, Sequence[Row]],
) -> str:
    """What the wider of two networks copies beyond the narrower one, and what becomes of it."""
    at, slim, broad = f"At N = {line.n}", lower_first(network_name(narrow[0])), lower_first(network_name(wide[0]))
    leads = {updates_of(s): change(s, t) for s, t in zip(narrow, wide, strict=True)}
    most, left = list(leads.items())[-1]
    if all(course(lead) is Course.LEVEL for lead in leads.values()):
        return f"{at} {broad} and {slim} copy alike, to within {FEW_POINTS} after any number of updates."
    ahead = {updates: lead for updates, lead in leads.items() if lead.low > 0}
    if not ahead:
        return f"{at} {broad} is not seen to copy more often than {slim}, after any number of updates."
    when, largest = max(ahead.items(), key=lambda each: each[1].value)
    said = f"{at} the lead of {broad} over {slim} is largest after {when} updates, {in_points(largest)} (95 % interval)"
    reading = _reading(narrow, left, narrow_otherwise)
    if when == most:
        said += f", the longest training, and {reading}"
    elif course(left) is Course.LEVEL and left.high < largest.low:
        lost = f"{said}; after {most} it is {in_points(left)}, within {FEW_POINTS} of none"
        others = not_level({way: change(s[-1], wide_otherwise[way][-1]) for way, s in narrow_otherwise.items()}, "is")
        if others:
            return f"{lost}, but {others}: whether all of it was speed of training is open."
        return f"{lost}: the lead was speed of training."
    elif left.low > 0:
        lost = "what is lost was speed of training" if left.high < largest.low else "not shown to be less"
        said += f"; after {most} it is {in_points(left)} ({lost}), and {reading}"
    elif left.high < 0:
        said += f"; after {most} it is the narrower one that copies more often"
    else:
        said += f"; after {most} it is {in_points(left)}, so that whether any is left is open"
    return f"{said}.{_made_up_for(slim, broad, narrow[-1], wide)}"


def _reading(narrow: Sequence[Row], left: Change, narrow_otherwise: Mapping[str, Sequence[Row]]) -> str:
    """What a lead that is left after the longest training says, by how the narrower network goes on."""
    if not ever_copies(narrow):
        return "the narrower one has not begun to copy, so that speed and capacity cannot be told apart"
    step = change(*last_doubling(narrow))
    if course(step) is Course.RISES:
        return "the narrower one still rises, so that how much of this is speed of training is open"
    if course(step) is Course.FALLS:
        return "the narrower one falls with more updates, so that this is not for want of them"
    steps = [step, *(change(*last_doubling(each)) for each in narrow_otherwise.values())]
    if all(course(each) is Course.LEVEL for each in steps) and step.high < left.low:
        return (
            "the narrower one has levelled, so that this is a matter of capacity, as far as the last doubling of the "
            "updates tells"
        )
    return "whether the narrower one still rises is open, and so is whether this is speed or capacity"


def _made_up_for(slim: str, broad: str, last: Row, wide: Sequence[Row]) -> str:
    """The longest training of the wider network after which it copies less than the narrower one after its longest."""
    beaten = [s for s in wide if change(s, last).low > 0 and updates_of(s) < updates_of(last)]
    if not beaten:
        return ""
    return (
        f" After {updates_of(last)} updates {slim} copies more often than {broad} after {updates_of(beaten[-1])}: so "
        "far updates make up for width."
    )
