"""Which planes ``encoding`` draws: the keys under ``encoding`` in a preset."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenoise.generators.plane import PlaneSpec

__all__ = ["EncodingSettings"]


class EncodingSettings(PlaneSpec):
    """Planes through the noises of the run's bank, three each."""

    planes: Annotated[int, Field(ge=2)] = 12
    """Planes; intervals are over them. The first is the one that is shown."""

    @property
    def plane(self) -> PlaneSpec:
        """What one plane is."""
        return PlaneSpec(cells=self.cells, beyond=self.beyond, path=self.path)

    @property
    def places(self) -> int:
        """Of all planes together."""
        return self.planes * self.side**2
