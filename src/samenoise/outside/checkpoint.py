"""Checkpoints of samenoise, and any denoiser of it, drawn by one of its solvers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from samenoise.outside.base import Condition, OutsideError, classes
from samenoise.outside.placing import FAILURES, dtype_of, line_of, moved
from samenoise.outside.threads import torch_threads

if TYPE_CHECKING:
    from samenoise.denoiser import Denoiser
    from samenoise.solver import Solver

__all__ = ["Drawn", "open", "solver_named"]


class Drawn:
    """A denoiser with its solver.

    Args:
        denoiser: what draws, its weights on its device.
        solver, steps: :class:`~samenoise.solver.Heun` and 18 unless given; a few-step student is drawn on its own grid
            by DDIM.
        device, dtype: where its weights are, and the precision of images on the way.

    Raises:
        OutsideError: there is no such precision.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        *,
        solver: Solver | None = None,
        steps: int = 18,
        device: str = "cpu",
        dtype: str = "float32",
        about: dict[str, Any] | None = None,
    ) -> None:
        from samenoise.solver import DDIM, Heun

        self.denoiser, self.device = denoiser, device
        self.precision = dtype_of(dtype, "a denoiser" if about is None else f"a {about['kind']}")
        grid = getattr(denoiser, "grid", None)
        self.solver = solver or (Heun() if grid is None else DDIM())
        self.grid = denoiser.process.grid(steps) if grid is None else grid
        self.shape: tuple[int, ...] | None = tuple(denoiser.shape)
        self.about: dict[str, Any] = {
            **({"kind": "denoiser"} if about is None else about),
            "process": denoiser.process.describe(),
            "solver": self.solver.describe(),
            "steps": len(self.grid) - 1,
            "dtype": dtype,
            "device": device,
        }

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        import torch

        from samenoise.solver import generate

        who = f"the {self.about['kind']}"
        labels = None if conditions is None else torch.tensor(classes(conditions, who))
        try:
            with torch_threads(threads):
                [batch] = generate(
                    self.denoiser,
                    _given(noise),
                    range(len(noise)),
                    solver=self.solver,
                    grid=self.grid,
                    batch_size=len(noise),
                    cond=labels,
                    device=self.device,
                    dtype=self.precision,
                )
        except FAILURES as error:
            raise OutsideError(f"{who} failed: {type(error).__name__}: {line_of(error)}", 1) from error
        images: np.ndarray = batch.images.float().cpu().numpy()
        return images


def _given(noise: np.ndarray) -> Any:
    """A bank of the noises at hand."""
    import torch

    from samenoise.noise import Bank

    class Given(Bank):
        @property
        def recipe(self) -> str:
            return "given"

        def _one(self, i: int) -> torch.Tensor:
            return torch.from_numpy(noise[i])

    return Given(0, noise.shape[1:])


def solver_named(name: str) -> Solver:
    """One of the deterministic solvers of samenoise.

    Raises:
        OutsideError: there is none of that name.
    """
    from samenoise.solver import SOLVERS

    solvers = {solver.name: solver for solver in SOLVERS}
    if name not in solvers:
        raise OutsideError(f"there is no solver {name!r}; there are {', '.join(solvers)}")
    return solvers[name]


def open(
    target: str, *, device: str = "cpu", dtype: str = "float32", steps: int = 18, solver: str | None = None
) -> Drawn:
    """A checkpoint of samenoise.

    Raises:
        OutsideError: it is damaged, or there is no such solver, device or precision.
    """
    from samenoise.networks.checkpoint import from_pretrained

    try:
        denoiser = from_pretrained(target)
    except (FileNotFoundError, ValueError) as error:
        raise OutsideError(str(error)) from None
    moved(denoiser.network, target, device, dtype_of(dtype, target))
    named = None if solver is None else solver_named(solver)
    about = {"kind": "checkpoint"}
    return Drawn(denoiser, solver=named, steps=steps, device=device, dtype=dtype, about=about)
