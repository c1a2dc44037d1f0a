"""What the metrics of ``solvers`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import PFD, agreement
from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    **agreement(
        "rp_reference",
        "RP with the finest grid",
        "b the same model with Heun on a very fine grid",
        "Share of noises from which a model draws with this solver what its exact flow draws.",
    ),
    "pfd_reference": Definition(
        "PFD to the finest grid",
        f"{PFD}, b the same model with Heun on a very fine grid",
        "The error of a solver: root mean squared distance from what the model's exact flow draws.",
        "pfd(images_a, images_b)",
    ),
    **agreement(
        "rp_shared",
        "RP, shared fresh noise",
        "with the same fresh noise in every step",
        "Share of noises from which a and b draw the same picture when the noise that a stochastic sampler adds in its "
        "steps is the same for both.",
    ),
}
