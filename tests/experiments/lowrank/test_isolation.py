"""The room is a folder: with it or without it, every other cell has the hash that it had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import samenoise

PLANNED = """
import json
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.lab.rooms import names
from samenoise.runs.cell import in_order

cells = in_order(Agenda(load("digits-quick")).cells)
found = json.dumps({"rooms": sorted(names()), "cells": {cell.title: cell.hash for cell in cells}})
"""


def planned(package: Path) -> dict[str, dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    code = f"{PLANNED}\nprint(found)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def planned_here() -> dict[str, dict[str, str]]:
    exec(PLANNED, here := {})
    return dict(json.loads(here["found"]))


def test_no_other_hash_knows_of_it(tmp_path: Path) -> None:
    source = Path(samenoise.__file__).parent
    shutil.copytree(source, tmp_path / "samenoise", ignore=shutil.ignore_patterns("__pycache__", "lowrank"))
    one, other = planned(tmp_path), planned_here()
    assert set(other["rooms"]) - set(one["rooms"]) == {"lowrank"}
    assert len(one["cells"]) > 40
    assert one["cells"] == other["cells"]
