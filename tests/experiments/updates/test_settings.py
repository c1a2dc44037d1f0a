"""What a config of ``updates`` may say."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.generators.trained import Unplanned
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.lab.single import find
from samenoise.runs.cell import ConfigError

BASE: dict[str, Any] = {"name": "wrong", "experiments": ["updates"], "sizes": [8], "data": {"held_out": 32}}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], r"updates: updates must be distinct and in ascending order, got \[\]"),
        ([2000, 1000], r"updates: updates must be distinct and in ascending order, got \[2000, 1000\]"),
        ([1000, 1000, 2000], "updates: updates must be distinct"),
        ([2000], r"updates: whether copying levels off is judged over a doubling of the updates, got \[2000\]"),
        ([2000, 3999], "updates: whether copying levels off is judged over a doubling"),
        ([0, 2000], r"updates\.updates\.0: input should be greater than or equal to 1"),
    ],
)
def test_numbers_of_updates_that_cannot_be(counts: list[int], words: str) -> None:
    with pytest.raises(ConfigError, match=f"^{words}"):
        Config.of({**BASE, "updates": {"updates": counts}})


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({"data": {"held_out": 0}}, "updates judges copying beside real images"),
        ({"models": {"a": {}}}, "models have no effect"),
        ({"updates": {"lengths": [1, 2]}}, r"no key 'updates\.lengths'"),
    ],
)
def test_configs_that_cannot_be(common: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Config.of({**BASE, **common})


def test_the_number_of_updates_that_has_no_effect_is_refused_but_beside_an_experiment_that_takes_it() -> None:
    with pytest.raises(ConfigError, match=r"^training\.updates has no effect on updates$"):
        Config.of({**BASE, "training": {"updates": 3000}})
    both = Config.of({**BASE, "experiments": ["regimes", "updates"], "training": {"updates": 3000}})
    assert both.common.training.updates == 3000


def test_a_doubling_of_the_updates_is_enough() -> None:
    settings = Config.of({**BASE, "updates": {"updates": [1000, 2000]}}).settings["updates"]
    assert settings.model_dump() == {"updates": (1000, 2000)}


def test_the_config_of_a_run_can_be_read_again() -> None:
    config = load("digits-updates", ["updates.updates=10,20,40"])
    assert Config.of(config.dump()) == config


def test_trainings_of_the_same_length_are_shared_with_other_experiments() -> None:
    """Of `regimes`, which trains for `training.updates`, there is nothing to train beside."""
    config = load("digits-updates", ["experiments=regimes,updates", "updates.updates=10,20,40", "training.updates=20"])
    agenda = Agenda(config)
    asked = [each.wanted for each in agenda.asks if isinstance(each.wanted, Unplanned)]
    cells = {agenda.plan.place(each.member).train.hash for each in asked}
    assert len(cells) == 6, "two widths, three lengths"
    place = find(agenda, "mlp-128", 64)
    assert place.train.training.updates == 20
    assert place.train.hash in cells


def test_the_preset_trains_each_network_for_as_many_numbers_of_updates() -> None:
    agenda = Agenda(load("digits-updates"))
    asked = [each.wanted for each in agenda.asks if isinstance(each.wanted, Unplanned)]
    lengths = {each.member.training.updates for each in asked}
    assert lengths == set(agenda.config.settings["updates"].model_dump()["updates"])
