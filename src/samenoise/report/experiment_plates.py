"""The figures of the experiments ``matrix``, ``solvers`` and ``dynamics`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.report import dynamics_figures, matrix_figures, solver_figures
from samenoise.report.drawing import Drawing, metric_name
from samenoise.report.dynamics_headlines import last_update, times
from samenoise.report.matrix_headlines import FACTORS, by_factor, mean, models
from samenoise.report.run_files import Row, by_pair, select
from samenoise.report.solver_headlines import SOLVER_NAMES, along_eta, along_nfe
from samenoise.report.wording import value_of

__all__ = ["drawings"]

MAP = """\
RP of every pair of models, in hundredths, rounded down; the map is symmetric, its rows and columns are numbered alike.
On the right, for each model: the highest floor of its pairs, and its RP with the closed-form Gaussian and with the
empirical optimum of the training set. A frame marks a pair whose 95 % interval reaches down to its floor or to what
the Gaussian scores."""

COSTS = """\
RP of the pairs of models that differ in one thing alone, the costliest choice on top, and their means. Dashed: the mean
of pairs that differ in the seed, which is what no choice can beat. Pairs with a model that draws no pictures are left
out."""

PICTURES = """\
Whether a model draws pictures, and how it agrees: the mean of its RP with all others, against the distance of its
pictures from the data; numbers as in the map, where there is room. Dotted: other real images. Right of the dashed
line a model draws no pictures, and its agreement says nothing."""

SETTLING = """\
The share of noises from which a model draws the picture of its own finest grid, against the number of evaluations of
the network; no fresh noise. Grey: a model against itself at another batch size (ceiling), mismatched pairs (floor)."""

ERRORS = """\
Root mean squared distance of a model's pictures from those of its own finest grid: the slope is the order of
convergence. Grey: what another batch size alone changes, and mismatched pairs."""

FRESH = """\
RP against eta, the share of fresh noise in each step of DDIM: two models that draw this noise each for itself, two that
draw the same, and a model with the picture it draws without any. Dotted: the floor."""

PROGRESS = """\
Scores along the training, one panel for each training size: RP of two networks, RP with the exact flows, and the share
of copies. A line style for each network; bands are 95 % intervals."""

APPROACH = """\
Root mean squared distance to the pictures of the true distribution's flow (E_gen) and of the empirical optimum
(E_mem) along the training. Where E_gen has its lowest point, training is best stopped."""

MILESTONES = """\
Solid: the first checkpoint within 5 % of the lowest E_gen of the training. Dashed: the first at which the share of
copies is more than 0.1 above that of held-out real images. Bars reach back to the checkpoint before; a triangle at the
end of the training stands for what was not reached. Shaded: the window in which to stop."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """Every figure of these experiments that the scores allow, in reading order."""
    yield from _matrix(scores)
    yield from _solvers(scores)
    yield from _dynamics(scores)


def _matrix(scores: Sequence[Row]) -> Iterator[Drawing]:
    names, pairs, found = models(scores), select(scores, "matrix", "rp"), by_factor(scores)
    if pairs:
        said = ", ".join(f"{s.a} and {s.b} {value_of(s):.2f}" for s in pairs)
        yield Drawing(
            "matrix",
            "matrix",
            "Who agrees with whom?",
            MAP,
            f"Heat map of RP of {len(names)} models, {', '.join(names)}. {said}.",
            partial(matrix_figures.heat_map, scores),
        )
    if found:
        said = ", ".join(f"{FACTORS.get(f, f)} {mean(rows):.2f} over {len(rows)}" for f, rows in found.items())
        yield Drawing(
            "factors",
            "matrix",
            "Which choices cost agreement?",
            COSTS,
            f"Dots and means of RP of pairs that differ in one thing alone. {said}.",
            partial(matrix_figures.factors, scores),
        )
    rows = [s for s in select(scores, "matrix", "nn_distance") if s.a in names]
    if rows:
        agree = matrix_figures.mean_agreement(scores)
        said = ", ".join(f"{s.a} {value_of(s):.2f}, {agree[s.a]:.2f}" for s in rows)
        yield Drawing(
            "pictures",
            "matrix",
            "Do the models draw pictures?",
            PICTURES,
            f"Scatter of distance to the data and mean RP of each model. {said}.",
            partial(matrix_figures.likeness, scores),
        )


def _solvers(scores: Sequence[Row]) -> Iterator[Drawing]:
    kinds = (
        ("rp_reference", "How many evaluations does the picture need?", SETTLING),
        ("pfd_reference", "How fast do solvers converge?", ERRORS),
    )
    for metric, title, caption in kinds:
        lines = along_nfe(scores, metric)
        if lines:
            said = ". ".join(
                f"{SOLVER_NAMES.get(solver, solver)}, {model}: "
                + ", ".join(f"{value_of(s):.3g} at {s.nfe}" for s in points)
                for (solver, model), points in lines.items()
            )
            alt = f"Line chart of {metric_name(metric)} against network evaluations. {said}."
            draw = partial(solver_figures.convergence, scores, metric)
            yield Drawing(metric.replace("_", "-"), "solvers", title, caption, alt, draw)
    lines = along_eta(scores, "rp")
    if lines:
        said = ". ".join(
            f"{a} and {b}: " + ", ".join(f"{value_of(s):.2f} at {s.eta:g}" for s in points)
            for (a, b), points in lines.items()
        )
        yield Drawing(
            "eta",
            "solvers",
            "What does fresh noise do?",
            FRESH,
            f"Line chart of RP against eta, own fresh noise. {said}.",
            partial(solver_figures.stochasticity, scores),
        )


def _dynamics(scores: Sequence[Row]) -> Iterator[Drawing]:
    kinds = (
        ("progress", "How does a model learn, and when does it copy?", PROGRESS, dynamics_figures.SHARES),
        ("approach", "Toward the truth, then toward the training set?", APPROACH, dynamics_figures.DISTANCES),
    )
    for key, title, caption, metrics in kinds:
        ends = [
            f"{metric_name(metric)}, {a} and {b}, N = {n}: {value_of(first):.2f} after {first.update} updates, "
            f"{value_of(last):.2f} after {last.update}"
            for metric in metrics
            for (a, b, n), first, last in _ends(scores, metric)
        ]
        if ends:
            alt = f"Small line charts against the number of updates, one for each training size. {'. '.join(ends)}."
            draw = partial(dynamics_figures.along_training, scores, metrics)
            yield Drawing(key, "dynamics", title, caption, alt, draw)
    reached = [(m, s) for m in ("generalization_time", "memorization_time") for s in _all(times(scores, m))]
    if any(s.value is not None for _, s in reached):
        said = ", ".join(
            f"{metric_name(m)} of {s.a} at N = {s.n_train} " + ("not reached" if s.value is None else f"{s.value:g}")
            for m, s in reached
        )
        yield Drawing(
            "milestones",
            "dynamics",
            "When to stop?",
            MILESTONES,
            f"Line chart of times against training size, up to {last_update(scores)} updates. {said}.",
            partial(dynamics_figures.milestones, scores),
        )


def _ends(scores: Sequence[Row], metric: str) -> Iterator[tuple[tuple[str, str, int | None], Row, Row]]:
    """The first and the last checkpoint of every line."""
    for (a, b, _), points in by_pair(scores, "dynamics", metric).items():
        for n in sorted({s.n_train for s in points if s.n_train is not None}):
            at = sorted((s for s in points if s.n_train == n and s.update is not None), key=lambda s: s.update or 0)
            if at:
                yield (a, b, n), at[0], at[-1]


def _all(lines: dict[str, list[Row]]) -> list[Row]:
    return [s for points in lines.values() for s in points]
