"""What the metrics of ``regimes`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "n50": Definition(
        "N50",
        "N at which memorized = ½",
        "The training size at which half of the pictures are copies: the share made to fall, its logit linear in "
        "log₂ N between the two sizes at which it passes one half.",
        "fit_transition(sizes, flags)  # flags[j, i]: picture i is a copy at sizes[j]",
    ),
    "n50_excess": Definition(
        "N50 above real images",
        "N at which (memorized − f) / (1 − f) = ½, f the share of held-out real images that pass",
        "The same of what is beyond the look-alikes that real images have in the training set, too.",
        "fit_transition(sizes, flags, floor=floors)  # floors[j]: memorized_heldout at sizes[j]",
    ),
    "n50_per_doubling": Definition(
        "N50 per doubling",
        "2 to the slope of log₂ N50 on log₂ width",
        "The factor by which N50 grows when the network is twice as wide. All widths have the same number of updates: "
        "it may be speed of training as well as capacity.",
        "n50_per_doubling(widths, sizes, flags)  # flags[w, j, i]",
    ),
}
