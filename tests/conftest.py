from __future__ import annotations

import lively as presets
import pytest
import torch
from hypothesis import settings
from recomputed import World

# The same examples on every run, however slow the machine, and nothing left on disk.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def lively(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    """``regimes`` and ``splits``; only to be read."""
    return presets.run(presets.LIVELY, tmp_path_factory.mktemp("lively") / "run")


@pytest.fixture(scope="session")
def lively_strict(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    """The same at a threshold so strict that a model does not match itself."""
    strict = presets.LIVELY | {"threshold": presets.STRICTEST, "sizes": [3, 8]}
    return presets.run(strict, tmp_path_factory.mktemp("strict") / "run", "training.updates=60")


@pytest.fixture(scope="session")
def lively_teacher(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return presets.run(presets.TEACHER, tmp_path_factory.mktemp("teacher") / "run")


@pytest.fixture(scope="session")
def lively_dynamics(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return presets.run(presets.DYNAMICS, tmp_path_factory.mktemp("dynamics") / "run")


@pytest.fixture(scope="session")
def lively_matrix(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return presets.run(presets.MATRIX, tmp_path_factory.mktemp("matrix") / "run")


@pytest.fixture(scope="session")
def lively_solvers(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return presets.run(presets.SOLVERS, tmp_path_factory.mktemp("solvers") / "run")


@pytest.fixture(scope="session")
def world() -> World:
    """What ``lively`` should have drawn."""
    return World(presets.LIVELY)
