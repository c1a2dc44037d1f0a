"""What a config of ``solvers`` may say."""

import pytest
import yaml
from tiny import SOLVERS

from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError


def test_solvers_settings_are_checked(tmp_path):
    path = tmp_path / "solvers.yaml"
    path.write_text(yaml.safe_dump(SOLVERS))
    assert load(str(path), ["solvers.steps=4,9"]).settings["solvers"].steps == (4, 9)
    for override, says in (
        ("solvers.kinds=ddim,rk4", "there is no solver rk4"),
        ("solvers.steps=9,4", "steps must be distinct and in ascending order"),
        ("solvers.etas=1,0.5", "etas must be distinct and in ascending order"),
        ("solvers.etas=0,1", "greater than 0"),
        ("solvers.eta_step=4", "did you mean 'eta_steps'"),
        ("sampling.eta=0.5", "eta is a setting of ddim"),
    ):
        with pytest.raises(ConfigError, match=says):
            load(str(path), [override])
