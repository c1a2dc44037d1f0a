"""Where does it begin? The stages of a pipeline, and the first at which another pipeline departs from it.

Of a few noises, every part of ``a`` is recorded at work: what it was asked, and what it answered. Then

    the same input    the parts of ``b`` are asked what those of ``a`` were asked, so an error earlier on plays no part
    its own run       ``b`` draws the same noises itself, and the answers are set beside each other in their order

An error is a difference relative to the answer of ``a``, in root mean squares; that of a stage is its largest. A stage
departs where, at the same input, its error is above what ``a`` makes against itself with another number of threads,
ten times, and above :data:`ROUNDING`. Where all parts agree and the pictures do not, the fault lies between the parts,
in what is handed on: the stage of the first call, in the order of time, whose own input departs is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from samenoise.comparison.side import Conditions
from samenoise.noise import Bank
from samenoise.outside.base import OutsideError

__all__ = ["NOISES", "Stage", "Where", "traceable", "where"]

NOISES = 4
"""Noises that are looked at."""
ROUNDING = 2e-5
"""Relative error that is rounding in float32."""
NAMES = {"unet": "denoiser", "transformer": "denoiser", "vae": "decoder", "scheduler": "scheduler"}
FLOATS = ("float16", "bfloat16", "float32", "float64")


class Stage(NamedTuple):
    """A stage of two pipelines beside each other; errors are relative, infinite where it cannot be asked the same."""

    name: str
    calls: tuple[int, int]
    """How often it is called in one and in the other."""
    same_input: float
    own_input: float
    """How far the inputs are apart when each draws itself."""
    own_run: float
    """How far the answers are apart then."""
    tolerance: float
    note: str = ""


class Where(NamedTuple):
    """Where two pipelines part."""

    a: str
    b: str
    stages: list[Stage]
    latents: list[float]
    """Relative error of the latents after each step, each in its own run."""
    images: float
    """Relative error of the images."""
    handed: str | None = None
    """The stage of the first call whose own input departs."""

    @property
    def first(self) -> str | None:
        """The first stage that departs, or what is handed to it; ``None`` where nothing does."""
        for stage in self.stages:
            if stage.same_input > stage.tolerance:
                return stage.name
        if self.handed is not None:
            return f"what is handed to the {self.handed}"
        return "what is made of the last stage's answer" if self.images > 10 * ROUNDING else None

    def __str__(self) -> str:
        begin = f"begins at: {self.first}" if self.first else "no stage departs"
        told = "; ".join(
            f"{s.name} {s.same_input:.2g} at the same input, {s.own_run:.2g} in its own run"
            + (f", {s.note}" if s.note else "")
            for s in self.stages
        )
        return f"{self.a} : {self.b}: {begin} ({told})"


def traceable(side: Any) -> bool:
    """Whether the stages of a side can be looked at."""
    return hasattr(side, "record") and hasattr(side, "replay")


def where(
    a: Any, b: Any, names: tuple[str, str], bank: Bank, ids: Sequence[int], conditions: Conditions | None
) -> Where:
    """Set the stages of two pipelines beside each other.

    Raises:
        OutsideError: one of them is no pipeline.
    """
    for side, name in zip((a, b), names, strict=True):
        if not traceable(side):
            raise OutsideError(f"--where looks into pipelines of diffusers; {name} is a {side.about['kind']}")
    some = list(ids[:NOISES])
    noise, given = bank[some].numpy(), None if conditions is None else conditions.of(some)
    recorded = a.record(noise, given)
    calls = recorded["calls"]
    answers = b.replay(calls)
    again = a.replay(calls, threads=1 if _many_threads() else 2)
    own = b.record(noise, given)
    stages: dict[str, list[int]] = {}
    for k, call in enumerate(calls):
        stages.setdefault(stage_of(call["part"]), []).append(k)
    found = []
    for name, places in stages.items():
        others = [call for call in own["calls"] if stage_of(call["part"]) == name]
        mine = [calls[k] for k in places]
        ceiling = max(_apart(calls[k]["output"], again[k].get("output")) for k in places)
        failed = next((answers[k]["failed"] for k in places if "failed" in answers[k]), "")
        same = max(_apart(calls[k]["output"], answers[k].get("output")) for k in places)
        paired = list(zip(mine, others, strict=False)) if len(mine) == len(others) else []
        own_input = max((_apart(_input(x), _input(y)) for x, y in paired), default=math.inf)
        own_run = max((_apart(x["output"], y["output"]) for x, y in paired), default=math.inf)
        note = failed or ("" if paired else f"called {len(mine)} and {len(others)} times")
        found.append(Stage(name, (len(mine), len(others)), same, own_input, own_run, max(ROUNDING, 10 * ceiling), note))
    images = _relative(recorded["images"], own["images"])
    return Where(*names, found, _along(calls, own["calls"]), images, _handed(calls, own["calls"], found))


def _handed(mine: list[dict[str, Any]], others: list[dict[str, Any]], stages: list[Stage]) -> str | None:
    """The stage of the first call whose input is not that of its counterpart, or which has none."""
    tolerance = {stage.name: max(stage.tolerance, ROUNDING) for stage in stages}
    left: dict[str, list[dict[str, Any]]] = {}
    for call in reversed(others):
        left.setdefault(stage_of(call["part"]), []).append(call)
    for call in mine:
        name = stage_of(call["part"])
        if not left.get(name) or _apart(_input(call), _input(left[name].pop())) > tolerance[name]:
            return name
    return next((name for name in tolerance if left.get(name)), None)


def _many_threads() -> bool:
    import torch

    return torch.get_num_threads() > 1


def stage_of(part: str) -> str:
    """The name of the stage that a part of a pipeline is."""
    return "text encoder" if part.startswith("text_encoder") else NAMES.get(part, part.replace("_", " "))


def _input(call: dict[str, Any]) -> Any:
    return [call["args"], call["kwargs"]]


def _along(mine: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[float]:
    """How far the latents are apart after each step."""
    ours, theirs = ([call for call in calls if call["method"] == "step"] for calls in (mine, others))
    return [_apart(x["output"], y["output"]) for x, y in zip(ours, theirs, strict=False)]


def _apart(a: Any, b: Any) -> float:
    """The largest relative error over all that an answer holds; infinite where it is of another form."""
    if isinstance(a, dict) and "tensor" in a:
        if not (isinstance(b, dict) and "tensor" in b) or a["values"].shape != b["values"].shape:
            return math.inf
        return _relative(a["values"], b["values"])
    if isinstance(a, dict):
        if not isinstance(b, dict) or a.keys() != b.keys():
            return math.inf
        return max((_apart(a[key], b[key]) for key in a), default=0.0)
    if isinstance(a, np.ndarray):
        return _relative(a, b) if isinstance(b, np.ndarray) else math.inf
    if isinstance(a, list):
        if not isinstance(b, list) or len(a) != len(b):
            return math.inf
        return max((_apart(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    if isinstance(a, (int, float)) and not isinstance(a, bool) and isinstance(b, (int, float)):
        return _relative(np.array([a]), np.array([b]))
    return 0.0 if a == b else math.inf


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape:
        return math.inf
    size, error = np.sqrt(np.square(x).mean()), np.sqrt(np.square(x - y).mean())
    if error == 0:
        return 0.0
    return float(error / size) if size and np.isfinite(error) else math.inf
