"""Names and labels that would be markup stay text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from directories import build_run
from experiment_rows import dynamics_rows, near, pair, solver_rows
from readings import Page
from rows import row
from sweeps import regime_rows

from samenoise.report import write_report

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">$_{'


@pytest.mark.usefixtures("page_alone")
def test_hostile_names_stay_text(tmp_path: Path) -> None:
    rows = [r | {"a": HOSTILE, "feature": HOSTILE} for r in regime_rows()]
    rows.append(row(HOSTILE, HOSTILE, 0.5, "_hidden", HOSTILE, 8))
    run_dir = build_run(tmp_path, rows, curves=False, label=HOSTILE.replace("{", "") + "{}", name=HOSTILE)
    manifest = json.loads((run_dir / "manifest.json").read_text())
    (run_dir / "manifest.json").write_text(json.dumps(manifest | {HOSTILE: [HOSTILE], "command": HOSTILE}))
    page = Page(write_report(run_dir).read_text(encoding="utf-8"))
    assert page.tags.count("script") == 2  # the data of the grid, the script of the page
    assert page.tags.count("img") == 0
    assert not [k for k, _ in page.attributes if k.startswith("onerror")]
    assert page.text.count("alert(1)") > len(rows)


@pytest.mark.usefixtures("page_alone")
def test_hostile_labels_stay_text(tmp_path: Path) -> None:
    hostile = HOSTILE.replace("<script>alert(1)</script>", "")  # short enough for a legend
    rows = [r | {"a": hostile} for r in solver_rows() + dynamics_rows() if r["a"] != "mlp-256"]
    rows += [pair(0.5, hostile, f"_{hostile}", differs=[hostile]), near(hostile, 1.0)]
    html = write_report(build_run(tmp_path, rows, curves=False, grid=False)).read_text(encoding="utf-8")
    assert "<img" not in html
    assert html.count("<script") == 1


@pytest.mark.usefixtures("page_alone")
def test_the_policy_names_the_one_script_that_runs(tmp_path: Path) -> None:
    html = write_report(build_run(tmp_path, regime_rows()[:2], curves=False)).read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{own}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    attributes = [name for name, _ in Page(html).attributes]
    assert len(attributes) > 100
    assert [name for name in attributes if name.startswith("on")] == [], "no handler in a tag, which it would refuse"
