"""What the experiment ``dynamics`` found, in sentences: how long a model takes to generalize, and how long to copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import apart, listed, lower_first, network_name, value_of

__all__ = ["findings", "generalization", "last_update", "memorization", "times", "window"]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Time to generalize", generalization(scores))
    yield Finding("Time to memorize", memorization(scores))
    yield Finding("Early stopping", window(scores))


def times(scores: Sequence[Row], metric: str) -> dict[str, list[Row]]:
    """Model -> its rows of a time by training size, those that were not reached included; narrow models first."""
    rows = [s for s in scores if (s.experiment, s.metric) == ("dynamics", metric) and s.n_train is not None]
    lines: dict[str, list[Row]] = {}
    for s in sorted(rows, key=lambda s: (s.width or 0, s.a, s.n_train)):
        lines.setdefault(s.a, []).append(s)
    return lines


def last_update(scores: Sequence[Row]) -> int | None:
    """The last checkpoint."""
    return max(
        (s.tag("update") for s in scores if s.experiment == "dynamics" and s.tag("update") is not None), default=None
    )


def generalization(scores: Sequence[Row]) -> list[str]:
    """For each model: when it draws the pictures of the truth, clearly nearer to them than the Gaussian of its training
    set, and whether that depends on N."""
    found = times(scores, "generalization_time").values()
    return [_story(points, "generalizes", "generalizes at no size", _within(scores)) for points in found]


def memorization(scores: Sequence[Row]) -> list[str]:
    """For each model: when it starts to copy, and how that grows with N."""
    found = times(scores, "memorization_time").values()
    return [_story(points, "starts to copy", "starts to copy at no size", _within(scores)) for points in found]


def _within(scores: Sequence[Row]) -> str:
    end = last_update(scores)
    return "within the training" if end is None else f"in {end} updates"


def _story(points: Sequence[Row], does: str, never: str, within: str) -> str:
    """After how many updates a model does something at its smallest and largest size, and where it does not."""
    known = _reached(points)
    if not known:
        return f"{network_name(points[0])} {never} {within}."
    first, last = known[0], known[-1]
    said = f"{network_name(first)} {does} after {_at(first)}"
    if first is not last:
        said += f" and after {_at(last)}, {_change(known)}"
    return f"{said}.{_missed(points, within)}"


def window(scores: Sequence[Row]) -> list[str]:
    """For each model: at which sizes a checkpoint lies between generalizing and copying."""
    sentences = []
    copying = times(scores, "memorization_time")
    for name, points in times(scores, "generalization_time").items():
        starts = {s.n_train: s for s in copying.get(name, [])}
        both = [(s, starts[s.n_train]) for s in _reached(points) if s.n_train in starts]
        if not both:
            continue
        open_at = [gen for gen, mem in both if mem.value is None or value_of(gen) < mem.value]
        of = lower_first(network_name(points[0]))
        if not open_at:
            sentences.append(f"At no size is {of} seen to generalize before it copies: there is nowhere to stop early.")
            continue
        shut = [gen for gen, _ in both if gen not in open_at]
        said = f"At {_sizes(open_at)} {of} has generalized before it starts to copy"
        if shut:
            said += f"; at {_sizes(shut)} the one is not seen to come before the other"
        sentences.append(f"{said}.")
    return sentences


def _reached(points: Sequence[Row]) -> list[Row]:
    return [s for s in points if s.value is not None]


def _censored(s: Row) -> bool:
    """Reached by the first look: then, or before."""
    return s.ci95 is not None and s.ci95[0] == 0


def _at(s: Row) -> str:
    return f"{r.about(value_of(s))} updates{' or fewer' if _censored(s) else ''} at N = {s.n_train}"


def _change(known: Sequence[Row]) -> str:
    """From the smallest to the largest size that were reached, and as a power of N where there are three."""
    first, last = known[0], known[-1]
    ratio, more = value_of(last) / value_of(first), (last.n_train or 1) / (first.n_train or 1)
    images = f"{more:.3g} times as many images"
    if apart(first, last):
        said = f"{r.at_least(ratio, 1)} times as many for {images}"
    elif apart(last, first):
        return f"fewer for {images}"
    else:
        return f"no change beyond the spacing of the checkpoints for {images}"
    exact = [s for s in known if not _censored(s)]
    if len(exact) < 3:
        return said
    sizes, updates = (np.log([float(v) for v in column]) for column in zip(*_points(exact), strict=True))
    return f"{said} (as N to the power {float(np.polyfit(sizes, updates, 1)[0]):.1f})"


def _points(known: Sequence[Row]) -> list[tuple[int, float]]:
    return [(s.n_train or 1, value_of(s)) for s in known]


def _missed(points: Sequence[Row], within: str) -> str:
    missed = [s for s in points if s.value is None]
    return f" At {_sizes(missed)} it does not {within}." if missed else ""


def _sizes(rows: Sequence[Row]) -> str:
    return f"N = {listed([str(s.n_train) for s in rows], most=12)}"
