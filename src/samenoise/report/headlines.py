"""What a run found, in plain sentences, from its scores alone.

Every function takes rows and returns sentences; a thing that was not found, or is within the noise, is said so.
Shares are rounded against the claim (see :mod:`samenoise.report.rounding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samenoise.report import dynamics_headlines, matrix_headlines, solver_headlines
from samenoise.report import rounding as r
from samenoise.report.run_files import Row, by_pair, select
from samenoise.report.wording import FARTHEST, apart, low_end, lower_first, network_name, value_of

__all__ = ["Headline", "agreement", "copying", "gaussian", "headlines", "optimum", "split", "teacher", "width"]

HALF = 0.5
"""A network copies "as a rule" while at least this share of its pictures are copies; also the level of N50."""

NO_PICTURES = (
    "but what they draw is far from all real images, so their agreement says nothing of the data: train longer."
)


@dataclass(frozen=True)
class Headline:
    """A finding: a few words, then its sentences, in which a number keeps its unit on the line."""

    title: str
    sentences: tuple[str, ...]


def headlines(scores: Sequence[Row]) -> list[Headline]:
    """All findings of a run, in reading order; empty where the rows they need are missing."""
    found = [
        ("Copying", copying(scores, "regimes")),
        ("Width", width(scores)),
        ("Same noise, same picture", agreement(scores, "regimes")),
        ("The closed-form optimum", optimum(scores, "regimes")),
        ("Disjoint data", split(scores)),
        ("Beyond mean and covariance", gaussian(scores, "regimes")),
        ("The true distribution", teacher(scores)),
    ]
    if not any(s.experiment == "regimes" for s in scores):
        found[0] = ("Copying", copying(scores, "teacher"))
        found[2] = ("Same noise, same picture", agreement(scores, "teacher"))
    found += [
        ("Which models agree", matrix_headlines.agreement(scores)),
        ("Copies or not", matrix_headlines.optimum(scores)),
        ("What costs agreement", matrix_headlines.factors(scores)),
        ("Pictures or not", matrix_headlines.likeness(scores)),
        ("Solvers", solver_headlines.convergence(scores)),
        ("Fresh noise", solver_headlines.stochasticity(scores)),
        ("Time to generalize", dynamics_headlines.generalization(scores)),
        ("Time to memorize", dynamics_headlines.memorization(scores)),
        ("Early stopping", dynamics_headlines.window(scores)),
    ]
    return [Headline(title, tuple(map(_unbroken, sentences))) for title, sentences in found if sentences]


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


def width(scores: Sequence[Row]) -> list[str]:
    """How many times more images a network of twice the width still copies."""
    rows = [s for s in scores if s.metric == "n50_per_doubling"]
    if not rows:
        return []
    value, ci95 = rows[0].value, rows[0].ci95
    if value is None:
        return ["How copying depends on width is not determined: not every width crosses one half in this sweep."]
    if ci95 is None:
        return [f"Per doubling of the width, N50 changes by a factor of {r.at_least(value, 1)}, without an interval."]
    stated = f"(95 % interval {r.interval(ci95, 1)})"
    if ci95[0] > 1:
        return [
            f"A network twice as wide goes on copying up to an N about {r.at_least(value, 1)} times as large {stated}."
        ]
    if ci95[1] < 1:
        return [
            f"Wider networks stop copying earlier: twice the width, {r.at_most(value)} times as many images {stated}."
        ]
    return [
        "Whether wider networks copy more images is not settled: per doubling of the width, N50 changes by a factor of "
        f"{value:.2f} {stated}, and the interval includes 1."
    ]


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
        elif _copies(scores, experiment, (a, b), first) and _draws_pictures(scores, experiment, (a, b), last):
            verdict = "both copy at the one end and agree on new pictures at the other, and disagree between"
        else:
            verdict = "they agree least between the ends"
        sentences.append(
            f"{ends}, down to {r.at_most(value_of(least))} at N = {least.n_train} and "
            f"{r.at_least(value_of(last))} again at N = {last.n_train}: {verdict}."
        )
    return sentences


def _at(scores: Sequence[Row], experiment: str, metric: str, names: tuple[str, str], row: Row) -> list[Row]:
    """Rows of some networks at the training size of ``row``."""
    return [s for s in select(scores, experiment, metric) if s.a in names and s.n_train == row.n_train]


def _copies(scores: Sequence[Row], experiment: str, names: tuple[str, str], row: Row) -> bool:
    """Whether both networks copy as a rule."""
    rows = _at(scores, experiment, "memorized", names, row)
    return bool(rows) and all(value_of(s) >= HALF for s in rows)


def _draws_pictures(scores: Sequence[Row], experiment: str, names: tuple[str, str], row: Row) -> bool:
    """Whether what the networks draw is about as near to real images as held-out real ones are."""
    rows = _at(scores, experiment, "nn_distance", names, row)
    return all(s.floor is None or value_of(s) <= FARTHEST * s.floor for s in rows)


def optimum(scores: Sequence[Row], experiment: str) -> list[str]:
    """Whether the widest network starts at the closed-form optimum of its training set and leaves it."""
    lines = list(by_pair(scores, experiment, "rp_optimum").values())
    if not lines:
        return []
    first, last = lines[-1][0], lines[-1][-1]
    same = "draws the picture of the closed-form optimum of its training set"
    if first is last:
        return [f"{network_name(first)} {same} for {_share(first)} of the noises at N = {first.n_train}."]
    high, low = r.percent_at_least(value_of(first)), r.percent_at_most(value_of(last))
    if value_of(first) <= value_of(last):
        return [
            f"{network_name(first)} {same} for {_share(first)} of the noises at N = {first.n_train}, {_share(last)} at "
            f"N = {last.n_train}: no fall with N is seen."
        ]
    return [
        f"{network_name(first)} {same} for {high} of the noises at N = {first.n_train}, {low} at N = {last.n_train}."
    ]


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
        if not _draws_pictures(scores, "splits", (last.a, last.b), last):
            sentences.append(f"Networks trained on disjoint images {stated}, {NO_PICTURES}")
        elif last.floor is not None and low_end(last) > last.floor:
            sentences.append(f"Networks trained on disjoint images {stated}: that is generalization, not memory.")
        else:
            sentences.append(f"Networks trained on disjoint images {stated}: not shown to be more than chance.")
    return sentences


def gaussian(scores: Sequence[Row], experiment: str) -> list[str]:
    """Whether shared mean and covariance could explain the agreement at the largest size."""
    rows = [s for s in select(scores, experiment, "rp") if s.gaussian is not None]
    if not rows:
        return []
    last = rows[-1]
    assert last.gaussian is not None
    stated = (
        f"at N = {last.n_train} a Gaussian with the mean and covariance of the training set draws a network's picture "
        f"for {r.percent_at_most(last.gaussian)} of the noises, another network for "
        f"{r.percent_at_least(value_of(last))}"
    )
    if not _draws_pictures(scores, experiment, (last.a, last.b), last):
        return [f"Not to be told: {stated}, {NO_PICTURES}"]
    if low_end(last) > last.gaussian:
        return [f"Second-order statistics do not explain the agreement: {stated}."]
    return [f"Second-order statistics may explain the agreement: {stated}."]


def teacher(scores: Sequence[Row]) -> list[str]:
    """From which size on the widest network is nearer to the true flow than to the empirical optimum."""
    gen, mem = by_pair(scores, "teacher", "e_gen"), by_pair(scores, "teacher", "e_mem")
    sentences = []
    if gen and mem:
        distances = {s.n_train: s for s in list(mem.values())[-1]}
        both = [(s, distances[s.n_train]) for s in list(gen.values())[-1] if s.n_train in distances]
        sentences += _nearer(both)
    rows = list(by_pair(scores, "teacher", "rp_teacher").values())
    if rows:
        last = rows[-1][-1]
        share = r.percent_at_least(value_of(last))
        if value_of(last) > 0:
            sentences.append(f"At N = {last.n_train} it draws the true flow's picture for {share} of the noises.")
        else:
            sentences.append(f"At N = {last.n_train} it draws the true flow's picture for none of the noises.")
    return sentences


def _nearer(both: Sequence[tuple[Row, Row]]) -> list[str]:
    if not both:
        return []
    true = [gen for gen, mem in both if value_of(gen) < value_of(mem)]
    name, last = network_name(both[-1][0]), both[-1]
    distances = f"{r.at_most(value_of(last[0]))} against {r.at_least(value_of(last[1]))} at N = {last[0].n_train}"
    if not true:
        return [
            f"{name} is nowhere in this sweep nearer to the true distribution's flow than to the empirical optimum "
            f"(root mean squared distance {distances})."
        ]
    if len(true) == len(both):
        return [
            f"{name} is nearer to the true distribution's flow than to the empirical optimum at every size measured "
            f"(root mean squared distance {distances}): the crossing lies below N = {true[0].n_train}."
        ]
    if [gen for gen, _ in both][-len(true) :] != true:
        sizes = ", ".join(str(s.n_train) for s in true)
        return [f"{name} is nearer to the true distribution's flow than to the empirical optimum at N = {sizes} only."]
    before = both[-len(true) - 1][0]
    return [
        f"Up to N = {before.n_train} {lower_first(name)} is nearer to the empirical optimum, from "
        f"N = {true[0].n_train} on nearer to the true distribution's flow (root mean squared distance {distances})."
    ]


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


def _unbroken(sentence: str) -> str:
    """No line break within "N = 8" and "7 %"."""
    return sentence.replace("N = ", "N\u00a0=\u00a0").replace(" %", "\u00a0%")


def _share(s: Row) -> str:
    """A share that no claim hangs on, to the nearest tenth of a per cent."""
    return f"{100 * value_of(s):.1f} %"
