"""One small run for all tests of what is in its rows."""

from __future__ import annotations

import pytest
from lively import Run, run

from tests.experiments.updates.made import PRESET


@pytest.fixture(scope="session")
def lively_updates(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(PRESET, tmp_path_factory.mktemp("updates") / "run")
