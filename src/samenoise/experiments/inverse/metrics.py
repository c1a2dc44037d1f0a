"""What the metrics of ``inverse`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

_SCORING = "from samenoise.experiments.inverse.scoring import *"

METRICS = {
    "rp_other_noise": Definition(
        "RP of other noises",
        "P[ M(aᵢ, bⱼ) > τ ], i ≠ j of one measurement",
        "Share of pairs of two noises of one measurement from which a and b restore the same picture: what the "
        "measurement alone makes agree. Floor: two measurements.",
        f"{_SCORING}; average(other_noise(a, b, threshold, m))",
    ),
    "rp_beyond_measurement": Definition(
        "RP beyond the measurement",
        "P[ M(aᵢ, bᵢ) > τ ] − P[ M(aᵢ, bⱼ) > τ ], i ≠ j of one measurement",
        "By how much more often a and b restore the same picture from the same noise than from another of the same "
        "measurement; interval over measurements.",
        f"{_SCORING}; average(agreement(a, b, threshold, m) - other_noise(a, b, threshold, m))",
    ),
    "rp_family_gap": Definition(
        "RP within families, less across",
        "mean RP of two architectures of one family − mean RP of two families",
        "Whether reconstructions agree more within families of architectures; seeds of one architecture are averaged "
        "first. Interval over measurements; groupings are the ways to put the architectures into families so large.",
        "from samenoise.experiments.inverse.families import family_gap; family_gap(models, agreement).values.mean()",
    ),
    "psnr": Definition(
        "PSNR",
        "mean 10 log₁₀ 4 / meanₚ (aᵢ − x)²",
        "How near reconstructions are to the image that was measured, in decibels. Floor: the pseudo-inverse of the "
        "measurement, without any model.",
        f"{_SCORING}; average(psnr(images_a, truth))",
    ),
    "misfit": Definition(
        "Misfit",
        "mean √ mean (A aᵢ − y)²",
        "How far what is measured of reconstructions is from what was measured. Floor: pictures that know nothing of "
        "the measurement; ceiling: the image itself, off by the noise.",
        f"{_SCORING}; average(misfit(images_a, y, operator))",
    ),
}
