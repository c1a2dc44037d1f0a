"""What moves the hash of a score, and what does not: settings here, code in a copy of the package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from number_cell import Number
from tiny import MATRIX, SOLVERS, TINY, other, tiny

import samenoise
from samenoise.lab import features
from samenoise.lab.agenda import Agenda
from samenoise.lab.common import Common
from samenoise.lab.config import Config
from samenoise.runs.cell import in_order

SOURCES = Path(samenoise.__file__).parent
HASHES = """
import json, sys
from tiny import MATRIX, SOLVERS, TEACHER, TINY, other
from samenoise.lab.agenda import Agenda
from samenoise.runs.cell import in_order

found = {}
for preset in (TINY, TEACHER, MATRIX, SOLVERS):
    agenda = Agenda(other(preset))
    scores = {cell.hash: cell.measurement.experiment for cell in agenda.scores}
    for cell in in_order(agenda.cells):
        found[preset["name"] + ": " + cell.title] = [scores.get(cell.hash, cell.kind), cell.hash]
print(json.dumps(found), flush=True)
"""
AGAIN = f"""
import os, sys
from importlib import invalidate_caches
import samenoise.lab.agenda, tiny

for name in [name for name in sys.modules if name.partition(".")[0] in ("samenoise", "tiny")]:
    del sys.modules[name]
for line in sys.stdin:
    if child := os.fork():
        if os.waitpid(child, 0)[1]:
            break
    else:
        invalidate_caches()
        exec({HASHES!r})
        os._exit(0)
"""
"""A process that has imported all that samenoise does, torch among it, and imports samenoise itself for every line."""
ROOM = """
from samenoise.lab.experiment import Experiment


class Rainbow(Experiment):
    name = "rainbow"
    heading = "Rainbows"

    def measurements(self, study, settings):
        return []


