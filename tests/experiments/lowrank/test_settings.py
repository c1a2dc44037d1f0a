"""What cannot be run is said in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenoise.experiments.lowrank.spectra import time_of
from samenoise.lab.config import Config
from samenoise.process import PROCESSES, Process
from samenoise.runs.cell import ConfigError

BASE: dict[str, Any] = {
    "name": "wrong",
    "experiments": ["lowrank"],
    "sizes": [8],
    "data": {"held_out": 32},
    "replicates": 2,
}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sigmas": [1.0, 2.0]}, "three noise levels"),
        ({"sigmas": [1.0, 3.0, 2.0]}, "ascending order"),
        ({"sigmas": [-1.0, 1.0, 2.0]}, "greater than 0"),
        ({"dimensions": [8, 8]}, "ascending order"),
        ({"dimensions": [33]}, "2 orthogonal subspaces of dimension 33 do not fit into 64 pixels"),
        ({"dimensions": [3]}, "per_dimension 0.5 of dimension 3 is no whole number"),
        ({"components": []}, "need components"),
        ({"images": 3}, "greater than or equal to 4"),
        ({"images": 33}, "more than the held-out images, 32"),
        ({"sigmas": [1.0, 2.0, 81.0]}, "edm has noise levels sigma / alpha above 0 and up to 80, not 81"),
        ({"subspace_sigma": 100.0}, "lowrank.subspace_sigma: edm has noise levels"),
        ({"sigma": 1.0}, "did you mean 'sigmas'"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.of({**BASE, "lowrank": settings})
    message = str(caught.value)
    assert words in message
    assert "lowrank" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({"data": {"held_out": 0}}, "lowrank judges copying beside real images"),
        ({"models": {"a": {}}}, "models have no effect"),
        ({"process": {"name": "ve"}}, "ve has noise levels sigma / alpha above 0 and up to 50, not 80"),
    ],
)
def test_commons_that_cannot_be(common: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Config.of({**BASE, **common})


def test_subspaces_may_be_left_out() -> None:
    from samenoise.lab.agenda import Agenda

    config = Config.of({**BASE, "lowrank": {"dimensions": []}})
    assert [each.title for each in Agenda(config).measurements] == ["ranks at N = 8"]


@pytest.mark.parametrize("process", [kind() for kind in PROCESSES], ids=lambda p: p.name)
@given(level=st.floats(0.02, 40))
def test_a_noise_level_has_its_time(process: Process, level: float) -> None:
    alpha, sigma = process.at(time_of(process, level))
    assert sigma / alpha == pytest.approx(level, rel=1e-9)


def test_a_level_out_of_reach_is_refused() -> None:
    with pytest.raises(ValueError, match=r"edm has noise levels .* not 81"):
        time_of(next(kind() for kind in PROCESSES if kind.name == "edm"), 81.0)
