"""What a config of ``updates`` may say."""

from __future__ import annotations

from typing import Any

import pytest

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


def test_a_number_of_updates_that_would_have_no_effect_is_refused() -> None:
    says = (
        r"^training\.updates is 3000, for which updates\.updates has no training \(\[500, 1000, 2000, 4000, 8000\]\): "
        "make it one of these, or add it to them$"
    )
    with pytest.raises(ConfigError, match=says):
        Config.of({**BASE, "training": {"updates": 3000}})
    assert Config.of({**BASE, "training": {"updates": 8000}}).common.training.updates == 8000


def test_a_doubling_of_the_updates_is_enough() -> None:
    settings = Config.of({**BASE, "updates": {"updates": [1000, 2000]}}).settings["updates"]
    assert settings.model_dump() == {"updates": (1000, 2000)}


def test_the_config_of_a_run_can_be_read_again() -> None:
    config = load("digits-updates", ["updates.updates=10,20,40", "training.updates=20"])
    assert Config.of(config.dump()) == config


@pytest.mark.parametrize("updates", [10, 40])
def test_one_of_the_trainings_is_what_the_config_calls_its_own(updates: int) -> None:
    """By which `samenoise train` and the manifest know it."""
    config = load("digits-updates", ["updates.updates=10,20,40", f"training.updates={updates}"])
    agenda = Agenda(config)
    place = find(agenda, "mlp-128", 64)
    assert place.train.training.updates == updates
    assert {place.train.training.updates for place, _ in agenda.networks.values()} == {updates}
    assert list(agenda.networks) == ["mlp-128", "mlp-256"]


def test_the_preset_trains_each_network_for_as_many_numbers_of_updates() -> None:
    agenda = Agenda(load("digits-updates"))
    lengths = {each.wanted.member.training.updates for each in agenda.asks if hasattr(each.wanted, "member")}
    assert lengths == set(agenda.config.settings["updates"].updates)
    assert agenda.config.common.training.updates in lengths
