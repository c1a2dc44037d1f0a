"""What cannot be run is refused in a sentence, and every setting acts."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.cell import ConfigError
from tests.experiments.conditional.tiny_run import TINY, config


def changed(**keys: Any) -> Config:
    return Config.of({**TINY, **keys})


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"models": {"one": {}}}, "conditional needs models, at least two"),
        ({"data": {"held_out": 0}}, "data.held_out is 0: conditional judges copying"),
        ({"data": {"source": "mixture", "held_out": 40}}, "conditional needs real data, not data.source=mixture"),
        ({"replicates": 2}, "give them seeds, and replicates 1"),
        ({"widths": [16, 32]}, r"widths \[16\] have no effect: the network of all sizes has the last of widths"),
        (
            {"models": {"one": {}, "sweep-32": {"seed": 1}}},
            "models.sweep-32 is the name of another network; rename it",
        ),
        ({"sampling": {**TINY["sampling"], "noises": 8}}, None),
        (
            {"sampling": {**TINY["sampling"], "noises": 8}, "data": {"held_out": 40}, "conditional": {}},
            "sampling.noises .8. must be two or more for each of the 10 conditional.classes",
        ),
        ({"conditional": {"classes": 4}}, "conditional.classes is 4, and data.classes has 3: they must be as many"),
        ({"data": {"held_out": 40}}, "conditional.classes is 3: the digits have 10"),
        ({"conditional": {"classes": 1}}, "conditional.classes"),
        ({"conditional": {"classes": 3, "each_up_to": 4}}, "conditional.each_up_to .4. is below all sizes: raise it"),
        ({"conditional": {"classes": 3, "dropout": 1.0}}, "dropout is 1: networks are told no label at all"),
        ({"conditional": {"classes": 3, "dropout": 0.0}}, "dropout is 0: networks never learn the images without"),
        ({"conditional": {"classes": 3, "scales": [0.0, 2.0]}}, "scales are distinct, ascending, and 1 is one of them"),
        ({"conditional": {"classes": 3, "interventions": ["random", "random"]}}, "interventions must be distinct"),
        (
            {"models": {"one": {}, "two": {"training": {"procedure": "consistency-training"}}}},
            "models.two: conditional trains every model with labels, and students have none",
        ),
    ],
)
def test_what_cannot_be_run(keys: dict[str, Any], says: str | None) -> None:
    if says is None:
        changed(**keys)
        return
    with pytest.raises(ConfigError, match=says):
        changed(**keys)


def cells(made: Config) -> set[str]:
    return {cell.hash for cell in Agenda(made).cells}


@pytest.mark.parametrize(
    "change",
    [{"dropout": 0.2}, {"scales": [1.0, 3.0]}, {"interventions": ["random"]}, {"each_up_to": 60}],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_acts(change: dict[str, Any]) -> None:
    assert cells(config(**change)) != cells(config())


def test_labels_change_no_network_that_has_none() -> None:
    """The unconditional networks are those of any other experiment, whatever is told beside them."""
    agenda, other = Agenda(config()), Agenda(config(dropout=0.3))
    for name in ("one", "two"):
        member = agenda.study.named(name).member
        assert member.labels is None
        assert agenda.plan.place(member).train.hash == other.plan.place(member).train.hash
