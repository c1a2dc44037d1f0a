"""What the parts of a pipeline are asked and answer while it draws, and the same questions put to another pipeline.

A recording is a list of calls in their order, each plain data (numbers, text, arrays), so that it can be carried to
another interpreter:

    part      such as "text_encoder", "unet", "scheduler", "vae"
    method    "forward", "decode", "set_timesteps", "scale_model_input" or "step"
    args, kwargs, output

A tensor is ``{"tensor": dtype, "values": array}``; what is neither tensor nor number is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from samenoise.outside.base import Condition
from samenoise.outside.threads import torch_threads

__all__ = ["Recorder", "plain"]

SCHEDULER = ("set_timesteps", "scale_model_input", "step")


class Recorder:
    """Records the parts of a pipeline at work, and answers for its own parts."""

    pipe: Any
    scheduler: Any

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        """As every model does."""
        raise NotImplementedError

    def record(self, noise: np.ndarray, conditions: Sequence[Condition] | None = None) -> dict[str, Any]:
        """``{"calls": [...], "images": array}`` of a few noises."""
        calls: list[dict[str, Any]] = []
        with self._watched(calls):
            images = self.draw(noise, conditions)
        return {"calls": calls, "images": images}

    def replay(self, calls: Sequence[dict[str, Any]], threads: int | None = None) -> list[dict[str, Any]]:
        """What the same parts answer here: ``{"output": ...}``, or ``{"failed": why}`` for each call."""
        import torch

        answers = []
        with torch_threads(threads), torch.no_grad():
            for call in calls:
                try:
                    answers.append({"output": self._ask(call)})
                except Exception as error:  # whatever a part of another build makes of it
                    answers.append({"failed": f"{type(error).__name__}: {error}".splitlines()[0]})
        return answers

    def _ask(self, call: dict[str, Any]) -> Any:
        part = self.scheduler if call["part"] == "scheduler" else self.pipe.components.get(call["part"])
        if part is None:
            raise LookupError(f"there is no {call['part']}")
        like = None if call["part"] == "scheduler" else part
        args = [_restored(value, like, self.pipe.device) for value in call["args"]]
        kwargs = {key: _restored(value, like, self.pipe.device) for key, value in call["kwargs"].items()}
        method = part if call["method"] == "forward" else getattr(part, call["method"])
        answer = method(*args, **kwargs)
        return plain(part.timesteps if call["method"] == "set_timesteps" else answer)

    @contextmanager
    def _watched(self, calls: list[dict[str, Any]]) -> Iterator[None]:
        """While inside, calls of the parts are noted."""
        import torch

        def note(part: str, method: str, args: Any, kwargs: Any, output: Any) -> None:
            kept = {key: plain(value) for key, value in kwargs.items() if _kept(value)}
            calls.append(
                {"part": part, "method": method, "args": [plain(a) for a in args], "kwargs": kept, "output": output}
            )

        def patched(owner: Any, part: str, method: str) -> None:
            original = getattr(owner, method)

            @wraps(original)  # pipelines look at the names of its parameters
            def noted(*args: Any, **kwargs: Any) -> Any:
                answer = original(*args, **kwargs)
                seen = owner.timesteps if method == "set_timesteps" else answer
                note(part, method, args, kwargs, plain(seen))
                return answer

            setattr(owner, method, noted)
            undo.append(lambda: delattr(owner, method))

        undo: list[Any] = []
        for name, part in self.pipe.components.items():
            if not isinstance(part, torch.nn.Module):
                continue
            if name == "vae":
                patched(part, name, "decode")
                continue

            @torch.compiler.disable  # type: ignore[untyped-decorator]
            def hook(module: Any, args: Any, kwargs: Any, output: Any, name: str = name) -> None:
                note(name, "forward", args, kwargs, plain(output))

            undo.append(part.register_forward_hook(hook, with_kwargs=True).remove)
        for method in SCHEDULER:
            if hasattr(self.scheduler, method):  # those of flow matching scale nothing
                patched(self.scheduler, "scheduler", method)
        try:
            yield
        finally:
            for each in undo:
                each()


def _kept(value: Any) -> bool:
    """Whether a keyword argument is data, and not the place or the dice of a run."""
    return type(value).__name__ not in ("device", "dtype", "Generator")


def plain(value: Any) -> Any:
    """Tensors, and what holds them, as plain data."""
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        name = str(tensor.dtype).removeprefix("torch.")
        return {"tensor": name, "values": (tensor.float() if name in ("bfloat16", "float16") else tensor).numpy()}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str, np.ndarray)):
        return value
    if hasattr(value, "prev_sample"):
        return {"prev_sample": plain(value.prev_sample)}
    return None


def _restored(value: Any, like: Any, device: Any) -> Any:
    """The inverse of :func:`plain`; floats take the precision of the part ``like``, where there is one."""
    import torch

    if isinstance(value, dict) and "tensor" in value:
        tensor = torch.from_numpy(np.array(value["values"])).to(getattr(torch, value["tensor"])).to(device)
        dtype = getattr(like, "dtype", None)
        return tensor.to(dtype) if tensor.is_floating_point() and dtype is not None else tensor
    if isinstance(value, dict):
        return {key: _restored(each, like, device) for key, each in value.items()}
    if isinstance(value, list):
        return [_restored(each, like, device) for each in value]
    return value
