"""What experiments over training sizes find alike, in sentences: how much networks copy, where they agree, and whether
they are trained enough.

A thing that was not found, or is within the noise, is said so; a claim names the witnesses it lacks. Shares are rounded
against the claim (see :mod:`samenoise.report.rounding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.beside import at
from samenoise.report.claims import unmet
from samenoise.report.several import COPY_WAYS, Way, alike, is_twin, spread, twins
from samenoise.report.trained import LITTLE, Course, course
from samenoise.report.wording import apart, high_end, listed, low_end, lower_first, network_name, value_of

__all__ = ["agreement", "copying", "n50_ways", "shown", "training"]

GAUSSIAN = "what the Gaussian of its training set draws"

TWINS = (
    "Copies are not counted at the calibrated threshold: more than 1 % of held-out real images have a twin in the "
    "training set, at some size, and hardly a picture that is drawn is as near to one as that."
)

HALF = 0.5
"""A network copies "as a rule" while at least this share of its pictures are copies; also the level of N50."""


def copying(scores: Sequence[Row], experiment: str) -> Finding:
    """For each network: how much it copies at few images, where half, and whether it ever stops."""
    lines = by_pair(scores, experiment, "memorized").values()
    sentences = [_copying(scores, points) for points in lines]
    if sentences and twins(scores, experiment):
        sentences.append(TWINS)
    return Finding("Copying", sentences)


def _copying(scores: Sequence[Row], points: Sequence[Row]) -> str:
    first, last = points[0], points[-1]
    if evidence.other_held_out(scores, first.experiment):
        return f"How much {lower_first(network_name(first))} copies cannot be told: {evidence.OTHER_HELD_OUT}."
    if all(s.floor == 1 for s in points):
        of = lower_first(network_name(first))
        return f"Whether {of} copies cannot be told: every held-out real image passes for a copy, too."
    if any(value_of(s) > 0 or shown(scores, s) for s in points):
        return f"{_start(scores, points)}; {_crossing(scores, points)}{_end(scores, points)}."
    nothing = f"{network_name(first)} copies nothing at any size measured, from N = {first.n_train} to {last.n_train}"
    if _not_learnt(scores, last):
        return (
            f"{nothing}, but what it draws is no nearer to real images than {GAUSSIAN}: it draws no pictures of them."
        )
    return f"{nothing}."


def agreement(scores: Sequence[Row], experiment: str) -> Finding:
    """Whether RP between two networks has the shape of a V over the training size, and what its ends are."""
    sentences: list[str] = []
    witnesses: list[Witness] = []
    for (a, b, _), points in by_pair(scores, experiment, "rp").items():
        if len(points) < 3:
            continue
        least = min(points, key=value_of)
        first, last = points[0], points[-1]
        ends = f"RP of {a} and {b} is {r.at_least(value_of(first))} at N = {first.n_train}"
        if least in (first, last):
            trend = "rises to " if apart(first, last) else "falls to " if apart(last, first) else ""
            no_change = "" if trend else ", no change beyond the intervals"
            sentences.append(
                f"{ends} and {trend}{r.at_least(value_of(last))} at N = {last.n_train}{no_change}: no dip between the "
                f"ends is seen in this sweep.{_less_strictly(scores, points)}"
            )
            continue
        numbers = (
            f"{ends}, down to {r.at_most(value_of(least))} at N = {least.n_train} and "
            f"{r.at_least(value_of(last))} again at N = {last.n_train}"
        )
        if not (apart(least, first) and apart(least, last)):
            sentences.append(f"{numbers}: but the intervals overlap, so that the dip is not established.")
            continue
        needed = [*evidence.copies(scores, first, (a, b), HALF), *new_pictures(scores, last, (a, b))]
        missing = unmet(needed)
        verdict = "both copy at the one end and agree on new pictures at the other, and agree least between"
        if missing:
            verdict = "they agree least between the ends. That they copy at the one and agree on new pictures at the "
            verdict += f"other is not shown: {missing}"
        sentences.append(f"{numbers}: {verdict}.{_less_strictly(scores, (first, least, last), 'a dip as well')}")
        witnesses += needed
    return Finding("Same noise, same picture", sentences, witnesses)


def _less_strictly(scores: Sequence[Row], points: Sequence[Row], dip: str = "a dip") -> str:
    """The same sizes at the calibrated threshold, and without one: pictures that no longer pass for the same may still
    resemble one another, more than where networks copy one of few images each."""
    said = []
    for metric, words in (("rp_calibrated", "RP at the calibrated threshold"), ("rp_auc", "the AUC, without any,")):
        rows = [at(scores, s, metric, b=s.b) for s in points]
        found = [s for s in rows if s is not None and s.value is not None]
        if len(found) == len(points):
            dips = any(apart(s, found[0]) and apart(s, found[-1]) for s in found[1:-1])
            values = listed([r.at_least(value_of(s)) for s in found], len(found))
            said.append(f"{words} is {values}, {dip if dips else 'no dip beyond the intervals'}")
    return f" At these sizes {'; '.join(said)}." if said else ""


def new_pictures(scores: Sequence[Row], pair: Row, names: tuple[str, str]) -> Iterator[Witness]:
    """That two networks agree on pictures that they have learnt, and not on copies."""
    yield from evidence.agreement(scores, pair)
    yield from evidence.learnt(scores, pair, names)
    yield from evidence.few_copies(scores, pair, names)
    yield from evidence.ordinary_held_out(scores, pair)


def training(scores: Sequence[Row], experiment: str) -> Finding:
    """For each network: whether its loss on unseen images still falls at the end of its training."""
    return Finding(
        "Trained enough", [_trained(scores, line) for line in by_pair(scores, experiment, "unseen_change").values()]
    )


def _trained(scores: Sequence[Row], points: Sequence[Row]) -> str:
    rises = [s for s in points if course(s) is Course.RISES]
    of, last = network_name(points[0]), points[-1]
    if evidence.other_held_out(scores, last.experiment):
        return f"Whether {lower_first(of)} is trained enough cannot be told: {evidence.OTHER_HELD_OUT}."
    doubling = "with the last doubling of the updates"
    match course(last):
        case Course.FALLS:
            said = (
                f"{of} is not done learning at N = {last.n_train}: the loss on images it has not seen still falls by "
                f"{r.percent_at_least(-value_of(last))} {doubling}, and more updates would help."
            )
        case Course.RISES:
            return (
                f"{of} overfits even at N = {last.n_train}: the loss on images it has not seen rises by "
                f"{r.percent_at_least(value_of(last))} {doubling}."
            )
        case Course.RESTS if _not_learnt(scores, last):
            said = (
                f"{of} has come to an end of its training at N = {last.n_train}, as the loss on images it has not seen "
                f"hardly changes any more {doubling}, but what it draws is not shown to be nearer to real images than "
                f"{GAUSSIAN}: more updates alone would not help."
            )
        case Course.RESTS:
            said = (
                f"{of} is trained enough at N = {last.n_train}: the loss on images it has not seen changes by less "
                f"than {r.percent_at_most(LITTLE)} {doubling}."
            )
        case Course.OPEN:
            ends = "" if last.ci95 is None else f" ({r.percents(last.ci95)})"
            said = (
                f"Whether {lower_first(of)} is trained enough at N = {last.n_train} is open: how the loss on images it "
                f"has not seen changes {doubling} is within the noise{ends}."
            )
    if rises:
        said += f" Up to N = {rises[-1].n_train} that loss rises: it overfits."
    return said


def _not_learnt(scores: Sequence[Row], like: Row) -> bool:
    """Whether pictures are measured, and not shown to be nearer to real images than those of the Gaussian."""
    gap = at(scores, like, "mmd_gap")
    return gap is not None and gap.value is not None and high_end(gap) >= 0


def shown(scores: Sequence[Row], like: Row) -> list[Way]:
    """The ways of counting, but for that at the threshold of the run, by which there are copies, beyond the real images
    that pass for some."""
    found = []
    for way in _ways(scores, like):
        if way.row.metric == "memorized_excess":
            continue
        top = way.row.floor_ci95[1] if way.row.floor_ci95 else way.row.floor or 0.0
        found += [way] if low_end(way.row) > top else []
    return found


def _ways(scores: Sequence[Row], like: Row) -> list[Way]:
    """The share of copies at one size, by every way to count them that has a value."""
    metrics = dict(zip(COPY_WAYS.values(), ("memorized_excess", "memorized_calibrated", "nn_ratio"), strict=True))
    rows = {words: at(scores, like, metric) for words, metric in metrics.items()}
    known = [Way(words, row) for words, row in rows.items() if row is not None and row.value is not None]
    return [way for way in known if way.row.metric != "memorized_calibrated" or not is_twin(way.row)]


def n50_ways(scores: Sequence[Row], metric: str, like: Row) -> list[Way]:
    """N50, or how it grows, by every way to count copies that has a value."""
    found = []
    for way, words in COPY_WAYS.items():
        if way == "calibrated" and twins(scores, like.experiment):
            continue
        rows = [s for s in scores if (s.experiment, s.metric, s.a) == (like.experiment, f"{metric}_{way}", like.a)]
        found += [Way(words, s) for s in rows if s.value is not None]
    return found


def _start(scores: Sequence[Row], points: Sequence[Row]) -> str:
    first = points[0]
    of = lower_first(network_name(first))
    ways = _ways(scores, first)
    excess = at(scores, first, "memorized_excess")
    if excess is not None and excess.value is not None and low_end(excess) <= 0 and not shown(scores, first):
        return f"With {first.n_train} training images, {of} is not seen to copy more than what real images pass for"
    if len(ways) > 1 and not alike(ways):
        told = spread(ways, lambda row: r.percent_at_least(max(value_of(row), 0.0)))
        return (
            f"With {first.n_train} training images, how much of what {of} draws are copies of them depends on what "
            f"counts as one: {told}"
        )
    share = value_of(ways[0].row if ways else first)
    draws = f"of what {of} draws are copies of them"
    if share >= HALF:
        return f"With {first.n_train} training images, {r.percent_at_least(share)} {draws}"
    return f"Even with {first.n_train} training images, only {r.percent_at_most(max(share, 0.0))} {draws}"


def _crossing(scores: Sequence[Row], points: Sequence[Row]) -> str:
    first = points[0]
    metrics = [f"n50_{way}" for way in COPY_WAYS]
    own = [s for s in scores if (s.experiment, s.a) == (first.experiment, first.a)]
    # Runs of the first release count copies at the paper's threshold alone.
    rows = [s for s in own if s.metric in metrics] or [s for s in own if s.metric == "n50"]
    ways = n50_ways(scores, "n50", first) or [Way("", s) for s in rows if s.metric == "n50" and s.value is not None]
    if not ways:
        why = f" ({rows[0].note})" if rows and rows[0].note else ""
        return f"the sweep does not cross one half{why}; " if rows else ""
    if alike(ways):
        however = ", however copies are counted" if ways[1:] else ""
        return f"the share is one half at about {_n50(ways[0].row)}{however}; "
    return f"where it is one half depends on what counts as a copy: {spread(ways, _n50)}; "


def _n50(row: Row) -> str:
    low, high = row.ci95 or (0.0, 0.0)
    ends = (
        f"{r.about(low)}–{r.about(high)}" if low > 0 else f"up to {r.about(high)}"
    )  # to fewer than any that was tried
    stated = "" if row.ci95 is None else f" (95 % interval {ends})"
    return f"N = {r.about(value_of(row))}{stated}"


def _copies(row: Row) -> str:
    return r.percent_at_most(value_of(row))


def _end(scores: Sequence[Row], points: Sequence[Row]) -> str:
    tail: list[Row] = []
    for s in reversed(points):
        if value_of(s) > 0 or shown(scores, s):
            break
        tail.insert(0, s)
    last = points[-1]
    if value_of(last) == 0 and not tail:
        return f"at N = {last.n_train}, the largest size, {spread(shown(scores, last), _copies)} still are"
    if tail:
        of = "" if last.n is None else f" of {min(s.n or last.n for s in tail)}"
        onward = f"from N = {tail[0].n_train} on" if len(tail) > 1 else f"at N = {last.n_train}"
        return f"{onward}, none{of} is a copy"
    share = r.percent_at_most(value_of(last))
    if last.floor is None:
        return f"at N = {last.n_train}, the largest size, {share} still are"
    real = f"{r.percent_at_least(last.floor)} of held-out real images"
    excess = at(scores, last, "memorized_excess")
    if low_end(last) <= last.floor or (excess is not None and excess.value is not None and low_end(excess) <= 0):
        fewer = last.floor_ci95 is not None and high_end(last) < last.floor_ci95[0]
        than = "fewer than" if fewer else "no more beyond the noise than"
        return f"at N = {last.n_train}, {share} pass for copies, {than} the {real} that do"
    return f"at N = {last.n_train}, the largest size, {share} still are, against {real} that pass for copies"
