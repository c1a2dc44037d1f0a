"""The same network, trained once more."""

from __future__ import annotations

from samenoise.generators.trained import Unplanned
from samenoise.training.order import child_seed

__all__ = ["again"]


def again(wanted: Unplanned, replicate: int) -> Unplanned:
    """With other initial weights and other training noise; replicate 0 is the network itself."""
    if replicate == 0:
        return wanted
    model = wanted.member.model
    seeds = {
        "init_seed": child_seed(model.init_seed, "replicate", replicate),
        "seed": child_seed(model.seed, "replicate", replicate),
    }
    return wanted.model_copy(
        update={"member": wanted.member.model_copy(update={"model": model.model_copy(update=seeds)})}
    )
