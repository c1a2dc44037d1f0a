from __future__ import annotations

import json
import signal
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lively as presets
import pytest
import torch
from hypothesis import settings
from recomputed import World

if TYPE_CHECKING:
    from tiny import Rows

    from samenoise.lab.agenda import Agenda
    from samenoise.lab.config import Config
    from samenoise.runs.store import Store

# The same examples on every run, however slow the machine, and nothing left on disk.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # tests in the background of a shell: processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


TOGETHER = {
    "lively": ("lively", "lively_strict", "world"),
    "lively-truth": ("lively_teacher", "lively_dynamics"),
    "lively-models": ("lively_matrix", "lively_solvers"),
    "tiny": ("digits_run", "teacher_run", "matrix_run", "solvers_run", "dynamics_run"),
}
"""Runs that many tests read. A process makes each once, so tests that read the same ones run in one process."""
LONG = ("tests/runs/", "tests/laws/", "tests/experiments/lowrank/", "tests/training/")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside each other, what takes long starts first, so that no process is left with it alone."""
    if not hasattr(config, "workerinput"):
        return
    groups = {}
    for item in items:
        given = getattr(getattr(item, "callspec", None), "params", {}).values()  # names for `request.getfixturevalue`
        wanted = {*getattr(item, "fixturenames", ()), *(value for value in given if isinstance(value, str))}
        shared = [group for group, names in TOGETHER.items() if wanted & set(names)]
        groups[item] = shared[0] if shared else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(groups[item]))
    order = [*TOGETHER, *LONG]
    items.sort(key=lambda item: next((k for k, name in enumerate(order) if groups[item].startswith(name)), len(order)))


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


def _run(config: Config, root: Path) -> tuple[Agenda, Store, Rows]:
    from tiny import computed

    from samenoise.lab.agenda import Agenda

    return Agenda(config), *computed(config, root)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    """Of ``regimes`` and ``splits``: what was asked for, the store, and the rows."""
    from tiny import tiny

    return _run(tiny(), tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def teacher_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import teacher

    return _run(teacher(), tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="session")
def matrix_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import MATRIX, other

    return _run(other(MATRIX), tmp_path_factory.mktemp("matrix"))


@pytest.fixture(scope="session")
def solvers_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import SOLVERS, other

    return _run(other(SOLVERS), tmp_path_factory.mktemp("solvers"))


@pytest.fixture(scope="session")
def dynamics_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import DYNAMICS, other

    return _run(other(DYNAMICS), tmp_path_factory.mktemp("dynamics"))


@pytest.fixture(scope="session")
def follows_schema() -> Callable[[Any], None]:
    """Check the content of a scores.json."""
    import jsonschema

    schema = json.loads(files("samenoise.lab").joinpath("scores.schema.json").read_text())

    def check(content: Any) -> None:
        jsonschema.validate(content, schema)

    return check
