from __future__ import annotations

import pytest
from closed_forms import CLOSED_FORMS, Make

from samenoise.process import PROCESSES, Process


@pytest.fixture(params=PROCESSES, ids=lambda p: p.name)
def process(request: pytest.FixtureRequest) -> Process:
    made: Process = request.param()
    return made


@pytest.fixture(params=CLOSED_FORMS)
def closed_form(request: pytest.FixtureRequest) -> Make:
    return CLOSED_FORMS[request.param]
