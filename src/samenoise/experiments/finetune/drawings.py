"""The figures of ``finetune`` with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from samenoise.experiments.finetune.figures import AGREEMENT, COPIES, KEPT, Quantity, drawn
from samenoise.experiments.finetune.series import along, ways
from samenoise.experiments.finetune.settings import PRETRAINED, SCRATCH
from samenoise.lab.experiment import Drawing
from samenoise.lab.run_files import Row
from samenoise.report.wording import value_of

__all__ = ["drawings"]

COPYING = """\
Left: the share of pictures that are copies of the N new images, beyond what real images pass for. Right: how far the
pictures are, as a whole, from new images that were held out. A line for each way to adapt, means over the pretrained
networks; dashed: networks trained on the new images from scratch, and the pretrained ones as they are. Bands are 95 %
intervals over noises and trainings."""

AGREEING = """\
The share of noises from which two networks draw the same picture that were adapted in one way: from two pretrainings
(left), and from one, with the new images in another order (middle). Right: an adapted network and one trained on the
same new images from scratch. Dotted: mismatched noises."""

KEEPING = """\
Left: the share of pictures that are nearer to old images than to new ones, none of which was trained on. Right: how
often the picture of a noise is more like the one that was drawn before from the same noise than like one of another;
by chance one half, as for networks from scratch, that never were what they are held against."""


def drawings(scores: Sequence[Row]) -> Iterator[Drawing]:
    """In reading order."""
    if not ways(scores):
        return
    for key, title, caption, quantities in (
        ("finetune-copies", "Who copies the new images?", COPYING, COPIES),
        ("finetune-agreement", "Same noise, same picture?", AGREEING, AGREEMENT),
        ("finetune-kept", "What is left of the old images?", KEEPING, KEPT),
    ):
        yield Drawing(key, title, caption, _said(scores, quantities), partial(drawn, scores, quantities))


def _said(scores: Sequence[Row], quantities: Sequence[Quantity]) -> str:
    parts = []
    for q in quantities:
        for name in (*ways(scores), SCRATCH, PRETRAINED):
            if points := along(scores, q.metric, name, kin=q.kin):
                values = ", ".join(f"{value_of(s):.2f} at N = {s.n_train}" for s in points)
                parts.append(f"{q.title}, {name}: {values}")
    return f"Line charts against the number of new images. {'. '.join(parts)}."
