"""What ``solvers`` compares: the keys under ``solvers`` in a preset."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from samenoise.runs.cell import Spec
from samenoise.solver import SOLVERS

__all__ = ["SolversSettings"]


class SolversSettings(Spec):
    """Solvers, steps and stochasticity."""

    kinds: tuple[str, ...] = ("ddim", "heun", "dpmpp-2m")
    """Solvers."""
    steps: tuple[Annotated[int, Field(ge=2)], ...] = (4, 8, 16, 32, 64, 128)
    """Numbers of steps, each with every solver."""
    etas: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    """Shares of fresh noise that ddim is tried with, beside none."""
    eta_steps: Annotated[int, Field(ge=2)] = 128
    """Steps of ddim with ``eta``."""
    reference_steps: Annotated[int, Field(ge=2)] = 512
    """Steps of Heun that stand for the exact flow of a model."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = set(self.kinds) - {solver.name for solver in SOLVERS}
        if unknown:
            raise ValueError(f"there is no solver {', '.join(sorted(unknown))}")
        for name, values in (("steps", self.steps), ("etas", self.etas)):
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be distinct and in ascending order, got {list(values)}")
        return self
