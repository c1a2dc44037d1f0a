from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from tiny import DYNAMICS, MATRIX, SOLVERS, Rows, computed, other

from samenoise.experiments.config import Config
from samenoise.runs.store import Store

Run = tuple[Config, Store, Rows]


@pytest.fixture(scope="session")
def matrix_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return other(MATRIX), *computed(other(MATRIX), tmp_path_factory.mktemp("matrix"))


@pytest.fixture(scope="session")
def solvers_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return other(SOLVERS), *computed(other(SOLVERS), tmp_path_factory.mktemp("solvers"))


@pytest.fixture(scope="session")
def dynamics_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return other(DYNAMICS), *computed(other(DYNAMICS), tmp_path_factory.mktemp("dynamics"))


@pytest.fixture(scope="session")
def follows_schema() -> Callable[[Any], None]:
    """Check the content of a scores.json."""
    schema = json.loads(files("samenoise.experiments").joinpath("scores.schema.json").read_text())

    def check(content: Any) -> None:
        jsonschema.validate(content, schema)

    return check
