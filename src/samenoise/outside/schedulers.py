"""Schedulers of diffusers: which of them are deterministic, and the solvers of samenoise in their place.

A scheduler is allowed by name, under the settings that make it deterministic. Ours are driven as a scheduler is, by the
loop of any pipeline, and read the table of alphas of the scheduler that they replace
(:mod:`samenoise.outside.solving`).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from samenoise.outside.base import OutsideError
from samenoise.outside.solving import Solving

__all__ = ["DETERMINISTIC", "Ours", "described", "require_deterministic", "with_scheduler"]

DETERMINISTIC: dict[str, tuple[tuple[str, Any], ...]] = {
    "DDIMScheduler": (),
    "DDIMParallelScheduler": (),
    "PNDMScheduler": (),
    "LMSDiscreteScheduler": (),
    "EulerDiscreteScheduler": (),
    "HeunDiscreteScheduler": (),
    "KDPM2DiscreteScheduler": (),
    "DPMSolverMultistepScheduler": (("algorithm_type", ("dpmsolver", "dpmsolver++")),),
    "DPMSolverSinglestepScheduler": (("algorithm_type", ("dpmsolver", "dpmsolver++")),),
    "UniPCMultistepScheduler": (),
    "DEISMultistepScheduler": (),
    "EDMEulerScheduler": (),
    "EDMDPMSolverMultistepScheduler": (("algorithm_type", ("dpmsolver", "dpmsolver++")),),
    "FlowMatchEulerDiscreteScheduler": (("stochastic_sampling", (False, None)),),
    "FlowMatchHeunDiscreteScheduler": (),
    "CMStochasticIterativeScheduler": (),
}
"""Schedulers that draw no noise of their own, and settings that this hangs on."""
ONE_STEP = ("CMStochasticIterativeScheduler",)
"""Those that draw noise between steps, and so none in one step."""


def require_deterministic(scheduler: Any, steps: int | None, who: str) -> None:
    """Refuse a scheduler that draws noise of its own.

    Raises:
        OutsideError: it does, or is not known.
    """
    name = type(scheduler).__name__
    if isinstance(scheduler, Ours):
        return
    other = "name a solver of samenoise with solver=ddim, or a deterministic scheduler with scheduler=DDIMScheduler"
    if name not in DETERMINISTIC:
        raise OutsideError(
            f"{who}: {name} draws noise of its own at every step, or is not known not to, so the same noise does not "
            f"make the same image; {other}"
        )
    for key, allowed in DETERMINISTIC[name]:
        if (value := scheduler.config.get(key)) not in allowed:
            raise OutsideError(f"{who}: {name} with {key}={value} draws noise of its own at every step; {other}")
    if name in ONE_STEP and steps not in (None, 1):
        raise OutsideError(f"{who}: {name} draws noise between its steps: with steps=1 it draws none, got {steps}")


def with_scheduler(scheduler: Any, name: str, who: str) -> Any:
    """Another scheduler of diffusers with the settings of this one.

    Raises:
        OutsideError: it is not on the list.
    """
    import diffusers

    if name not in DETERMINISTIC:
        raise OutsideError(f"{who}: there is no deterministic scheduler {name!r}; there are {', '.join(DETERMINISTIC)}")
    return getattr(diffusers, name).from_config(scheduler.config)


def described(scheduler: Any) -> dict[str, Any]:
    """Name and settings, as JSON."""
    if isinstance(scheduler, Ours):
        return {"solver": scheduler.solver, "prediction": scheduler.prediction}
    plain = (str, int, float, bool, type(None))
    settings = {key: value for key, value in scheduler.config.items() if isinstance(value, plain) and key[0] != "_"}
    return {"scheduler": type(scheduler).__name__, "settings": settings}


class Ours:
    """A deterministic solver of samenoise where a pipeline has its scheduler.

    Args:
        original: the scheduler that it replaces, whose table and prediction type it takes.
        solver: "ddim", "heun" or "dpmpp-2m".

    Raises:
        OutsideError: there is no such solver, or the scheduler has no such table.
    """

    def __init__(self, original: Any, solver: str, who: str) -> None:
        table = getattr(original, "alphas_cumprod", None)
        if table is None:
            raise OutsideError(
                f"{who}: {type(original).__name__} has no table of alphas for a solver of samenoise; its own scheduler "
                "is what draws"
            )
        self.solver, self.order, self.config = solver, 2 if solver == "heun" else 1, original.config
        self.prediction = original.config.get("prediction_type", "epsilon")
        self.solving = Solving(table.double().tolist(), solver, self.prediction, who)
        self.timesteps: Any = None

    @property
    def init_noise_sigma(self) -> float:
        """Sigma at the last time, where sampling starts."""
        return self.solving.start

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """The times at which the network is asked."""
        import torch

        self.timesteps = torch.tensor(self.solving.begin(num_inference_steps), dtype=torch.int64, device=device)

    def scale_model_input(self, sample: Any, timestep: Any = None) -> Any:
        """The sample: networks of these tables take it as it is."""
        return sample

    def step(self, model_output: Any, timestep: Any, sample: Any, return_dict: bool = True, **_: Any) -> Any:
        """From this time to the next; the time is known by the number of the call."""
        previous = self.solving.step(model_output, sample)
        return SimpleNamespace(prev_sample=previous) if return_dict else (previous,)
