"""The figures of ``conditional`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.conditional.figures import agreement, copying, guidance, lines_of
from samenoise.experiments.conditional.series import KINDS, pairs, scales, span, sweep
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

AGREEMENT = """\
RP of every pair of models: without labels, with labels that take turns along the noises, and with all noises of one
class; and conditional RP, of a model without labels with whichever class of one with labels is most like it. Bars: what
two different noises of the same label come to (of some class, in the last line), the most of any pair. Dotted: the
Gaussian of the images of the label in a model's place. Models that draw no pictures are left out."""

GUIDANCE = """\
RP of every pair of models against the scale of guidance: 0 draws without the label, 1 with it. Dotted: two noises of a
label, the most of any pair. Green: RP with the empirical optimum of the class, guided alike, the most of any model.
Dashed: pictures that are nearest to a training image of the label that was asked for, the least of any model."""

COPYING = """\
Copies of one network against the training size, beyond what held-out real images pass for, by what it is told of its
images; one training of each. Where a line passes one half is its N50."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    found = lines_of(scores)
    if found:
        said = "; ".join(f"{name} {_ends(rows)} over {len(rows)}" for name, rows in found.items())
        alt = f"Dots of RP of pairs of models, by what they are told: {said}."
        yield Drawing("labels-agreement", "Who agrees?", AGREEMENT, alt, partial(agreement, scores))
    known = [(scale, pairs(scores, "rp", "class", scale)) for scale in scales(scores)]
    if len(known) > 1 and any(rows for _, rows in known):
        said = "; ".join(f"at {scale:g} {_ends(rows)}" for scale, rows in known if rows)
        alt = f"Lines of RP against the scale of guidance: {said}."
        yield Drawing("labels-guidance", "What does guidance change?", GUIDANCE, alt, partial(guidance, scores))
    lines = sweep(scores, "memorized_excess")
    if lines:
        said = "; ".join(
            f"{KINDS[kind]} " + ", ".join(f"{value_of(s):.2f} at N = {s.n_train}" for s in points)
            for kind, points in lines.items()
        )
        alt = f"Lines of the share of copies against the training size: {said}."
        yield Drawing("labels-copying", "Who copies longer?", COPYING, alt, partial(copying, scores))


def _ends(rows: Sequence[Row]) -> str:
    least, most = span(rows)
    return f"{least:.2f} to {most:.2f}"
