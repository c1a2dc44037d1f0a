"""Whether networks are trained enough, by the loss on images that they have not seen, and what would make them better.

A loss that still falls asks for more updates. One that rises is that of a network which learns its own images by heart:
more updates make it worse, and more images help. One that has come to rest asks for another network.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from samenoise.lab.run_files import Row
from samenoise.report.beside import at
from samenoise.report.wording import high_end, low_end

__all__ = ["LITTLE", "MORE_IMAGES", "MORE_TRAINING", "OTHER_NETWORKS", "Course", "better", "course"]

LITTLE = 0.01
"""A loss has come to rest where the whole interval of its change with the last doubling lies within this of 0."""

MORE_TRAINING = "more training"
MORE_IMAGES = "more images or, of these, fewer updates"
OTHER_NETWORKS = "wider networks or smaller pictures"


class Course(Enum):
    """How the loss on unseen images goes on at the end of a training."""

    FALLS = "falls"
    RISES = "rises"
    RESTS = "rests"
    OPEN = "open"


def course(change: Row) -> Course:
    """What the interval of ``unseen_change`` leaves."""
    low, high = low_end(change), high_end(change)
    if low > -LITTLE and high < LITTLE:
        return Course.RESTS
    if high < 0:
        return Course.FALLS
    return Course.RISES if low > 0 else Course.OPEN


def better(scores: Sequence[Row], like: Row, names: Sequence[str]) -> str:
    """What would make networks draw better pictures, at the size and after the training of ``like``; more training,
    unless their losses are known and say otherwise."""
    rows = [at(scores, like, "unseen_change", a=name) for name in names]
    seen = {course(row) for row in rows if row is not None and row.value is not None}
    if not seen or seen & {Course.FALLS, Course.OPEN}:
        return MORE_TRAINING
    return MORE_IMAGES if Course.RISES in seen else OTHER_NETWORKS
