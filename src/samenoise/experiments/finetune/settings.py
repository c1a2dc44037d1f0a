"""What ``finetune`` starts from and how it goes on: the keys under ``finetune`` in a preset."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from samenoise.cells.adapting import WaySpec
from samenoise.cells.specs import Count, DataSpec
from samenoise.runs.cell import Spec

__all__ = ["AGAIN", "OTHERS", "PRETRAINED", "SCRATCH", "FinetuneSettings"]

SCRATCH, PRETRAINED = "scratch", "pretrained"
"""What rows call networks that never saw the old images, and those that have seen no other."""
AGAIN, OTHERS = "again", "others"
"""Of what is made in one way once more: of the same pretrained network, and of those of other seeds."""


class FinetuneSettings(Spec):
    """Old images, and ways to adapt what was trained on them to those of ``data``."""

    source: DataSpec = DataSpec(classes=(0, 1, 2, 3, 4), held_out=128)
    """The old images, with keys as of ``data``; ``held_out`` of them tell old pictures from new ones."""
    size: Count = 640
    """Old images that networks are pretrained on."""
    pretraining: Count | None = None
    """Updates of a pretraining. An adaptation has as many as a training from scratch, ``training.updates``; a
    pretraining too unless given."""
    ways: dict[str, WaySpec] = Field(default_factory=lambda: {"all": WaySpec(), "lora": WaySpec(rank=4)}, min_length=1)
    """Name -> what is adapted: ``layers`` (patterns of names of weights, or ``attention``; all unless given), ``rank``
    and ``alpha`` of LoRA, ``lr``."""

    @property
    def whole(self) -> str | None:
        """The way that adapts all weights, which the others are held against; the first of several."""
        return next((name for name, way in self.ways.items() if way.build().whole), None)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        taken = {SCRATCH, PRETRAINED}
        for name in self.ways:
            if name in taken or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(
                    f"a way to adapt cannot be called {name!r}: give it a name of letters, digits and hyphens other "
                    f"than {' and '.join(sorted(taken))}"
                )
        if self.source.held_out < 2:
            raise ValueError("source.held_out tells old pictures from new ones: give 2 images or more")
        return self
