"""What the metrics of ``splits`` mean."""

from __future__ import annotations

from samenoise.lab.definitions import agreement

__all__ = ["METRICS"]

METRICS = agreement(
    "rp_split",
    "Split RP",
    "a and b trained on disjoint images",
    "Share of noises from which two networks that share no training image draw the same picture.",
)
