"""The cell of maps: whatever room has some, what is not drawn on a sheet is empty there, and sheets are alike."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import TINY, computed, cosines, drawn, other, real, shuffled, tiny

from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import collect
from samenoise.lab.experiment import Map, PanelRow
from samenoise.lab.maps import MapCell
from samenoise.lab.study import Study
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

CONFIG = other(TINY, experiments=["regimes"], sizes=[4, 12])
PLACES, MARKED = (7, 0, 3, 5, 2, 1), (1, 4)


def row(study: Study, name: str, n: int) -> PanelRow:
    wanted = {"optimum": study.optimum, "gaussian": study.gaussian}[name](n)
    return PanelRow(name, f"the {name}", name, study.ask(wanted))


def sheets(study: Study) -> list[Map]:
    both = tuple(row(study, name, 4) for name in ("optimum", "gaussian"))
    return [
        Map("N = 4", 4, 3, PLACES, MARKED, both),
        Map("N = 12", 12, 3, PLACES, MARKED, (row(study, "gaussian", 12),)),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agenda, Store, dict[str, np.ndarray], dict[str, object]]:
    agenda, store = Agenda(CONFIG), Store(tmp_path_factory.mktemp("maps"))
    cell = MapCell.of(CONFIG.common, sheets(agenda.study), agenda.plan)
    for each in in_order([cell]):
        store.compute(each)
    store.compute(agenda.study.data)
    place = store.path(cell)
    return agenda, store, load_file(place / "maps.safetensors"), json.loads((place / "maps.json").read_text())


def test_every_place_has_its_picture_and_the_marked_one_that_is_most_like_it(made) -> None:
    agenda, store, tensors, about = made
    assert about["columns"] == 3
    assert about["marked"] == list(MARKED)
    assert [r["key"] for r in about["rows"]] == ["optimum", "gaussian"]
    mean = real(agenda, store)[shuffled(1797)[:12]].mean(0)
    for p, n in enumerate((4, 12)):
        images = drawn(agenda, store, agenda.study.gaussian(n))[list(PLACES)]
        similarity = cosines(images, images[list(MARKED)], mean)
        np.testing.assert_array_equal(tensors["nearest"][p, 1], similarity.argmax(1))
        np.testing.assert_allclose(tensors["similarity"][p, 1], similarity.max(1), rtol=0, atol=1e-5)
        assert tensors["nearest"][p, 1, list(MARKED)].tolist() == [0, 1]
        levels = np.round((images.clip(-1, 1) + 1) * 127.5)
        assert np.abs(tensors["images"][p, 1].reshape(6, 64).astype(int) - levels).max() <= 1


def test_what_a_sheet_lacks_is_empty_there(made) -> None:
    _, _, tensors, _ = made
    assert (tensors["nearest"][1, 0] == -1).all()
    assert np.isnan(tensors["similarity"][1, 0]).all()
    assert (tensors["images"][1, 0] == 0).all()
    assert (tensors["nearest"][0, 0] >= 0).all()


def test_sheets_are_alike() -> None:
    agenda = Agenda(CONFIG)
    one, other_one = sheets(agenda.study)
    for wrong in (
        Map("x", 4, 2, PLACES, MARKED, one.rows),
        Map("x", 4, 3, PLACES[:3], MARKED, one.rows),
        Map("x", 4, 3, PLACES, (0, 4), one.rows),
    ):
        with pytest.raises(ValueError, match="the maps of a run have as many places and the same ones marked"):
            MapCell.of(CONFIG.common, [one, other_one, wrong], agenda.plan)


def test_a_run_without_maps_has_none_and_drops_those_of_another(tmp_path) -> None:
    agenda = Agenda(tiny())
    assert agenda.sheets is None
    encoding = {"experiments": ["encoding"], "encoding": {"planes": 2, "cells": 2, "beyond": 0}}
    store, _ = computed(other(TINY, sizes=[4], training={"updates": 3}, **encoding), tmp_path)
    names = [store.root / f"maps.{kind}" for kind in ("json", "safetensors")]
    assert all(path.exists() for path in names)
    plain = Agenda(other(TINY, experiments=["regimes"], sizes=[4], training={"updates": 3}))
    for cell in in_order(plain.cells):
        store.compute(cell)
    collect(plain, store, "samenoise run tiny")
    assert not any(path.exists() for path in names)
