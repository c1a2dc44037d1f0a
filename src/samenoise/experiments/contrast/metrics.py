"""What the metrics of ``contrast`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

_ORDER = "from samenoise.experiments.contrast.measure import permuted; p = permuted(len(ids), seed)"
_OTHER = "pixel(images_b[p], ids, source='noises')"

METRICS = {
    "rp_permuted": Definition(
        "RP, permuted noises",
        "P[ M(aᵢ, b_π(i)) > τ ], π a permutation without a fixed point",
        "The control: the same pictures, those of b in another order. What is left is not due to the noise.",
        f"{_ORDER}; rp(a, {_OTHER})",
    ),
    "rp_permuted_auc": Definition(
        "RP, permuted noises, AUC",
        "P[ M(aᵢ, b_π(i)) > M(aᵢ, b_π(j)) ] + ½ P[ = ], i ≠ j, both ways",
        "The control without a threshold; by chance one half.",
        f"{_ORDER}; rp_auc(a, {_OTHER})",
    ),
    "rp_permuted_top1": Definition(
        "RP, permuted noises, top-1",
        "P[ M(aᵢ, b_π(i)) = maxⱼ M(aᵢ, b_π(j)) ], both ways",
        "The control by ranks; by chance 1 of n.",
        f"{_ORDER}; rp_top1(a, {_OTHER})",
    ),
}
