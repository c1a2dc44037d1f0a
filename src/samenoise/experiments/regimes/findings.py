"""What ``regimes`` found, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, by_pair, select
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.along_sizes import agreement, copying, n50_ways, training
from samenoise.report.claims import claim
from samenoise.report.gaussians import less_strictly
from samenoise.report.several import Way, alike, spread
from samenoise.report.wording import apart, high_end, low_end, network_name, value_of

__all__ = ["findings", "gaussian", "optimum", "width"]


SPEED = "All widths train for the same number of updates, so that this may be speed of training as well as capacity."


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield copying(scores, "regimes")
    yield Finding("Width", width(scores))
    yield agreement(scores, "regimes")
    yield Finding("The closed-form optimum", optimum(scores))
    yield gaussian(scores)
    yield training(scores, "regimes")


def width(scores: Sequence[Row]) -> list[str]:
    """How many times more images a network of twice the width still copies, by every way to count copies."""
    rows = [s for s in scores if s.experiment == "regimes" and s.metric.startswith("n50_per_doubling")]
    if not rows:
        return []
    if evidence.other_held_out(scores, "regimes"):
        return [f"How copying depends on width cannot be told: {evidence.OTHER_HELD_OUT}."]
    ways = n50_ways(scores, "n50_per_doubling", rows[0])
    if len(ways) > 1 and not alike(ways):
        told = spread(ways, _factor)
        return [f"By which factor N50 grows with twice the width depends on what counts as a copy: {told}. {SPEED}"]
    # Of ways that agree each has to bear a claim out: that which is nearest to no change speaks for all.
    words, row = min(ways, key=lambda way: _beyond_one(way.row)) if ways else Way("", rows[0])
    value, ci95 = row.value, row.ci95
    if value is None and ci95 is not None:
        return [_bound(ci95, row.note)]
    if value is None:
        return ["How copying depends on width is not determined: not every width crosses one half in this sweep."]
    if ci95 is None:
        return [f"Per doubling of the width, N50 changes by a factor of {r.at_least(value, 1)}, without an interval."]
    several = len(ways) > 1
    stated = f": {spread(ways, _factor)}" if several else f" (95 % interval {r.interval(ci95, 1)})"
    if ci95[0] > 1:
        return [
            f"A network twice as wide goes on copying up to an N about {r.at_least(value, 1)} times as large{stated}. "
            f"{SPEED}"
        ]
    if ci95[1] < 1:
        return [
            f"Wider networks stop copying earlier: twice the width, {r.at_most(value)} times as many images{stated}."
        ]
    factor, which = (stated.removeprefix(": "), f" {words}") if several else (f"{value:.2f}{stated}", "")
    return [
        "Whether wider networks copy more images is not settled: per doubling of the width, N50 changes by a factor of "
        f"{factor}, and the interval{which} includes 1."
    ]


def _bound(ci95: tuple[float, float], note: str) -> str:
    """What is known of the growth where N50 of some width lies beyond all sizes."""
    why = f" ({note})" if note else ""
    if ci95[0] > 1:
        most = f"goes on copying up to an N at least {r.at_least(ci95[0], 1)} times as large{why}"
        return f"A network twice as wide {most}. {SPEED}"
    if ci95[1] < 1:
        most = f"at most {r.at_most(ci95[1])} times as many images{why}"
        return f"Wider networks stop copying earlier: twice the width, {most}."
    return f"How copying depends on width is not determined: not every width crosses one half in this sweep{why}."


def optimum(scores: Sequence[Row]) -> list[str]:
    """Whether the widest network starts at the closed-form optimum of its training set and leaves it."""
    lines = list(by_pair(scores, "regimes", "rp_optimum").values())
    if not lines:
        return []
    first, last = lines[-1][0], lines[-1][-1]
    same = "draws the picture of the closed-form optimum of its training set"
    said = f"{network_name(first)} {same} for"
    if first is last:
        return [f"{said} {_share(first)} of the noises at N = {first.n_train}{_chance(first)}."]
    ends = f"at N = {first.n_train}{_chance(first)}"
    if apart(last, first):
        high, low = r.percent_at_least(value_of(first)), r.percent_at_most(value_of(last))
        return [f"{said} {high} of the noises {ends}, {low} at N = {last.n_train}."]
    return [
        f"{said} {_share(first)} of the noises {ends}, {_share(last)} at N = {last.n_train}: no fall with N is seen."
    ]


def gaussian(scores: Sequence[Row]) -> Finding:
    """Whether shared mean and covariance could explain the agreement at the largest size."""
    rows = [s for s in select(scores, "regimes", "rp") if s.gaussian is not None]
    if not rows:
        return Finding("Beyond mean and covariance", [])
    last = rows[-1]
    assert last.gaussian is not None
    stated = (
        f"at N = {last.n_train} a Gaussian with the mean and covariance of the training set draws a network's picture "
        f"for {r.percent_at_most(last.gaussian)} of the noises, another network for "
        f"{r.percent_at_least(value_of(last))}"
    )
    needed = [
        *evidence.agreement(scores, last),
        *evidence.learnt(scores, last, (last.a, last.b)),
        *evidence.ordinary_held_out(scores, last),
    ]
    strictly = "" if last.threshold is None else f" at the threshold {last.threshold:g}"
    sentence = claim(
        f"Second-order statistics do not explain the agreement{strictly}: {stated}.{less_strictly(scores, last)}",
        f"That second-order statistics do not explain the agreement is not shown ({stated})",
        needed,
    )
    return Finding("Beyond mean and covariance", [sentence], needed)


def _beyond_one(s: Row) -> float:
    """How far an interval lies from a factor of 1, as a ratio; 1 at most where it holds 1."""
    low, high = low_end(s), high_end(s)
    return max(low, 1 / high if high else math.inf)


def _factor(s: Row) -> str:
    return f"{r.at_least(value_of(s), 1)} ({'no interval' if s.ci95 is None else r.interval(s.ci95, 1)})"


def _chance(s: Row) -> str:
    """Where an optimum of few images draws few pictures, chance draws the same often."""
    if s.floor is None:
        return ""
    more = "" if low_end(s) > s.floor else ", which is not shown to be more"
    return f" (by chance for {r.percent_at_most(s.floor)}{more})"


def _share(s: Row) -> str:
    """A share that no claim hangs on, to the nearest tenth of a per cent."""
    return f"{100 * value_of(s):.1f} %"
