from __future__ import annotations

from pathlib import Path

import pytest
from directories import reported_experiment
from experiment_rows import FIGURES
from rooms_made import install

__all__ = ["experiment_dir", "install", "page_alone"]


@pytest.fixture(scope="session", params=FIGURES)
def experiment_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ``matrix``, ``solvers`` or ``dynamics`` with its report."""
    return reported_experiment(tmp_path_factory, request.param)


@pytest.fixture
def page_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is what is looked at: the files beside it stay empty."""
    for form in ("rasterize", "to_pdf"):
        monkeypatch.setattr(f"samenoise.report.page.{form}", lambda figure: b"")
