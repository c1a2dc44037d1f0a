"""The files of a run as a whole: the order of the rows, and what is said of how they were made."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
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


def test_rows_and_curves_stand_in_the_order_of_the_preset(digits_run: tuple[Agenda, Store, Rows]) -> None:
    """Experiment by experiment, size by size; last of ``regimes`` what is over all sizes."""
    agenda, store, rows = digits_run
    assert agenda.config.experiments == ("regimes", "splits")
    sizes = [4, 12, 40]
    order = [*(("regimes", n) for n in [*sizes, None]), *(("splits", n) for n in sizes)]
    assert list(dict.fromkeys((row["experiment"], row["n_train"]) for row in rows)) == order
    table = pq.read_table(store.root / "scores.parquet").to_pylist()
    assert [(row["experiment"], row["metric"], row["a"]) for row in table] == [
        (row["experiment"], row["metric"], row["a"]) for row in rows
    ]
    curves = json.loads((store.root / "curves.json").read_text())["curves"]
    assert list(dict.fromkeys((each["experiment"], each["n_train"]) for each in curves)) == [
        place for place in order if place[1] is not None
    ]
