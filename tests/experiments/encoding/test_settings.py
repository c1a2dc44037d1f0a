"""What a config of ``encoding`` may say."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.lab.config import Config
from samenoise.runs.cell import ConfigError
from tests.experiments.encoding.tiny_run import TINY, config


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"planes": 1}, "encoding.planes: input should be greater than or equal to 2"),
        ({"cells": 0}, "encoding.cells: input should be greater than or equal to 1"),
        ({"beyond": -1}, "encoding.beyond: input should be greater than or equal to 0"),
        ({"path": "straight"}, "encoding.path: input should be 'spherical' or 'linear'"),
        ({"cell": 4}, "did you mean 'cells'"),
    ],
)
def test_settings_are_checked(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        config(**changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"widths": [24]}, "encoding compares the maps of networks: give two widths at least"),
        ({"widths": [24], "models": {"a": {}, "b": {"seed": 1}}}, "models have no effect on it"),
        ({"data": {"held_out": 0}}, "data.held_out is 0"),
        ({"replicates": 2}, "encoding compares networks of several widths: replicates is 1"),
    ],
)
def test_and_configs(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.of({**TINY, **changes})
