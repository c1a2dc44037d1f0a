"""What the metrics of ``solvers`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import CALIBRATED_RP, PFD, RP, RP_CODE
from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "rp_reference": Definition(
        "RP with the finest grid",
        f"{RP}, b the same model with Heun on a very fine grid",
        "Share of noises from which a model draws with this solver what its exact flow draws.",
        "rp(a, b)",
    ),
    "rp_reference_calibrated": Definition(
        "RP with the finest grid, calibrated",
        f"{RP}, b the same model with Heun on a very fine grid, {CALIBRATED_RP}",
        "RP with the finest grid at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
    "pfd_reference": Definition(
        "PFD to the finest grid",
        f"{PFD}, b the same model with Heun on a very fine grid",
        "The error of a solver: root mean squared distance from what the model's exact flow draws.",
        "pfd(images_a, images_b)",
    ),
    "rp_shared": Definition(
        "RP, shared fresh noise",
        f"{RP}, with the same fresh noise in every step",
        "Share of noises from which a and b draw the same picture when the noise that a stochastic sampler adds in its "
        "steps is the same for both.",
        "rp(a, b)",
    ),
    "rp_shared_calibrated": Definition(
        "RP, shared fresh noise, calibrated",
        f"{RP}, with the same fresh noise in every step, {CALIBRATED_RP}",
        "RP with shared fresh noise at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
}
