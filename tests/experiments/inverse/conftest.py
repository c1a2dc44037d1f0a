from __future__ import annotations

import pytest
from tiny_room import Tiny, tiny_room

from tests.experiments.inverse.tiny_run import TINY


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return tiny_room(TINY, tmp_path_factory)
