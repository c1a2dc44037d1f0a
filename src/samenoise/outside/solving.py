"""The solvers of samenoise for a network that is asked from outside, at whole times of a table of alphas.

    alpha = sqrt(alphas_cumprod[t]),  sigma = sqrt(1 - alphas_cumprod[t]);  at the end alpha = 1, sigma = 0

``steps`` times from the last to the first, evenly spaced and rounded; then the end. Nothing is clipped on the way.
Arrays may be of torch or NumPy. Heun asks twice at every time but the first and the last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from samenoise.outside.base import OutsideError

__all__ = ["PREDICTIONS", "SOLVERS", "Solving", "alphas_cumprod"]

SOLVERS = ("ddim", "heun", "dpmpp-2m")
PREDICTIONS = ("epsilon", "sample", "v_prediction")


class Solving:
    """A solver on its way from noise to an image.

    Args:
        table: alphas_cumprod, from the first time to the last.
        solver: one of :data:`SOLVERS`.
        prediction: what the network answers, one of :data:`PREDICTIONS`.

    Raises:
        OutsideError: there is no such solver or prediction; ``who`` is named.
    """

    def __init__(self, table: Sequence[float], solver: str, prediction: str, who: str) -> None:
        if solver not in SOLVERS:
            raise OutsideError(f"{who}: there is no solver {solver!r}; there are {', '.join(SOLVERS)}")
        if prediction not in PREDICTIONS:
            raise OutsideError(f"{who}: a network that predicts {prediction!r} cannot be drawn by {solver}")
        self.solver, self.prediction = solver, prediction
        self._path = [(math.sqrt(value), math.sqrt(1 - value)) for value in table] + [(1.0, 0.0)]
        self._grid: list[int] = []
        self._place = 0
        self._held: Any = None

    @property
    def start(self) -> float:
        """Sigma at the last time: what unit noise is multiplied by."""
        return self._path[-2][1]

    def begin(self, steps: int) -> list[int]:
        """Start anew; the times at which the network is asked, in turn."""
        last = len(self._path) - 2
        grid = [round(last * (1 - k / (steps - 1))) for k in range(steps)] if steps > 1 else [last]
        self._grid, self._place, self._held = [*grid, -1], 0, None
        return [grid[0], *(t for t in grid[1:] for _ in (0, 1))] if self.solver == "heun" else grid

    def step(self, output: Any, x: Any) -> Any:
        """From ``x`` and the network's answer there to the next point at which it is asked, or the image."""
        from samenoise.solver import euler, log_snr, trapezoid

        at_t, at_s = self._path[self._grid[self._place]], self._path[self._grid[self._place + 1]]
        if self.solver == "heun" and self._held is not None:  # asked at the end of an Euler step
            start, D = self._held
            self._held, self._place = None, self._place + 1
            return trapezoid(start, D, x, self._estimate(output, x, at_s), at_t, at_s)
        D = estimate = self._estimate(output, x, at_t)
        if self.solver == "dpmpp-2m":
            h = log_snr(*at_s) - log_snr(*at_t)
            if self._held is not None and at_s[1] > 0:
                before, h_before = self._held
                estimate = D + (h / (2 * h_before)) * (D - before)
            self._held = (D, h)
        if self.solver == "heun" and at_s[1] > 0:
            self._held = (x, D)
        else:
            self._place += 1
        return euler(x, estimate, at_t, at_s)

    def _estimate(self, output: Any, x: Any, at: tuple[float, float]) -> Any:
        """x0 of what the network predicts."""
        alpha, sigma = at
        if self.prediction == "sample":
            return output
        return (x - sigma * output) / alpha if self.prediction == "epsilon" else alpha * x - sigma * output


def alphas_cumprod(config: dict[str, Any], who: str) -> list[float]:
    """The table of a ``scheduler_config.json`` of diffusers.

    Raises:
        OutsideError: its betas follow a schedule that is not known.
    """
    import numpy as np

    n = int(config.get("num_train_timesteps", 1000))
    low, high = float(config.get("beta_start", 0.0001)), float(config.get("beta_end", 0.02))
    schedule = config.get("beta_schedule", "linear")
    if config.get("trained_betas") is not None:
        betas = np.asarray(config["trained_betas"], dtype=np.float64)
    elif schedule == "linear":
        betas = np.linspace(low, high, n)
    elif schedule == "scaled_linear":
        betas = np.linspace(math.sqrt(low), math.sqrt(high), n) ** 2
    elif schedule == "squaredcos_cap_v2":
        bar = [math.cos((k / n + 0.008) / 1.008 * math.pi / 2) ** 2 for k in range(n + 1)]
        betas = np.array([min(1 - bar[k + 1] / bar[k], 0.999) for k in range(n)])
    else:
        raise OutsideError(f"{who}: the schedule of betas {schedule!r} is not known")
    table: list[float] = np.cumprod(1 - betas).tolist()
    return table
