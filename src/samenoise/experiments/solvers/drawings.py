"""The figures of ``solvers`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.solvers.figures import convergence, stochasticity
from samenoise.experiments.solvers.findings import SOLVER_NAMES, along_eta, along_nfe
from samenoise.experiments.solvers.metrics import METRICS
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

SETTLING = """\
The share of noises from which a model draws the picture of its own finest grid, against the number of evaluations of
the network; no fresh noise. Grey: a model against itself at another batch size (ceiling), mismatched pairs (floor)."""

ERRORS = """\
Root mean squared distance of a model's pictures from those of its own finest grid: the slope is the order of
convergence. Grey: what another batch size alone changes, and mismatched pairs."""

FRESH = """\
RP against eta, the share of fresh noise in each step of DDIM: two models that draw this noise each for itself, two that
draw the same, and a model with the picture it draws without any. Grey: what one exact denoiser comes to with the same
fresh noise under the processes of the two (ceiling of the same); dotted, the floor."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    kinds = (
        ("rp_reference", "How many evaluations does the picture need?", SETTLING),
        ("pfd_reference", "How fast do solvers converge?", ERRORS),
    )
    for metric, title, caption in kinds:
        lines = along_nfe(scores, metric)
        if lines:
            said = ". ".join(
                f"{SOLVER_NAMES.get(solver, solver)}, {model}: "
                + ", ".join(f"{value_of(s):.3g} at {s.tag('nfe')}" for s in points)
                for (solver, model), points in lines.items()
            )
            alt = f"Line chart of {METRICS[metric].name} against network evaluations. {said}."
            draw = partial(convergence, scores, metric)
            yield Drawing(metric.replace("_", "-"), title, caption, alt, draw)
    lines = along_eta(scores, "rp")
    if lines:
        said = ". ".join(
            f"{a} and {b}: " + ", ".join(f"{value_of(s):.2f} at {s.tag('eta'):g}" for s in points)
            for (a, b), points in lines.items()
        )
        yield Drawing(
            "eta",
            "What does fresh noise do?",
            FRESH,
            f"Line chart of RP against eta, own fresh noise. {said}.",
            partial(stochasticity, scores),
        )
