"""What the metrics of ``regimes`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

WAYS = {
    "": ("", "N at which memorized = ½", "at the paper's threshold", ""),
    "_excess": (
        " above real images",
        "N at which (memorized − f) / (1 − f) = ½, f the share of held-out real images that pass",
        "beyond what held-out real images pass for",
        ", held_out=real_flags",
    ),
    "_calibrated": (
        ", calibrated",
        "N at which (m − f) / (1 − f) = ½, m memorized at the calibrated threshold, f the other half of the held-out "
        "images there",
        "at the threshold that 1 % of one half of the held-out real images pass",
        ", held_out=real_flags",
    ),
    "_ratio": (
        ", by the nearest-neighbour ratio",
        "N at which (m − f) / (1 − f) = ½, m the NN ratio, f that of held-out images",
        "by being three times nearer to one training image than to any other",
        ", held_out=real_flags",
    ),
}
"""Of every way to count copies: the end of its name, the formula of N50, the way in words, and arguments."""


def _n50(way: str) -> dict[str, Definition]:
    name, formula, words, more = WAYS[way]
    flags = "flags[j, i]: picture i is a copy at sizes[j]" + ("; real_flags: real images" if more else "")
    return {
        f"n50{way}": Definition(
            f"N50{name}",
            formula,
            f"The training size at which half of the pictures are copies {words}: the share made to fall, its logit "
            "linear in log₂ N between the two sizes at which it passes one half.",
            f"fit_transition(sizes, flags{more})  # {flags}",
        ),
        f"n50_per_doubling{way}": Definition(
            f"N50 per doubling{name}",
            "2 to the slope of log₂ N50 on log₂ width",
            f"The factor by which N50, of copies {words}, grows when the network is twice as wide. All widths have the "
            "same number of updates: it may be speed of training as well as capacity.",
            f"n50_per_doubling(widths, sizes, flags{more})  # flags[w, j, i]",
        ),
    }


METRICS = {metric: definition for way in WAYS for metric, definition in _n50(way).items()}
