"""The experiment of somebody else on the page Extending: taken from the page, built, installed, run to its report."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
from readings import Page

from samenoise.lab import agenda
from samenoise.lab.presets import load
from samenoise.lab.rooms import ours, room
from samenoise.lab.schema import scores_schema
from samenoise.runs.cell import ConfigError

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {
    "pyproject.toml",
    "samenoise_retrieval/__init__.py",
    "samenoise_retrieval/measure.py",
    "samenoise_retrieval/presets/digits-retrieval.yaml",
    "samenoise_retrieval/words.py",
}


class Installed(NamedTuple):
    """The package in a folder of its own, and a run of its preset."""

    target: Path
    listed: str
    printed: str
    run: Path

    def say(self, *command: str) -> str:
        """What a command prints where the package is installed."""
        return said(self.target, *command)

    def units(self) -> list[dict[str, Any]]:
        """The cells of the run, and which are there."""
        plan = self.say(
            "-m", "samenoise", "run", "digits-retrieval", "--out", str(self.run), "--dry-run", "--no-timing", "--json"
        )
        return json.loads(plan)["cells"]


def said(target: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), str(ROOT / "src")])}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, cwd=target.parent, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("theirs")
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert {name for name, _ in blocks} == FILES
    for name, content in blocks:
        place = folder / "package" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    target, wheels = folder / "target", folder / "wheels"
    target.mkdir()
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    said(target, *pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(folder / "package"))
    (wheel,) = wheels.glob("*.whl")
    said(target, *pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel))
    listed = said(target, "-m", "samenoise", "ls", "--json")
    printed = said(target, "-m", "samenoise", "run", "digits-retrieval", "--workers", "1", "--out", str(folder / "run"))
    return Installed(target, listed, printed, folder / "run")


@pytest.fixture(scope="module")
def experiment(theirs: Installed) -> Any:
    sys.path.insert(0, str(theirs.target))
    try:
        from samenoise_retrieval import experiment
    finally:
        sys.path.remove(str(theirs.target))
    return experiment


def test_its_preset_is_listed_beside_ours(theirs: Installed) -> None:
    presets = json.loads(theirs.listed)["presets"]
    assert presets["digits-retrieval"].startswith("Is the picture of a noise found again")
    assert "digits" in presets


def test_its_rows_follow_the_schema_of_its_room(theirs: Installed, experiment: Any) -> None:
    scores = json.loads((theirs.run / "scores.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(scores_schema([experiment]))
    assert list(validator.iter_errors(scores)) == []
    assert not jsonschema.Draft202012Validator(scores_schema(ours())).is_valid(scores)
    rows = scores["scores"]
    assert [row["n_train"] for row in rows] == [8, 64, 512]
    assert {(row["metric"], row["pool"], row["n"]) for row in rows} == {("retrieval", 128, 128)}
    for row in rows:
        assert row["baseline"]["floor"] == 1 / 128
        assert row["baseline"]["gaussian"] <= row["value"] <= row["baseline"]["ceiling"] == 1


def test_the_page_has_its_sentence_figure_definition_and_column(theirs: Installed, experiment: Any) -> None:
    page = html.unescape((theirs.run / "report" / "index.html").read_text(encoding="utf-8"))
    rows = json.loads((theirs.run / "scores.json").read_text(encoding="utf-8"))["scores"]
    least = min(rows, key=lambda row: row["value"])
    text = Page(page).text  # words of the report are explained where they stand
    assert "Among 128 pictures of mlp-64, the one from the same noise is the most similar to that of mlp-32" in text
    assert f"(least at N\u00a0=\u00a0{least['n_train']}; by chance 0.8\u00a0%)" in text
    assert "No threshold decides it" in text  # the caption
    values = ", ".join(f"{row['value']:.2f} at N = {row['n_train']}" for row in rows)
    assert f"Line chart of retrieval against the number of training images. mlp-32 and mlp-64: {values}." in page
    for kind in ("png", "pdf"):
        assert (theirs.run / "report" / "figures" / f"retrieval.{kind}").stat().st_size > 1000
    definition = experiment.metrics["retrieval"]
    for each in (definition.formula, definition.sentence, definition.code, experiment.heading):
        assert each in page
    assert re.search(r"<th[^>]*>(<[^>]*>)*\s*pool\b", page)


def test_the_terminal_has_its_sentence_and_column(theirs: Installed) -> None:
    assert "Found again. Among 128 pictures of mlp-64" in theirs.printed.replace("\n", " ")
    assert re.search(r"^ +found *$", theirs.printed, re.MULTILINE)


def test_its_code_decides_its_hashes_and_its_words_do_not(theirs: Installed) -> None:
    module = theirs.target / "samenoise_retrieval"
    for name, missing in (("words.py", set()), ("measure.py", {"score"})):
        file = module / name
        before = file.read_text(encoding="utf-8")
        file.write_text(before + "\nCHANGED = True\n", encoding="utf-8")
        try:
            units = theirs.units()
        finally:
            file.write_text(before, encoding="utf-8")
        assert {unit["kind"] for unit in units if not unit["there"]} == missing, name
        assert {"train", "sample", "score"} <= {unit["kind"] for unit in units}


def test_rows_that_nobody_would_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement that was copied from another experiment, with its name."""
    config = load("digits-quick", ["experiments=splits"])
    assert agenda.Agenda(config).measurements
    monkeypatch.setattr(agenda, "room", lambda name: room("regimes"))
    with pytest.raises(ConfigError, match=r"'splits' has a measurement whose rows are of 'regimes': Regime.experiment"):
        agenda.Agenda(config).measurements  # noqa: B018
