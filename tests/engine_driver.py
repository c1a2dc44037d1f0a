"""A driver of numbers on an engine, as a program that tests kill:

python tests/engine_driver.py slurm|ray ADDRESS ROOT SECONDS
"""

from __future__ import annotations

import sys
from pathlib import Path

from number_cell import layers

from samenoise.runs import slurm
from samenoise.runs.executor import unheard
from samenoise.runs.failures import CellFailed
from samenoise.runs.ray import Ray
from samenoise.runs.slurm import Slurm
from samenoise.runs.store import Store

OPTIONS = {"slurm_time": 2, "slurm_partition": "main"}

if __name__ == "__main__":
    name, address, root, seconds = sys.argv[1:]
    slurm.ASK = 2.0
    executor = Slurm(2, OPTIONS) if name == "slurm" else Ray(address)
    try:
        executor(layers(float(seconds)), Store(Path(root)), on_event=unheard)
    except CellFailed as error:
        raise SystemExit(str(error)) from None
