"""What the metrics of ``regimes`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "n50": Definition(
        "N50",
        "N at which memorized = ½",
        "The training size at which half of the pictures are copies, by logistic regression on log₂ N.",
        "fit_transition(sizes, flags)  # flags[j, i]: picture i is a copy at sizes[j]",
    ),
    "n50_per_doubling": Definition(
        "N50 per doubling",
        "2 to the slope of log₂ N50 on log₂ width",
        "The factor by which N50 grows when the network is twice as wide.",
        "n50_per_doubling(widths, sizes, flags)  # flags[w, j, i]",
    ),
}
