"""One tiny run, through the command line, for all tests of what is in its rows."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner

from samenoise.cli import app
from samenoise.lab.agenda import Agenda
from samenoise.runs.store import Store
from tests.experiments.conditional.tiny_run import TINY, Tiny, config


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("tiny-conditional")
    preset, out = folder / "preset.yaml", folder / "run"
    preset.write_text(yaml.safe_dump(TINY, sort_keys=False))
    result = CliRunner().invoke(app, ["run", str(preset), "--out", str(out), "--workers", "1"])
    assert result.exit_code == 0, result.output
    rows = json.loads((out / "scores.json").read_text())["scores"]
    return Tiny(Agenda(config()), Store(out), rows)
