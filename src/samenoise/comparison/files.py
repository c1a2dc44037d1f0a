"""What a comparison leaves in its folder: the scores as JSON, a summary, a JUnit file and the grid.

compare.json    everything, :meth:`samenoise.comparison.result.Comparison.content`, with the verdicts of the gates
summary.md      for a pull request
junit.xml       a test case for each gate
grid.png        the noises that differ most, same noise below same noise
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from samenoise.comparison import picture
from samenoise.comparison.gates import Verdict
from samenoise.comparison.junit import junit
from samenoise.comparison.result import Comparison
from samenoise.comparison.tables import markdown
from samenoise.runs.files import write_whole

__all__ = ["content", "write"]


def content(found: Comparison, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """A comparison and what became of its gates, as JSON."""
    return {**found.content(), "gates": [verdict._asdict() for verdict in verdicts]}


def write(folder: Path, found: Comparison, verdicts: Sequence[Verdict]) -> None:
    """Write the files into ``folder``, each of which appears whole or not at all."""
    write_whole(folder / "compare.json", json.dumps(content(found, verdicts), indent=1).encode())
    write_whole(folder / "summary.md", markdown(found, verdicts).encode())
    write_whole(folder / "junit.xml", junit(verdicts))
    picture.write(folder / "grid.png", found.strip)
