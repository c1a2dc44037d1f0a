"""What the terminal prints of ``dynamics``."""

from __future__ import annotations

import re
from pathlib import Path

from directories import build_experiment
from readings import terminal


def test_the_table_of_the_training(tmp_path: Path) -> None:
    text = terminal(build_experiment(tmp_path, "dynamics"), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"1024\s+200\s+–\s+200\s+10000", text)
