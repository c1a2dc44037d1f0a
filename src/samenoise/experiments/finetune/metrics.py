"""What the metrics of ``finetune`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import agreement
from samenoise.lab.experiment import Definition

__all__ = ["FEWER", "METRICS"]

FEWER = {
    "copies_fewer": ("paper", "Fewer copies", "at the threshold of the run"),
    "copies_fewer_calibrated": ("calibrated", "Fewer copies, calibrated", "at the calibrated threshold"),
    "copies_fewer_ratio": ("ratio", "Fewer copies, NN ratio", "by the NN ratio"),
}
"""Metric -> what counts as a copy, its name, and how that is said."""

_COPIED = {
    "paper": "memorized({}, y).similarity > threshold",
    "calibrated": "memorized({}, y).similarity > calibrated_threshold(halves(memorized(held, y).similarity)[0])",
    "ratio": "nn_ratio(images_{}, train).distance @ torch.tensor([3.0, -1.0]).double() < 0",
}


def _fewer(way: str) -> str:
    """The call that gives it again, of one training each."""
    return " - ".join(f"({_COPIED[way].format(which)}).double().mean()" for which in "ba")


METRICS = {
    **agreement(
        "rp_scratch",
        "RP with those from scratch",
        "b trained on the same new images from scratch",
        "Share of noises from which a draws what networks draw that were trained on its new images alone.",
    ),
    **agreement(
        "rp_pretrained",
        "RP with before",
        "b what a was before it was adapted",
        "Share of noises from which a still draws what it drew before: how much of the old images survives. For those "
        "from scratch b is the pretrained network of another seed, which they never were.",
    ),
    "old_share": Definition(
        "Old pictures",
        "P[ minⱼ ‖aᵢ − oⱼ‖ < minⱼ ‖aᵢ − yⱼ‖ ], o old and y new images, as many of either, that nothing was trained on",
        "Share of pictures that are nearer to an old image than to any new one. Floor: new training images; ceiling: "
        "old ones.",
        "from samenoise.experiments.finetune.scoring import *; nearer_to(images_a, old, heldout).double().mean()",
    ),
    **{
        metric: Definition(
            name,
            "P[ bᵢ is a copy ] − P[ aᵢ is a copy ]",
            f"By how much fewer of what a draws than of what b draws are copies of the new images, {how}; paired by "
            "noise, and by seed.",
            _fewer(way),
        )
        for metric, (way, name, how) in FEWER.items()
    },
}
