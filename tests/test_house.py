"""Rules of the house: files are short, and no floor knows what stands on it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "samenoise"
ROOMS = SOURCES / "experiments"
NAMES = sorted(path.parent.name for path in ROOMS.glob("*/__init__.py"))
LONGEST = 300
ANOTHER_SENSE = {
    "src/samenoise/cells/latents.py": {"updates": 1},
    "src/samenoise/lab/beside_truth.py": {"teacher": 1},  # the truth, as rows call it
    "src/samenoise/lab/manifest.py": {"updates": 1},  # of a training, here and below
    "src/samenoise/lab/rehearsal/alike.py": {"updates": 1, "teacher": 3},
    "src/samenoise/lab/rehearsal/ladder.py": {"updates": 1},
    "src/samenoise/report/reading.py": {"updates": 1},
    "src/samenoise/experiments/dynamics/figures.py": {"updates": 2},
    "src/samenoise/experiments/finetune/measure.py": {"updates": 1},
    "src/samenoise/experiments/matrix/__init__.py": {"updates": 1},
    "src/samenoise/experiments/matrix/pairs.py": {"updates": 1},
    "src/samenoise/experiments/matrix/measure.py": {"updates": 2},
}
"""Names of experiments that are other words too: file -> how often."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; ``from x import y`` gives ``x`` and ``x.y``."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_in(path: Path) -> set[str]:
    """Rooms that a file imports from."""
    parts = [name.split(".") for name in imports(path) if name.startswith("samenoise.experiments.")]
    return {name[2] for name in parts} & set(NAMES)


def own_room(path: Path) -> str | None:
    return path.relative_to(ROOMS).parts[0] if path.is_relative_to(ROOMS) else None


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_is_long() -> None:
    files = [path for folder in ("src", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert len(lengths) > 100
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_there_are_rooms() -> None:
    assert {"dynamics", "matrix", "regimes", "solvers", "splits", "teacher"} <= set(NAMES)


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=name)
def test_no_experiment_is_known_by_name_outside_its_room(path: Path) -> None:
    others = {each for each in NAMES if each != own_room(path)}
    found = [node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant) and node.value in others]
    assert Counter(found) == ANOTHER_SENSE.get(name(path), {})


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=name)
def test_a_room_is_imported_by_itself_alone(path: Path) -> None:
    assert rooms_in(path) <= {own_room(path)}


TOUCHES = {
    *(
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "iterdir",
        "glob",
        "rglob",
        "exists",
        "lexists",
        "is_file",
    ),
    *(
        "is_dir",
        "unlink",
        "mkdir",
        "makedirs",
        "rmdir",
        "rename",
        "rmtree",
        "symlink_to",
        "listdir",
        "scandir",
        "utime",
    ),
    *("open", "load_file", "save_file", "copyfile", "copytree", "write_whole"),
}
"""What touches a file by its path, and so follows links, waits for pipes and reads without an end."""
TREES = [
    *(SOURCES / "runs" / f"{each}.py" for each in ("claims", "gc", "listing", "local", "scratch", "seal", "store")),
    *(SOURCES / "runs" / f"{each}.py" for each in ("executor", "failures", "following", "ray", "schedule")),
    *(SOURCES / "runs" / f"{each}.py" for each in ("shares", "slurm", "slurm_worker", "watching")),
    *(SOURCES / "runs" / f"{each}.py" for each in ("address", "clock", "named", "remote")),
    *(SOURCES / "lab" / f"{each}.py" for each in ("collect", "config", "manifest", "presets", "run_files", "yaml12")),
    *sorted((SOURCES / "report").glob("*.py")),
    *sorted((SOURCES / "cli").glob("*.py")),
    SOURCES / "cells" / "checkpoints.py",
]
"""Code that works in a run directory, which somebody else may have filled."""
NAMED_BY_THE_USER = {
    "src/samenoise/runs/listing.py": {"iterdir": 1, "is_dir": 2},
    "src/samenoise/runs/store.py": {"mkdir": 1},
    "src/samenoise/cli/plan.py": {"is_dir": 1},
    "src/samenoise/cli/watch.py": {"is_dir": 1},
    "src/samenoise/cli/own.py": {"exists": 1},  # of the pictures
    "src/samenoise/lab/manifest.py": {"read_text": 1},  # of the system's word on its processor
    "src/samenoise/report/page.py": {"read_text": 2},  # of the package's own templates
    "src/samenoise/report/current.py": {"rglob": 1, "is_file": 1, "read_bytes": 1},  # of the packages' own code
}
"""What is not in a run directory, but is one, or is our own."""


@pytest.mark.parametrize("path", TREES, ids=name)
def test_a_run_directory_is_touched_through_its_tree(path: Path) -> None:
    calls = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    called = [func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls]
    assert Counter(each for each in called if each in TOUCHES) == NAMED_BY_THE_USER.get(name(path), {})
