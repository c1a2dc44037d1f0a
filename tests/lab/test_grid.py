"""The same-noise grid shows what was sampled, and is not there where nothing is shown."""

import json

import numpy as np
from safetensors.numpy import load_file
from tiny import drawn, real, tiny

from samenoise.lab.agenda import Agenda
from samenoise.lab.panels import WRITTEN
from samenoise.networks import NETWORKS


def test_grid_shows_what_was_sampled(digits_run):
    agenda, store, _ = digits_run
    study = agenda.study
    grid, tensors = json.loads((store.root / "grid.json").read_text()), load_file(store.root / "grid.safetensors")
    rows = [row["key"] for row in grid["rows"]]
    P, R, C = tensors["images"].shape[:3]
    assert (3, len(rows), 4) == (P, R, C)
    for p, n in enumerate(agenda.config.common.sizes):
        for key, wanted in (("mlp-16", study.model(16, n)), ("optimum", study.optimum(n))):
            expected = np.round((drawn(agenda, store, wanted)[:4].clip(-1, 1) + 1) * 127.5)
            shown = tensors["images"][p, rows.index(key)].reshape(4, -1)
            assert np.abs(shown - expected).max() <= 1
        near, ids = (
            tensors["images"][p, rows.index("nearest")].reshape(4, -1),
            tensors["nearest_id"][p, rows.index("mlp-16")],
        )
        assert np.abs(near - np.round((real(agenda, store)[ids] + 1) * 127.5)).max() <= 1
        np.testing.assert_allclose(tensors["similarity"][p][:, 1:, 1:].diagonal(axis1=1, axis2=2), 1, rtol=1e-5)
    assert np.isnan(tensors["similarity"][:, :, 0]).all()


def test_without_pictures_there_is_no_grid():
    agenda = Agenda(tiny(experiments=["splits"], shown=12))
    assert agenda.panels == []
    assert agenda.grid is None
    assert not any(cell.kind == "grid" for cell in agenda.cells)


def test_every_network_is_written_as_people_write_it():
    assert list(WRITTEN) == list(NETWORKS)
