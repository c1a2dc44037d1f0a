"""What cannot be adapted, said before anything is computed."""

from __future__ import annotations

from importlib.util import find_spec

from samenoise.cells.specs import DIGITS, DataSpec
from samenoise.data import digits, of_classes
from samenoise.experiments.finetune.settings import FinetuneSettings
from samenoise.lab.common import Common
from samenoise.networks import skeleton

__all__ = ["refuse", "shape_of"]

SMALL = (1, 8, 8)
"""Of digits, and of the mixture fitted to them."""
ANY = (3, 32, 32)
"""Names of weights are the same for most shapes; where they are not, the training says so."""


def refuse(common: Common, settings: FinetuneSettings) -> None:
    """Raise a ``ValueError`` of one sentence where networks cannot be pretrained or adapted so."""
    if len(common.widths) > 1:
        raise ValueError(f"finetune adapts networks of one width, got widths {list(common.widths)}: give one")
    if common.replicates < 2:
        raise ValueError("finetune compares what becomes of several pretrained networks: give replicates, 2 or more")
    if common.training.procedure != "standard":
        raise ValueError(f"finetune adapts networks that denoise: training.procedure is {common.training.procedure}")
    if _words(common.data) == _words(settings.source):
        raise ValueError("finetune.source is what data is: give other images, or other classes, to pretrain on")
    _enough(settings)
    shapes = [shape_of(each) for each in (settings.source, common.data)]
    if None not in shapes and shapes[0] != shapes[1]:
        raise ValueError(
            f"finetune.source has images of shape {shapes[0]}, data of {shapes[1]}: give both the same size and "
            "channels"
        )
    shape = next((each for each in shapes if each is not None), ANY)
    config = {"name": common.network.name, "shape": shape, "width": common.widths[0], "depth": common.network.blocks}
    network = skeleton(config)
    for name, way in settings.ways.items():
        try:
            way.build().weights(network)
        except ValueError as error:
            raise ValueError(f"finetune.ways.{name}: {error}") from None
        if way.rank is not None and find_spec("peft") is None:
            raise ValueError(f"finetune.ways.{name}: LoRA needs peft: pip install samenoise[lora]")


def shape_of(data: DataSpec) -> tuple[int, ...] | None:
    """Of one image, where the config says it."""
    if data.source in ("digits", "mixture"):
        return SMALL
    if data.size is None or data.channels is None:
        return None
    return data.channels, data.size, data.size


def _words(data: DataSpec) -> DataSpec:
    """What decides which images there are."""
    return data.model_copy(update={"held_out": 0, "count": None, "get": ""})


def _enough(settings: FinetuneSettings) -> None:
    source = settings.source
    if source.source != "digits":
        return
    there = DIGITS if source.classes is None else len(of_classes(digits(), source.classes))
    wanted = settings.size + source.held_out
    if wanted > there:
        raise ValueError(
            f"finetune.size ({settings.size}) and finetune.source.held_out ({source.held_out}) are together more than "
            f"the {there} old images there are"
        )
