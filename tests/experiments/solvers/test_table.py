"""What the terminal prints of ``solvers``."""

from __future__ import annotations

import re
from pathlib import Path

from directories import build_experiment
from readings import terminal


def test_the_table_of_solvers(tmp_path: Path) -> None:
    text = terminal(build_experiment(tmp_path, "solvers"), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"143\s+Heun\s+1\.00\s+0\.99\s+0\.0047", text)
