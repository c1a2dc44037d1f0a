"""ONNX by onnxruntime, on the CPU: a whole generator, or a denoiser network.

generator     one input, noise ``(n, c, h, w)``; its output, or the first of them, is images
denoiser      inputs ``sample`` and ``timestep``, as diffusers and optimum name them; drawn by a solver on the table of
              alphas of a ``scheduler_config.json`` beside it, in ``scheduler/`` beside it or beside its folder, or
              named with ``scheduler=PATH``

Either has an input ``class_labels``, ``(n,)``, beside these where it takes classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.outside.base import Condition, OutsideError, as_images, classes
from samenoise.outside.solving import Solving, alphas_cumprod
from samenoise.outside.texts import json_of

__all__ = ["OnnxModel", "open"]

STEPS = 50
CONFIG = "scheduler_config.json"
LABELS = "class_labels"
TYPES: dict[str, Any] = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
TYPES |= {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


class OnnxModel:
    """A generator or a denoiser in an ONNX file."""

    def __init__(self, target: str, *, steps: int | None, solver: str | None, scheduler: str | None) -> None:
        self.target = target
        self._sessions: dict[int | None, Any] = {}
        session = self._session(None)
        self.inputs = {each.name: each for each in session.get_inputs()}
        names = [name for name in self.inputs if name != LABELS]
        self.denoises = set(names) == {"sample", "timestep"}
        if not self.denoises and len(names) != 1:
            raise OutsideError(
                f"{target} has the inputs {', '.join(self.inputs)}: a denoiser has sample and timestep, a generator "
                "has one input, its noise; either may have class_labels"
            )
        if not self.denoises and (steps or solver or scheduler):
            raise OutsideError(f"{target} is a whole generator: it takes no steps, solver or scheduler")
        self.first = "sample" if self.denoises else names[0]
        shape = self.inputs[self.first].shape[1:]
        self.shape = tuple(shape) if all(isinstance(n, int) for n in shape) and len(shape) == 3 else None
        fixed = self.inputs[self.first].shape[0]
        self.fixed = fixed if isinstance(fixed, int) else None
        self.about: dict[str, Any] = {"kind": "onnx", "file": Path(target).name}
        if self.denoises:
            config = _config(target, scheduler)
            prediction = str(config.get("prediction_type", "epsilon"))
            self.solving = Solving(alphas_cumprod(config, target), solver or "ddim", prediction, target)
            self.steps = steps or STEPS
            self.about |= {"solver": self.solving.solver, "prediction": prediction, "steps": self.steps}

    def _session(self, threads: int | None) -> Any:
        """The file with so many threads, which onnxruntime fixes when it opens one."""
        if threads not in self._sessions:
            try:
                onnxruntime = import_module("onnxruntime")
            except ModuleNotFoundError:
                raise OutsideError("ONNX needs onnxruntime: pip install 'samenoise[onnx]'", 1) from None
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            options.intra_op_num_threads = threads or 0
            try:
                self._sessions[threads] = onnxruntime.InferenceSession(self.target, options, ["CPUExecutionProvider"])
            except Exception as error:  # of classes that onnxruntime keeps to itself
                raise OutsideError(f"{self.target} is no ONNX model: {str(error).splitlines()[0]}") from None
        return self._sessions[threads]

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        if conditions is not None and LABELS not in self.inputs:
            raise OutsideError(f"{self.target} takes no prompts or classes")
        if conditions is None and LABELS in self.inputs:
            raise OutsideError(f"{self.target} draws only what it is told: give classes (--classes 0-9)")
        if self.fixed is not None and len(noise) != self.fixed:
            return self._in_batches(noise, conditions, threads)
        session = self._session(threads)
        labels = {} if conditions is None else {LABELS: np.array(classes(conditions, self.target))}
        if not self.denoises:
            return as_images(self._run(session, {self.first: noise, **labels})[0], len(noise), self.target)
        x = noise * np.float32(self.solving.start)
        for t in self.solving.begin(self.steps):
            times = np.full(self._times(len(noise)), t)
            output = self._run(session, {"sample": x, "timestep": times, **labels})[0]
            x = np.asarray(self.solving.step(output.astype(np.float64), x.astype(np.float64)), dtype=np.float32)
        return as_images(x, len(noise), self.target)

    def _times(self, count: int) -> tuple[int, ...]:
        """The shape of the times: a number, or one for each image."""
        rank = len(self.inputs["timestep"].shape)
        return (count,) if rank else ()

    def _run(self, session: Any, given: dict[str, np.ndarray]) -> Any:
        cast = {name: np.asarray(value, TYPES.get(self.inputs[name].type)) for name, value in given.items()}
        try:
            return session.run(None, cast)
        except Exception as error:
            raise OutsideError(f"{self.target} failed: {str(error).splitlines()[0]}", 1) from None

    def _in_batches(self, noise: np.ndarray, conditions: Sequence[Condition] | None, threads: int | None) -> np.ndarray:
        """A file exported for a batch of one size: the last batch is filled up."""
        assert self.fixed is not None
        parts = []
        for start in range(0, len(noise), self.fixed):
            some = noise[start : start + self.fixed]
            filled = np.concatenate([some, np.repeat(some[-1:], self.fixed - len(some), axis=0)])
            given = None
            if conditions is not None:
                chosen = list(conditions[start : start + self.fixed])
                given = chosen + chosen[-1:] * (self.fixed - len(chosen))
            parts.append(self.draw(filled, given, threads)[: len(some)])
        return np.concatenate(parts)


def _config(target: str, scheduler: str | None) -> dict[str, Any]:
    folder = Path(target).resolve().parent
    places = [folder / CONFIG, folder / "scheduler" / CONFIG, folder.parent / "scheduler" / CONFIG]
    if scheduler is not None:
        path = Path(scheduler)
        places = [path / CONFIG if path.is_dir() else path]
    for place in places:
        if place.is_file():
            return json_of(place)
    raise OutsideError(
        f"{target} is a denoiser, and there is no {CONFIG} that says its alphas; name one with scheduler=PATH"
    )


def open(
    target: str, *, steps: int | None = None, solver: str | None = None, scheduler: str | None = None
) -> OnnxModel:
    """A generator or denoiser in a file.

    Raises:
        OutsideError: onnxruntime is not installed, the file is no ONNX model, or its inputs are others.
    """
    return OnnxModel(target, steps=steps, solver=solver, scheduler=scheduler)