experiment = Rainbow()
"""


def scores(config):
    return {cell.hash for cell in Agenda(config).scores}


def changed(config, common):
    """A config with another common part, made without a check: hashes alone are looked at."""
    return Config(config.name, config.experiments, common, config.settings, config.shown)


FIELDS = {
    "seed": 1,
    "device": "cuda",
    "data": {"held_out": 21},
    "process": {"name": "vp"},
    "network": {"blocks": 2},
    "widths": [8, 24],
    "sizes": [4, 12, 41],
    "training": {**TINY["training"], "updates": 41},
    "replicates": 2,
    "models": {**MATRIX["models"], "again": {"seed": 2}},
    "sampling": {**TINY["sampling"], "noises": 33},
    "feature": "other",
    "threshold": 0.9,
}


def test_all_fields_of_the_common_part_are_tried():
    assert set(FIELDS) == set(Common.model_fields)


@pytest.mark.parametrize("key", FIELDS)
def test_every_field_of_the_common_part_moves_every_score(key, monkeypatch):
    preset = MATRIX if key == "models" else TINY
    before = other(preset)
    if key == "feature":  # there is one as yet
        monkeypatch.setitem(features.FEATURES, "other", features.PixelFeature)
        after = changed(before, before.common.model_copy(update={"feature": "other"}))
    else:
        after = other(preset, **{key: FIELDS[key]})
    assert getattr(after.common, key) != getattr(before.common, key)
    assert scores(before)
    assert not scores(before) & scores(after)


def test_neither_name_nor_pictures_move_a_score():
    before = scores(tiny())
    assert scores(tiny(name="other")) == scores(tiny(shown=8)) == before
    assert Agenda(tiny(name="other")).grid.hash == Agenda(tiny()).grid.hash
    assert Agenda(tiny(shown=8)).grid.hash != Agenda(tiny()).grid.hash


def of_experiment(config, name):
    return {cell.hash for cell in Agenda(config).scores if cell.measurement.experiment == name}


def test_a_key_of_another_experiment_moves_no_score():
    both = ["matrix", "solvers"]
    before, after = (
        other(SOLVERS, experiments=both, solvers={**SOLVERS["solvers"], "reference_steps": steps}) for steps in (12, 14)
    )
    assert of_experiment(before, "matrix") == of_experiment(after, "matrix")
    assert not of_experiment(before, "solvers") & of_experiment(after, "solvers")
    alone = other(MATRIX, models=SOLVERS["models"], threshold=SOLVERS["threshold"])
    assert scores(alone) == of_experiment(before, "matrix"), "nor does another experiment that asks for no other model"


def of_width(cell, width):
    """Whether a cell is made of networks of a width."""
    return any(need.kind == "train" and need.width == width for need in in_order([cell]))


def test_another_experiment_leaves_what_shares_no_cohort_with_it():
    """``splits`` adds networks of width 8 and none of width 16."""
    before, after = (
        {cell.hash: cell for cell in in_order(Agenda(tiny(experiments=names)).cells)}
        for names in (["regimes"], ["regimes", "splits"])
    )
    gone = [cell for key, cell in before.items() if key not in after]
    assert gone, "cohorts of width 8 are others"
    assert all(of_width(cell, 8) for cell in gone)
    kept = [cell for key, cell in before.items() if key in after]
    assert {cell.kind for cell in kept} == {"data", "train", "sample", "features"}
    assert sum(cell.kind == "sample" and of_width(cell, 16) for cell in kept) == 2 * 3


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package, and the hashes of the tiny presets by its code: title -> experiment or kind, and hash."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(SOURCES, root / "samenoise", ignore=shutil.ignore_patterns("__pycache__"))

    path = os.pathsep.join([str(root), str(Path(__file__).parents[1])])
    env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", AGAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )

    def hashes():
        process.stdin.write("\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield root / "samenoise", hashes, hashes()
    process.communicate(timeout=60)


def moved(package, edits):
    """Kinds of the cells whose hashes move with the text that is added to some files, and of those that stay."""
    root, hashes, before = package
    originals = {path: (root / path).read_text() if (root / path).exists() else None for path in edits}
    try:
        for path, text in edits.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text((originals[path] or "") + text)
        after = hashes()
    finally:
        for path, text in originals.items():
            (root / path).unlink() if text is None else (root / path).write_text(text)
    assert after.keys() == before.keys()
    kinds = {title: kind for title, (kind, _) in before.items()}
    gone = {title for title in before if before[title] != after[title]}
    return {kinds[title] for title in gone}, {kinds[title] for title in before.keys() - gone}


def test_a_new_room_moves_nothing(package):
    found, _ = moved(package, {"experiments/rainbow/__init__.py": ROOM})
    assert found == set()


def test_words_keys_and_comments_move_nothing(package):
    """Of a file that all depend on, a comment; of rooms, their words and figures and a key of the settings."""
    edits = {
        "lab/ledger.py": "\n# A comment.\n",
        "experiments/regimes/__init__.py": "\nWORD = 1\n",
        "experiments/matrix/figures.py": "\nWORD = 1\n",
        "experiments/splits/__init__.py": "\nSplitsSettings.model_config\n",
        "report/page.py": "\nWORD = 1\n",
    }
    assert moved(package, edits)[0] == set()


def test_the_code_of_a_measurement_moves_its_own_scores(package):
    found, stayed = moved(package, {"experiments/matrix/measure.py": "\nWORD = 1\n"})
    assert found == {"matrix"}
    assert stayed == {"data", "train", "sample", "features", "grid", "regimes", "splits", "teacher", "solvers"}


def test_a_key_of_the_settings_moves_the_scores_of_its_experiment(package):
    found, _ = moved(
        package, {"experiments/solvers/settings.py": "\nclass More(SolversSettings):\n    more: int = 0\n"}
    )
    assert found == {"solvers"}


def test_code_below_moves_what_is_above(package):
    found, stayed = moved(package, {"lab/ledger.py": "\nWORD = 1\n"})
    # The grid makes no rows, but imports the contract of experiments, which names measurements.
    assert found - {"grid"} == {"regimes", "splits", "teacher", "matrix", "solvers"}
    assert stayed - {"grid"} == {"data", "train", "sample", "features"}
    assert moved(package, {"generators/optimum.py": "\nWORD = 1\n"})[1] >= {"data", "train"}


def test_a_copy_with_another_value_has_a_hash_of_its_own() -> None:
    cell = Number(value=1)
    before = cell.hash
    assert cell.model_copy(update={"value": 2}).hash == Number(value=2).hash != before == cell.model_copy().hash
