"""One tiny run for all tests of what is in its rows."""

from __future__ import annotations

import pytest
from tiny import computed

from samenoise.lab.agenda import Agenda
from tests.experiments.finetune.tiny_run import Tiny, config


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    store, rows = computed(config(), tmp_path_factory.mktemp("tiny-finetune") / "run")
    return Tiny(Agenda(config()), store, rows)
