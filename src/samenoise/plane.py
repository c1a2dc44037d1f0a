"""Planes of noises through three anchors: what a generator makes of the places between, and beyond, three noises.

Plane ``p`` goes through the noises ``z_0, z_1, z_2`` number ``3 p, 3 p + 1, 3 p + 2`` of the noise bank. A place
``(a, b)`` has ``z_0`` at (0, 0), ``z_1`` at (1, 0) and ``z_2`` at (0, 1), and is

    linear       z_0 + a (z_1 - z_0) + b (z_2 - z_0)
    spherical    |z_0|^(1 - a - b) |z_1|^a |z_2|^b (cos|v| u_0 + sin|v| v / |v|),    v = a log(u_1) + b log(u_2)

with the directions ``u_i = z_i / |z_i|`` and ``log(u)``, from ``u_0`` on, the tangent of the great circle through ``u``
whose length is the angle between them. Spherical planes keep the norm: between two anchors they are the great circle
(Shoemake 1985). A unit noise of many pixels has nearly one norm, and the linear mean of two has 0.7 of it: no network
was trained on noise like that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from samenoise.noise import Bank, NoiseBank

__all__ = ["ANCHORS", "Path", "PlaneBank"]

Path = Literal["spherical", "linear"]
ANCHORS = 3
"""Noises that a plane goes through."""


@dataclass(frozen=True)
class PlaneBank(Bank):
    """Noise number ``(p side + row) side + column`` is the place of plane ``p`` in that row and column.

    >>> planes = PlaneBank(seed=0, shape=(1, 8, 8), cells=4, beyond=1)
    >>> planes.side, planes.anchors(1)
    (7, [57, 61, 85])
    >>> bool((planes[planes.anchors(1)] == NoiseBank(0, (1, 8, 8))[3:6]).all())
    True

    Args:
        seed, shape: of the noise bank whose noises are the anchors.
        cells: places are ``1 / cells`` apart.
        beyond: places beyond the anchors on every side.
    """

    cells: int
    beyond: int = 0
    path: Path = "spherical"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells < 1 or self.beyond < 0:
            raise ValueError(f"a plane has cells of 1 or more, and places beyond of 0 or more, got {self!r}")

    @property
    def recipe(self) -> str:
        base = NoiseBank(self.seed, self.shape).recipe
        return f"{base}-{self.path}-plane-v1/cells={self.cells}/beyond={self.beyond}"

    @property
    def side(self) -> int:
        """Places in a row, and rows."""
        return self.cells + 2 * self.beyond + 1

    def anchors(self, plane: int = 0) -> list[int]:
        """Numbers of the noises that are the anchors of a plane."""
        corner = plane * self.side**2 + self.beyond * self.side + self.beyond
        return [corner, corner + self.cells, corner + self.cells * self.side]

    def _one(self, i: int) -> Tensor:
        plane, place = divmod(i, self.side**2)
        row, column = divmod(place, self.side)
        a, b = (column - self.beyond) / self.cells, (row - self.beyond) / self.cells
        z = _anchors(self.seed, self.shape, plane)
        found = z[0] + a * (z[1] - z[0]) + b * (z[2] - z[0]) if self.path == "linear" else _spherical(z, a, b)
        return found.float().reshape(self.shape)


@lru_cache(maxsize=16)
def _anchors(seed: int, shape: tuple[int, ...], plane: int) -> Tensor:
    """Float64, shape ``(3, size)``."""
    return NoiseBank(seed, shape)[ANCHORS * plane : ANCHORS * (plane + 1)].flatten(1).double()


def _spherical(z: Tensor, a: float, b: float) -> Tensor:
    norms = z.norm(dim=1)
    u = z / norms[:, None]
    v = a * _log(u[0], u[1]) + b * _log(u[0], u[2])
    angle = v.norm()
    direction = v / angle if angle > 0 else v
    size = norms[0] ** (1 - a - b) * norms[1] ** a * norms[2] ** b
    found: Tensor = size * (angle.cos() * u[0] + angle.sin() * direction)
    return found


def _log(start: Tensor, end: Tensor) -> Tensor:
    """The tangent at ``start`` of the great circle to ``end``, as long as the angle between the two."""
    across = end - (end @ start) * start
    angle = torch.atan2(across.norm(), end @ start)
    tangent: Tensor = angle * across / across.norm()
    return tangent
