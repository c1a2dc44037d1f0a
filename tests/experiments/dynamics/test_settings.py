"""What a config of ``dynamics`` may say."""

import pytest
from tiny import DYNAMICS, other

from samenoise.runs.cell import ConfigError


def test_dynamics_want_a_rate_that_does_not_depend_on_the_end():
    with pytest.raises(ConfigError, match="schedule=constant"):
        other(DYNAMICS, training={**DYNAMICS["training"], "schedule": "cosine"})


@pytest.mark.parametrize("checkpoints", [0, 17, 1.5])
def test_looks_are_some_for_every_doubling(checkpoints):
    with pytest.raises(ConfigError, match=r"dynamics\.checkpoints: input should be"):
        other(DYNAMICS, dynamics={"checkpoints": checkpoints})
