"""The page of an experiment shows what is particular to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from experiment_rows import FIGURES
from readings import DEFINITIONS


def test_the_page_shows_what_is_particular_to_an_experiment(experiment_dir: Path) -> None:
    html = (experiment_dir / "report" / "index.html").read_text(encoding="utf-8")
    columns = set(re.findall(r'<td[^>]* data-field="(\w+)"', html))
    extra = {"matrix": {"differs"}, "solvers": {"solver", "steps", "nfe", "eta"}, "dynamics": {"update"}}
    stored = json.loads((experiment_dir / "scores.json").read_text())["scores"]
    experiment = stored[0]["experiment"]
    assert columns & set().union(*extra.values()) == extra[experiment]
    for metric in {r["metric"] for r in stored}:
        assert metric in DEFINITIONS
    legends = {"matrix": "hidden", "solvers": "<legend>Setting</legend>", "dynamics": "<legend>Setting</legend>"}
    fieldset = html.partition('<fieldset class="panels"')[2].partition("</fieldset>")[0]
    assert legends[experiment] in fieldset
    for key in FIGURES[experiment]:
        assert f'id="{key}"' in html
