from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

# Before torch: threads that wait for one another by spinning take a hundred times as long where tests run side by side.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import lively as presets
import pytest
import torch
from hypothesis import settings
from recomputed import World
from xdist.scheduler.loadscope import LoadScopeScheduling

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
    "lively": ("tests/experiments/test_lively.py", "tests/experiments/test_recomputed_", "tests/cli/test_findings.py"),
    "tiny": ("tests/experiments/", "tests/generators/", "tests/lab/test_collect.py", "tests/lab/test_grid.py"),
}
"""Files whose tests read the same runs, a name for each lot. A process makes a run once, so a lot stays in one process;
a file of more than one lot is of the first."""
LONG = ("tests/experiments/lowrank/", "tests/runs/", "tests/laws/", "tests/training/", "tests/cli/", "tests/browser/")


def lot(nodeid: str) -> str:
    """What runs in one process: tests of one lot, or of one file."""
    file = nodeid.partition("::")[0]
    if file.startswith(LONG[0]):
        return file
    return next((name for name, starts in TOGETHER.items() if file.startswith(starts)), file)


class InLots(LoadScopeScheduling):
    """xdist's scheduler of whole classes and modules, for lots."""

    def _split_scope(self, nodeid: str) -> str:
        return lot(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InLots | None:
    return InLots(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside each other, what takes long starts first, so that no process is left with it alone."""
    if hasattr(config, "workerinput"):
        order = [*TOGETHER, *LONG]
        items.sort(key=lambda item: next((k for k, x in enumerate(order) if lot(item.nodeid).startswith(x)), 99))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


def _lively(
    tmp_path_factory: pytest.TempPathFactory, preset: presets.Preset, *overrides: str, name: str | None = None
) -> presets.Run:
    with presets.once(tmp_path_factory, name or preset["name"]) as folder:
        return presets.run(preset, folder, *overrides)


@pytest.fixture(scope="session")
def lively(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    """``regimes`` and ``splits``; only to be read."""
    return _lively(tmp_path_factory, presets.LIVELY)


@pytest.fixture(scope="session")
def lively_strict(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    """The same at a threshold so strict that a model does not match itself."""
    strict = presets.LIVELY | {"threshold": presets.STRICTEST, "sizes": [3, 8]}
    return _lively(tmp_path_factory, strict, "training.updates=60", name="strict")


@pytest.fixture(scope="session")
def lively_teacher(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return _lively(tmp_path_factory, presets.TEACHER)


@pytest.fixture(scope="session")
def lively_dynamics(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return _lively(tmp_path_factory, presets.DYNAMICS)


@pytest.fixture(scope="session")
def lively_matrix(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return _lively(tmp_path_factory, presets.MATRIX)


@pytest.fixture(scope="session")
def lively_solvers(tmp_path_factory: pytest.TempPathFactory) -> presets.Run:
    return _lively(tmp_path_factory, presets.SOLVERS)


@pytest.fixture(scope="session")
def world() -> World:
    """What ``lively`` should have drawn."""
    return World(presets.LIVELY)


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The folder of a tiny pipeline of diffusers, of a kind; only to be read."""
    pytest.importorskip("transformers", reason="pipelines of text are made with transformers: samenoise[text2image]")
    from pipelines_made import made

    folder, there = tmp_path_factory.mktemp("pipelines"), {}

    def of(kind: str) -> str:
        if kind not in there:
            there[kind] = str(made(kind, folder))
        return there[kind]

    return of


def _tiny(tmp_path_factory: pytest.TempPathFactory, config: Config) -> tuple[Agenda, Store, Rows]:
    from tiny import computed

    from samenoise.lab.agenda import Agenda

    with presets.once(tmp_path_factory, config.name) as folder:
        return Agenda(config), *computed(config, folder)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    """Of ``regimes`` and ``splits``: what was asked for, the store, and the rows."""
    from tiny import tiny

    return _tiny(tmp_path_factory, tiny())


@pytest.fixture(scope="session")
def teacher_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import teacher

    return _tiny(tmp_path_factory, teacher())


@pytest.fixture(scope="session")
def matrix_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import MATRIX, other

    return _tiny(tmp_path_factory, other(MATRIX))


@pytest.fixture(scope="session")
def solvers_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import SOLVERS, other

    return _tiny(tmp_path_factory, other(SOLVERS))


@pytest.fixture(scope="session")
def dynamics_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, Rows]:
    from tiny import DYNAMICS, other

    return _tiny(tmp_path_factory, other(DYNAMICS))


@pytest.fixture(scope="session")
def follows_schema() -> Callable[[Any], None]:
    """Check the content of a scores.json."""
    import jsonschema

    schema = json.loads(files("samenoise.lab").joinpath("scores.schema.json").read_text())

    def check(content: Any) -> None:
        jsonschema.validate(content, schema)

    return check
