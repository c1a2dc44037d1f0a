"""What ``lowrank`` scores: ranks on the data of the run, and the recovery of known subspaces."""

from __future__ import annotations

from typing import Any

from samenoise.experiments.lowrank.ranks import Ranks
from samenoise.experiments.lowrank.recovery import Recovery
from samenoise.experiments.lowrank.settings import LowRankSettings
from samenoise.lab.common import Common
from samenoise.lab.measurement import Measurement

__all__ = ["measurements"]


def measurements(common: Common, settings: LowRankSettings) -> list[Measurement]:
    """One for each training size, and one for each dimension and number of subspaces."""
    points: dict[str, Any] = {"common": common, "images": settings.images, "replicates": common.replicates}
    ranks = [Ranks(n=n, sigmas=settings.sigmas, copy_sigma=settings.copy_sigma, **points) for n in common.sizes]
    mixtures = [(d, k) for d in settings.dimensions for k in settings.components]
    looked_for: dict[str, Any] = {"per_dimension": settings.per_dimension, "sigma": settings.subspace_sigma}
    return [*ranks, *(Recovery(components=k, dimension=d, **looked_for, **points) for d, k in mixtures)]
