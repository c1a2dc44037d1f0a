"""What a run says of how it was made."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tiny import MATRIX, other

from samenoise.lab.agenda import Agenda

if TYPE_CHECKING:
    from tiny import Rows

    from samenoise.runs.store import Store

FLOW = {"process": {"name": "flow"}, "network": {"parameterisation": "flow"}}


def test_the_sampler_is_that_of_the_closed_forms_whatever_networks_have(
    matrix_run: tuple[Agenda, Store, Rows],
) -> None:
    """Networks may each have a process of their own, and students a grid."""
    agenda = Agenda(other(MATRIX, models={"flow": FLOW, **MATRIX["models"]}))
    assert agenda.reference is not None
    assert agenda.reference.generator.process == agenda.config.common.process
    _, store, _ = matrix_run
    sampler = json.loads((store.root / "manifest.json").read_text())["sampler"]
    assert sampler["process"]["name"] == "edm"
    assert (sampler["solver"]["name"], sampler["nfe"], len(sampler["grid"])) == ("heun", 2 * 4 - 1, 5)


def test_worker_seconds_are_those_of_all_units_of_a_kind(matrix_run: tuple[Agenda, Store, Rows]) -> None:
    _, store, _ = matrix_run
    seals = [json.loads(file.read_text()) for file in store.root.glob("*/*/cell.json")]
    assert Counter(seal["kind"] for seal in seals)["train"] > 1
    for kind, seconds in json.loads((store.root / "manifest.json").read_text())["worker_seconds"].items():
        assert seconds == pytest.approx(sum(seal["seconds"] for seal in seals if seal["kind"] == kind), abs=0.051)
