"""What ``inverse`` measures, and how it is brought in: the keys under ``inverse`` in a preset."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from samenoise.cells.specs import Count
from samenoise.generators.measured import TaskSpec
from samenoise.generators.posterior import MethodSpec
from samenoise.runs.cell import Spec

__all__ = ["InverseSettings"]


class InverseSettings(Spec):
    """Tasks, and the method that draws what fits a measurement."""

    tasks: tuple[str, ...] = ("box", "random", "pool", "blur")
    """Operators: of ``box``, ``random``, ``pool``, ``blur``, ``motion``, ``sensing``."""
    options: dict[str, dict[str, int | float]] = Field(default_factory=dict)
    """Of an operator, by its name: settings that differ from its defaults."""
    noise: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.05
    """Standard deviation of the noise on a measurement."""
    method: Literal["dps", "ddnm"] = "dps"
    """``dps`` corrects every step by a gradient, ``ddnm`` every estimate by the pseudo-inverse."""
    zeta: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2.0
    """Of ``dps``: size of the correction after each step. It belongs to a grid and a process: 2 comes nearest to the
    exact posterior of the Gaussian of the digits, under EDM with 18 and with 32 steps of Heun."""
    images: Count = 64
    """Held-out images that are measured; the noises take turns with them."""

    @property
    def specs(self) -> dict[str, TaskSpec]:
        """The tasks by their names in the rows."""
        return {
            name: TaskSpec(operator=name, options=self.options.get(name, {}), noise=self.noise) for name in self.tasks
        }

    @property
    def how(self) -> MethodSpec:
        """The method."""
        return MethodSpec(name=self.method, zeta=self.zeta)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise ValueError(f"tasks must be distinct operators, at least one; got {list(self.tasks)}")
        for name in self.options:
            if name not in self.tasks:
                raise ValueError(f"options of {name!r}, which is not among the tasks {', '.join(self.tasks)}")
        _ = self.specs  # says what operators and options there are
        return self
