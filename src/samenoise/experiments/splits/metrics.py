"""What the metrics of ``splits`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import CALIBRATED_RP, RP, RP_CODE
from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "rp_split": Definition(
        "Split RP",
        f"{RP}, a and b trained on disjoint images",
        "Share of noises from which two networks that share no training image draw the same picture.",
        "rp(a, b)",
    ),
    "rp_split_calibrated": Definition(
        "Split RP, calibrated",
        f"{RP}, a and b trained on disjoint images, {CALIBRATED_RP}",
        "RP of networks that share no training image at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
}
