"""The page on the architecture names what there is, in the order it is in, and answers where a new line goes."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ElementTree
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from samenoise.lab.experiment import Experiment
from samenoise.lab.rooms import ours

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "samenoise"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "figures" / "architecture.svg"
WORDS = re.findall(r"`([^`\n]+)`", PAGE)
EXTENDING = re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "extending.md").read_text(encoding="utf-8"))
PATHS = sorted({word for word in WORDS if re.fullmatch(r"[\w./-]+(/|\.(py|md|yaml|json|toml))", word)})
FURTHER = sorted({word for word in EXTENDING if re.fullmatch(r"[\w.-]+(/[\w.-]*)+", word)})
"""On the page Extending."""
LISTS = {
    "FEATURES": "samenoise.lab.features",
    "NETWORKS": "samenoise.networks",
    "OPERATORS": "samenoise.inverse",
    "SOLVERS": "samenoise.solver",
    "PROCESSES": "samenoise.process",
    "PARAMETERISATIONS": "samenoise.denoiser",
    "PROCEDURES": "samenoise.cells.specs",
    "KINDS": "samenoise.outside.choose",
    "HANDLERS": "samenoise.outside.handlers",
}
ASKED = [
    "column of rows",
    "figure",
    "experiment",
    "generator",
    "feature",
    "executor",
    "network",
    "solver",
    "metric",
    "preset",
]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def exists(path: str) -> bool:
    return any((root / path).exists() for root in (SOURCES, ROOT))


@pytest.mark.parametrize("path", [*[path for path in PATHS if path not in ("measure.py", "presets/")], *FURTHER])
def test_a_path_of_the_page_is_there(path: str) -> None:
    assert exists(path), path


def test_paths_are_seen() -> None:
    assert {"noise.py", "lab/experiment.py", "experiments/", "docs/experiments/", "cells/specs.py"} <= set(PATHS)
    assert {"training/stack.py", "lab/definitions.py", "tests/networks"} <= set(FURTHER)
    assert not exists("lab/nothing.py")
    for room in ours():  # what the page says of every room
        assert (SOURCES / "experiments" / room.name / "measure.py").is_file()


@pytest.mark.parametrize("name", sorted(set(WORDS) & {word for word in WORDS if re.fullmatch(r"[A-Z_]{4,}", word)}))
def test_a_list_of_the_page_is_there(name: str) -> None:
    if name == "CLOSED_FORMS":
        assert re.search(rf"^{name}\b.* =", (ROOT / "tests" / "closed_forms.py").read_text(), re.MULTILINE)
    else:
        assert len(getattr(import_module(LISTS[name]), name)) > 0


def test_the_page_answers_where_a_line_goes() -> None:
    answers = {row[0]: row[1] for row in rows("The rule")}
    assert set(ASKED) <= set(answers)
    assert all(answers.values())


def test_what_the_page_says_an_experiment_has_it_has() -> None:
    for name in ("tags", "columns", "findings", "drawings", "metrics", "Settings"):
        assert f"`{name}`" in PAGE
        assert hasattr(Experiment, name)


def test_the_contracts_are_the_six() -> None:
    found = [re.search(r"~samenoise\.([\w.]+)`", row[0]) for row in rows("Six contracts")]
    places = [
        (match[1].rpartition(".")[2], row[3].strip("`"))
        for match, row in zip(found, rows("Six contracts"), strict=True)
        if match
    ]
    assert [name for name, _ in places] == ["NoiseBank", "Process", "Denoiser", "Solver", "Cell", "Experiment"]
    for match, (name, file) in zip(found, places, strict=True):
        assert match is not None
        assert file == f"{match[1].rpartition('.')[0].replace('.', '/')}.py", name


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    checked = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    order = {name: len(checked) - k for k, layer in enumerate(checked) for name in re.findall(r"\w+", layer)}
    lines = [[order[name] for name in re.findall(r"`(\w+)(?:\.py|/)`", row[0])] for row in rows("Layers")]
    assert sorted(place for line in lines for place in line) == sorted(order.values())
    assert all(max(line) < min(below) for line, below in pairwise(lines))


def test_the_picture_is_a_picture_alone_and_names_what_there_is() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "tspan", "g")
    }
    assert not re.search(r"href|@import|url\((?!#)|on\w+=", text)
    assert "prefers-color-scheme: dark" in text
    said = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("}text"))
    for name in ("NoiseBank", "Process", "Denoiser", "Solver", "Cell", "Experiment"):
        assert name in said
    for path in re.findall(r"\b\w+(?:/|\.py)(?!\w)", said.replace("NAME/", "")):
        assert exists(path), path
