"""What ``splits`` found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.claims import claim
from samenoise.report.gaussians import less_strictly
from samenoise.report.wording import high_end, value_of

__all__ = ["findings", "generalization", "split", "telling_gaussians"]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield split(scores)


def split(scores: Sequence[Row]) -> Finding:
    """Whether networks that share no training image draw the same pictures at the largest size, and what that is."""
    sentences: list[str] = []
    witnesses: list[Witness] = []
    for points in by_pair(scores, "splits", "rp_split").values():
        last = points[-1]
        floor = "unknown" if last.floor is None else r.percent_at_most(last.floor)
        share = r.percent_at_least(value_of(last))
        stated = (
            f"Networks trained on disjoint images draw the same picture for {share} of the noises at "
            f"N = {last.n_train} (floor {floor})"
        )
        needed = list(generalization(scores, last))
        made = f"{stated}: on these, that is generalization, not memory.{_beside(last)}{less_strictly(scores, last)}"
        sentences.append(claim(made, f"{stated}. That this is generalization is not shown", needed))
        witnesses += needed
    return Finding("Disjoint data", sentences, witnesses)


def generalization(scores: Sequence[Row], pair: Row) -> Iterator[Witness]:
    """What it needs that agreement of two networks without a common training image is a sign of generalization: more
    than chance, than shared second-order statistics and than leftover noise, on pictures that were learnt."""
    if pair.tag("gaussian_split") is not None:
        yield telling_gaussians(pair)
    pair = replace(pair, tags={})  # what the Gaussians of the halves share is another at each threshold
    yield from evidence.agreement(scores, pair)
    yield from evidence.learnt(scores, pair, (pair.a, pair.b))
    yield from evidence.few_copies(scores, pair, (pair.a, pair.b))
    yield from evidence.no_twins(scores, pair, (pair.a, pair.b))
    yield from evidence.ordinary_held_out(scores, pair)


def telling_gaussians(pair: Row) -> Witness:
    """That the Gaussians of the halves agree with each other at least as often as the networks do.

    Of few images a mean and a covariance are mostly chance. Networks that have learnt no more than the true ones agree
    then, and draw what neither Gaussian does: white noise and samples of a Gaussian look so.
    """
    together = pair.tag("gaussian_split")
    needs = "training sets so large that the Gaussians of two of them agree as often as networks trained on them"
    seen = f"{r.at_most(together, 3)} against {r.at_least(value_of(pair), 3)}"
    if together < value_of(pair):
        return Witness(needs, seen, False, "more images")
    return Witness(needs, seen, True if together >= high_end(pair) else None, "more noises")


def _beside(pair: Row) -> str:
    """What the Gaussians of the halves do."""
    together = pair.tag("gaussian_split")
    if pair.gaussian is None or together is None:
        return ""
    hence = ", on pictures of their own, as any two Gaussians of much data do" if together >= value_of(pair) else ""
    return (
        f" The other half's Gaussian draws a network's picture for {r.percent_at_most(pair.gaussian)}; the two "
        f"Gaussians agree with each other for {r.percent_at_least(together)}{hence}."
    )
