"""The figures of ``dynamics`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.dynamics.figures import DISTANCES, SHARES, along_training, milestones
from samenoise.experiments.dynamics.findings import last_update, times
from samenoise.experiments.dynamics.metrics import METRICS
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row, by_pair
from samenoise.report.wording import metric_name, value_of

__all__ = ["drawings"]

PROGRESS = """\
Scores along the training, one panel for each training size: RP of two networks, RP with the exact flows, and the share
of copies. A line style for each network; bands are 95 % intervals."""

APPROACH = """\
Root mean squared distance to the pictures of the true distribution's flow (E_gen) and of the empirical optimum
(E_mem) along the training. Where E_gen has its lowest point, training is best stopped."""

MILESTONES = """\
Solid: the first checkpoint at which a network draws pictures of the truth, clearly nearer to them than the Gaussian of
its training set. Dashed: the first at which the share of copies is more than 0.1 above that of held-out real images.
Bars reach back to the checkpoint before, from the first one to the lower edge; a triangle at the end of the training
stands for what was not reached. Shaded: the window in which to stop."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    kinds = (
        ("progress", "How does a model learn, and when does it copy?", PROGRESS, SHARES),
        ("approach", "Toward the truth, then toward the training set?", APPROACH, DISTANCES),
    )
    for key, title, caption, metrics in kinds:
        ends = [
            f"{metric_name(metric)}, {a} and {b}, N = {n}: {value_of(first):.2f} after {first.tag('update')} updates, "
            f"{value_of(last):.2f} after {last.tag('update')}"
            for metric in metrics
            for (a, b, n), first, last in _ends(scores, metric)
        ]
        if ends:
            alt = f"Small line charts against the number of updates, one for each training size. {'. '.join(ends)}."
            draw = partial(along_training, scores, metrics)
            yield Drawing(key, title, caption, alt, draw)
    reached = [(m, s) for m in ("generalization_time", "memorization_time") for s in _all(times(scores, m))]
    if any(s.value is not None for _, s in reached):
        said = ", ".join(
            f"{METRICS[m].name} of {s.a} at N = {s.n_train} " + ("not reached" if s.value is None else f"{s.value:g}")
            for m, s in reached
        )
        yield Drawing(
            "milestones",
            "When to stop?",
            MILESTONES,
            f"Line chart of times against training size, up to {last_update(scores)} updates. {said}.",
            partial(milestones, scores),
        )


def _ends(scores: Sequence[Row], metric: str) -> Iterator[tuple[tuple[str, str, int | None], Row, Row]]:
    """The first and the last checkpoint of every line."""
    for (a, b, _), points in by_pair(scores, "dynamics", metric).items():
        for n in sorted({s.n_train for s in points if s.n_train is not None}):
            at = sorted((s for s in points if s.n_train == n and s.tag("update")), key=lambda s: s.tag("update"))
            if at:
                yield (a, b, n), at[0], at[-1]


def _all(lines: dict[str, list[Row]]) -> list[Row]:
    return [s for points in lines.values() for s in points]
