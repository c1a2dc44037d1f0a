"""What ``lowrank`` measures: the keys under ``lowrank`` in a preset."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from samenoise.cells.specs import Count
from samenoise.experiments.lowrank.subspaces import PIXELS
from samenoise.runs.cell import Spec

__all__ = ["LowRankSettings"]

Level = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class LowRankSettings(Spec):
    """Noise levels, in units of ``sigma / alpha``; points; and mixtures of known subspaces."""

    sigmas: tuple[Level, ...] = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.25, 2.5, 5, 10, 20, 40, 80)
    """At which the Jacobian on the data of the run is taken."""
    images: Annotated[int, Field(ge=4)] = 32
    """Held-out images, and as many training images where there are, that it is taken at."""
    copy_sigma: Level = 0.08
    """Training and held-out images are compared at the nearest of ``sigmas``."""
    dimensions: tuple[Count, ...] = (4, 8, 16)
    """d, of the subspaces; none leaves the mixtures out."""
    components: tuple[Count, ...] = (1, 2)
    """K, subspaces of a mixture."""
    per_dimension: tuple[Level, ...] = (0.5, 1, 2, 4, 8, 16)
    """N/d: training images of a component for every dimension of it."""
    subspace_sigma: Level = 0.4
    """At which a denoiser's directions are compared with those of the mixture. Fixed before anything was seen."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("sigmas", "dimensions", "components", "per_dimension"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be distinct and in ascending order, got {list(values)}")
        if len(self.sigmas) < 3:
            raise ValueError(f"sigmas: a dip needs three noise levels at least, got {len(self.sigmas)}")
        if not self.dimensions:
            for name in ("components", "per_dimension", "subspace_sigma"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"{name} has no effect: without dimensions there are no mixtures")
        if self.dimensions and not (self.components and self.per_dimension):
            raise ValueError("dimensions need components and per_dimension; an empty list of them leaves all out")
        for d in self.dimensions:
            for k in self.components:
                if k * d > PIXELS:
                    raise ValueError(f"{k} orthogonal subspaces of dimension {d} do not fit into {PIXELS} pixels")
            for share in self.per_dimension:
                if not float(share * d).is_integer():
                    raise ValueError(f"per_dimension {share:g} of dimension {d} is no whole number of images")
        return self
