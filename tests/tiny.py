"""A preset small enough for tests: the real experiments on the real digits, with networks that learn little."""

from __future__ import annotations

from samenoise.experiments.config import Config

TINY = {
    "name": "tiny",
    "experiments": ["regimes", "splits"],
    "data": {"held_out": 20},
    "widths": [8, 16],
    "sizes": [4, 12, 40],
    "training": {"updates": 40, "batch": 16, "warmup": 5, "cohort": 3},
    "sampling": {"noises": 32, "batch": 32, "ceiling_batch": 12, "steps": 6},
    "shown": 4,
}
TEACHER = {**TINY, "name": "tiny-teacher", "experiments": ["teacher"], "data": {"source": "mixture", "held_out": 20}}


def tiny(**changes: object) -> Config:
    """The config, with some top-level keys changed."""
    return Config.model_validate({**TINY, **changes})


def teacher(**changes: object) -> Config:
    """The same for the experiment ``teacher``."""
    return Config.model_validate({**TEACHER, **changes})
