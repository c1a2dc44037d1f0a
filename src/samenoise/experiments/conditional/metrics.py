"""What the metrics of ``conditional`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import agreement
from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

_SCORING = "from samenoise.experiments.conditional.scoring import *"
_WAYS = {
    "_excess": ("above real images", "beyond what held-out real images pass for"),
    "_calibrated": ("calibrated", "at the threshold that 1 % of one half of the held-out real images pass"),
    "_ratio": (
        "by the nearest-neighbour ratio",
        "by being three times nearer to one training image than to any other",
    ),
}

METRICS = {
    "rp_beyond_label": Definition(
        "RP beyond the label",
        "P[ M(aᵢ, bᵢ) > τ ] − P[ M(aᵢ, bⱼ) > τ ], i ≠ j of one label",
        "By how much more often a and b draw the same picture from the same noise than from another noise of the same "
        "label; without labels, than from any other noise.",
        f"{_SCORING}; Alike(a, b, labels).beyond_label()",
    ),
    "rp_class": Definition(
        "RP of a class",
        "P[ M(aᵢᶜ, bᵢᶜ) > τ ], all noises of class c",
        "Share of noises from which a and b draw the same picture of one class. Floor: two noises of that class; "
        "Gaussian: that of the images of the class.",
        "rp(a, b)",
    ),
    "conditional_rp": Definition(
        "Conditional RP",
        "P[ max_c M(uᵢ, vᵢᶜ) > τ ], u without labels, v with",
        "Share of noises from which a network without labels draws what one with labels draws of some class. Floor: "
        "the same of mismatched noises, as a maximum over classes matches by chance more often than one pair.",
        "conditional_rp(u, v_by_class)",
    ),
    "conditional_rp_calibrated": Definition(
        "Conditional RP, calibrated",
        "P[ max_c M(uᵢ, vᵢᶜ) > τ ], τ such that P[ max_c M(uᵢ, vⱼᶜ) > τ ] ≤ 1 % for i ≠ j",
        "The same at the threshold that 1 % of mismatched noises pass.",
        f"{_SCORING}; found = BestOfClasses(u, v_by_class); found.score(calibrated_threshold(found.others))",
    ),
    "conditional_rp_auc": Definition(
        "Conditional RP, AUC",
        "P[ max_c M(uᵢ, vᵢᶜ) > max_c M(uᵢ, vⱼᶜ) ] + ½ P[ = ], i ≠ j, both ways",
        "The chance that the classes drawn from the noise's own hold the more similar picture; by chance one half.",
        f"{_SCORING}; BestOfClasses(u, v_by_class).auc",
    ),
    "conditional_rp_beyond": Definition(
        "Conditional RP, beyond the Gaussian",
        "P[ max_c M(uᵢ, vᵢᶜ) > max_c M(uᵢ, gᵢᶜ), max_c M(gᵢ, vᵢᶜ) ], g the Gaussian",
        "Share of noises at which u is more like a class of v than either is to what the Gaussians draw.",
        f"{_SCORING}; BestOfClasses(u, v_by_class).own > BestOfClasses(u, g_by_class).own",
    ),
    "conditional_rp_clean": Definition(
        "Conditional RP, cleaned",
        "P[ max_c M(uᵢ, vᵢᶜ) > τ ], of pictures without the noise that is left in them",
        "The same without what pictures hold of the noise they start at beyond what images can.",
        f"{_SCORING}; BestOfClasses(clean_u, clean_v_by_class).score(threshold)",
    ),
    **{
        metric: definition
        for metric, definition in agreement(
            "rp_unlabelled",
            "RP without the label",
            "b told no label",
            "Share of noises from which a network without labels draws what one with labels draws that is told none: "
            "guidance 0.",
        ).items()
        if not metric.endswith("_top1")
    },
    "label_obeyed": Definition(
        "Label obeyed",
        "P[ label of argmaxⱼ M(aᵢ, yⱼ) = labelᵢ ]",
        "Share of pictures whose nearest training image has the label that was asked for. Floor: chance; ceiling: "
        "held-out real images with their own labels.",
        f"{_SCORING}; obeyed(a, labels, y, labels_of_y).double().mean()",
    ),
    **{
        f"labels_n50{suffix}": Definition(
            f"N50 by labels, {name}",
            "N at which (m − f) / (1 − f) = ½, m the share of copies, f that of held-out real images",
            f"The training size at which half of the pictures are copies, {words}, by what the network is told.",
            "fit_transition(sizes, flags, held_out=real_flags)  # flags[j, i]: picture i is a copy at sizes[j]",
        )
        for suffix, (name, words) in _WAYS.items()
    },
}
