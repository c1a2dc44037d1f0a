"""Which planes ``encoding`` draws: the keys under ``encoding`` in a preset."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenoise.cells.specs import Count
from samenoise.generators.plane import PlaneSpec
from samenoise.plane import Path
from samenoise.runs.cell import Spec

__all__ = ["EncodingSettings"]


class EncodingSettings(Spec):
    """Planes through the noises of the run's bank, three each."""

    planes: Annotated[int, Field(ge=2)] = 12
    """Planes; intervals are over them. The first is the one that is shown."""
    cells: Count = 12
    """Places are so many to the way from one anchor to another."""
    beyond: Annotated[int, Field(ge=0)] = 4
    """Places beyond the anchors on every side."""
    path: Path = "spherical"
    """``spherical`` keeps the norm of the noise, ``linear`` does not."""

    @property
    def plane(self) -> PlaneSpec:
        """What one plane is."""
        return PlaneSpec(cells=self.cells, beyond=self.beyond, path=self.path)

    @property
    def places(self) -> int:
        """Of all planes together."""
        return self.planes * self.plane.side**2
