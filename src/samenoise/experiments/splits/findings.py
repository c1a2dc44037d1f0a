"""What ``splits`` found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, by_pair, select
from samenoise.report import rounding as r
from samenoise.report.along_sizes import NO_PICTURES, draw_pictures
from samenoise.report.wording import high_end, low_end, value_of

__all__ = ["beyond_the_gaussian", "findings", "split"]

ONLY_GAUSSIAN = "that is no more than a shared mean and covariance may explain"


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
        elif last.floor is None or low_end(last) <= last.floor:
            sentences.append(f"Networks trained on disjoint images {stated}: not shown to be more than chance.")
        else:
            said = ": that is generalization, not memory" if beyond_the_gaussian(scores, last) else f"; {ONLY_GAUSSIAN}"
            sentences.append(f"Networks trained on disjoint images {stated}{said}.{_beside(last)}")
    return sentences


def beyond_the_gaussian(scores: Sequence[Row], pair: Row) -> bool:
    """Whether two networks agree more than either does with the other half's Gaussian, and both draw pictures nearer to
    real ones than their own half's Gaussian does."""
    near = [
        s
        for s in select(scores, "splits", "nn_distance")
        if s.a in (pair.a, pair.b) and s.n_train == pair.n_train and s.gaussian is not None
    ]
    nearer = len(near) == 2 and all(high_end(s) < s.gaussian for s in near if s.gaussian is not None)
    return nearer and pair.gaussian is not None and low_end(pair) > pair.gaussian


def _beside(pair: Row) -> str:
    """What the Gaussians of the halves do."""
    together = pair.tag("gaussian_split")
    if pair.gaussian is None or together is None:
        return ""
    hence = ", so that agreement across halves alone shows nothing" if together >= value_of(pair) else ""
    return (
        f" The other half's Gaussian draws a network's picture for {r.percent_at_most(pair.gaussian)}; the two "
        f"Gaussians agree with each other for {r.percent_at_least(together)}{hence}."
    )
