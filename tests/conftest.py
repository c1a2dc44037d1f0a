from __future__ import annotations

import pytest
import torch
from hypothesis import settings

# The same examples on every run, however slow the machine, and nothing left on disk.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)
