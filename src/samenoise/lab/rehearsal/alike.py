"""Which cells take as long as one another, but for their length: those that differ in nothing that is arithmetic."""

from __future__ import annotations

import json
from typing import Any

from samenoise.generators.sampling import SampleCell
from samenoise.lab.features import FeatureCell
from samenoise.lab.score import ScoreCell
from samenoise.runs.cell import Cell, described

__all__ = ["alike"]

ASIDE = {
    *("seed", "init_seed", "bank_seed", "fresh_seed", "part", "member", "update"),
    *("process", "parameterisation", "sigma_data", "weighting", "lr", "warmup", "schedule", "ema", "weight_decay"),
}
"""Keys of parts of a cell that change its numbers, and not how many there are."""

LENGTH = {"updates", "steps", "noises", "unseen"}
"""Of the cell itself: what is shorter in a rehearsal."""

STUDENT = ("procedure", "teacher_steps", "steps")


def alike(cell: Cell) -> str:
    """The same for cells of a kind that take as long for the same length."""
    about: dict[str, Any] = {"kind": cell.kind, "class": type(cell).__qualname__}
    if isinstance(cell, ScoreCell):
        about["measurement"] = type(cell.measurement).__qualname__
    elif isinstance(cell, FeatureCell):
        images = cell.images
        about["images"] = images.sampling.noises if isinstance(images, SampleCell) else images.hash
        about["feature"] = type(cell.feature).__qualname__
    elif isinstance(cell, SampleCell):
        sampling = cell.sampling
        about |= {"solver": sampling.solver, "fresh": sampling.eta > 0, "batch": cell.batch, "device": cell.device}
        about["generator"] = _sampled(_pruned(described(cell.generator)))
    elif hasattr(cell, "training"):
        content = _pruned(described(cell))
        content["training"] = {key: value for key, value in content["training"].items() if key not in LENGTH}
        content["models"] = len(getattr(cell, "models", ()))
        content["teacher"] = getattr(cell, "teacher", None) is not None  # it is of the same network
        about |= {key: value for key, value in content.items() if key not in {*LENGTH, "subset"}}
    else:
        about["hash"] = cell.hash
    return json.dumps(about, sort_keys=True)


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(part) for key, part in value.items() if key not in ASIDE}
    return [_pruned(part) for part in value] if isinstance(value, list) else value


def _sampled(value: Any) -> Any:
    """Of a training, that which its images are drawn by: the network, and the grid of a student."""
    if isinstance(value, list):
        return [_sampled(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "training" not in value:
        return {key: _sampled(part) for key, part in value.items()}
    rest = {key: _sampled(part) for key, part in value.items() if key not in {"models", "subset", "kept", "teacher"}}
    procedure = value["training"].get("procedure", "standard")
    student = {} if procedure == "standard" else {key: value["training"][key] for key in STUDENT}
    return {**rest, "training": student}
