"""What ``splits`` found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import rounding as r
from samenoise.report.along_sizes import NO_PICTURES, draw_pictures
from samenoise.report.wording import low_end, value_of

__all__ = ["findings", "split"]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Disjoint data", split(scores))


def split(scores: Sequence[Row]) -> list[str]:
    """Whether networks that share no training image draw the same pictures at the largest size."""
    sentences = []
    for points in by_pair(scores, "splits", "rp_split").values():
        last = points[-1]
        floor = "unknown" if last.floor is None else r.percent_at_most(last.floor)
        stated = (
            f"draw the same picture for {r.percent_at_least(value_of(last))} of the noises at N = {last.n_train} "
            f"(floor {floor})"
        )
        if not draw_pictures(scores, "splits", (last.a, last.b), last):
            sentences.append(f"Networks trained on disjoint images {stated}, {NO_PICTURES}")
        elif last.floor is not None and low_end(last) > last.floor:
            sentences.append(f"Networks trained on disjoint images {stated}: that is generalization, not memory.")
        else:
            sentences.append(f"Networks trained on disjoint images {stated}: not shown to be more than chance.")
    return sentences
