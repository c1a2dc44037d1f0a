"""Images, features and searches in parts: the bits of the whole, whoever made which part."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import TINY, content

from samenoise.cells.data import Subset
from samenoise.generators.sampling import SampleCell
from samenoise.lab import drawn as drawn_module
from samenoise.lab import features as features_module
from samenoise.lab.agenda import Agenda
from samenoise.lab.collect import collect
from samenoise.lab.config import Config
from samenoise.lab.scene import Scene
from samenoise.lab.score import ScoreCell
from samenoise.lab.search_part import CHUNK, SearchPart, found, search_parts
from samenoise.metrics import Nearest, nearest
from samenoise.runs.cell import in_order
from samenoise.runs.gpus import Sharing
from samenoise.runs.local import execute
from samenoise.runs.parts import cut, spans
from samenoise.runs.store import Store

SHARDS = (1, 2, pytest.param(4, marks=pytest.mark.slow), 8)
LARGEST = 2 * CHUNK + 100


@given(count=st.integers(1, 200), unit=st.integers(1, 30), most=st.integers(1, 12))
def test_spans_are_a_whole_number_of_batches_and_as_even_as_may_be(count, unit, most):
    found = spans(count, unit, most)
    assert [k for first, last in found for k in range(first, last)] == [*range(count)]
    assert all(first % unit == 0 for first, _ in found)
    assert len(found) == min(most, -(-count // unit))
    batches = [-(-(last - first) // unit) for first, last in found]
    assert max(batches) - min(batches) <= 1
    assert all(a[1] == b[0] for a, b in pairwise(found))


@pytest.fixture(scope="module")
def agenda(tmp_path_factory) -> Agenda:
    """Of pictures of noise, so many that a search goes by three chunks."""
    folder = tmp_path_factory.mktemp("pictures")
    pictures = np.random.default_rng(0).integers(0, 256, (LARGEST + 20, 8, 8), dtype=np.uint8)
    head = np.array([0x803, *pictures.shape], dtype=">i4").tobytes()
    (folder / "t-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
    labels = np.array([0x801, len(pictures)], dtype=">i4").tobytes() + bytes(len(pictures))
    (folder / "t-labels-idx1-ubyte").write_bytes(labels)
    return Agenda(
        Config.of(
            {
                **TINY,
                "experiments": ["regimes"],
                "data": {"source": "files", "path": str(folder), "held_out": 20},
                "widths": [8],
                "sizes": [4, LARGEST],
                "sampling": {"noises": 62, "batch": 8, "ceiling_batch": 12, "steps": 4},
            }
        )
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory, agenda) -> Store:
    """With the data, and images of the closed forms."""
    made = Store(tmp_path_factory.mktemp("whole"))
    made.compute(agenda.study.data)
    made.compute(agenda.plan.real())
    for cell in samples(agenda):
        made.compute(cell)
    return made


def samples(agenda: Agenda) -> list[SampleCell]:
    study = agenda.study
    return [agenda.plan.samples(study.ask(each)) for each in (study.optimum(4), study.gaussian(LARGEST))]


@pytest.mark.parametrize("shards", SHARDS)
def test_images_in_parts_are_those_of_the_whole(shards, agenda, store, tmp_path):
    for cell in samples(agenda):
        parted, other = cell.cut(shards), Store(tmp_path)
        assert parted.hash == cell.hash
        assert len(parted.parts()) == (shards if shards > 1 else 0)
        for need in (agenda.study.data, *parted.parts()):
            other.compute(need)
        assert content(other.compute(parted)) == content(store.path(cell))


@pytest.mark.parametrize("shards", SHARDS)
def test_features_in_parts_are_those_of_the_whole(shards, agenda, store, tmp_path, monkeypatch):
    monkeypatch.setattr(features_module, "CHUNK", 600)
    whole = agenda.plan.real()
    parted, other = whole.cut(shards), Store(tmp_path)
    assert parted.hash == whole.hash
    other.compute(agenda.study.data)
    for part in parted.parts():
        other.compute(part)
    assert len(parted.parts()) == (shards if shards > 1 else 0)
    assert content(other.compute(parted)) == content(store.path(whole))


@pytest.mark.parametrize("shards", SHARDS)
def test_a_search_in_parts_finds_what_that_of_the_whole_finds(shards, agenda, store):
    """There are three chunks, so that eight parts are three."""
    study, plan = agenda.study, agenda.plan
    subset, images = Subset(n=LARGEST), plan.features(study.ask(study.gaussian(LARGEST)))
    a, y = store.compute(images), plan.real().load(store).array[subset.ids(study.data)]
    parts = search_parts(images, plan.real(), subset, shards)
    assert len(parts) == min(shards, 3)
    for part in reversed(parts):
        store.compute(part)
    together, whole = found(parts, store), nearest(images.load(store).array, y)
    assert a.is_dir()
    assert torch.equal(together.similarity, whole.similarity)
    assert torch.equal(together.row, whole.row)


def test_what_was_found_before_is_not_searched_for_again(agenda, store, monkeypatch):
    """All of a measurement's searches, where it runs."""
    score = agenda.scores[1].cut(2)
    assert isinstance(score, ScoreCell)
    wanted = {(cell.images.hash, cell.subset) for cell in score.parts()}
    searched = [(agenda.plan.features(ask).hash, subset) for ask, subset in score.measurement.searches()]
    assert wanted == {*searched}
    images = agenda.plan.features(agenda.study.ask(agenda.study.gaussian(LARGEST)))
    store.compute(images)
    near = Nearest(torch.tensor([[0.5], [0.99]]), torch.tensor([[3], [1]]))
    scene = Scene(agenda.study, agenda.plan, store, [], {(images.hash, Subset(n=LARGEST)): near})
    monkeypatch.setattr(drawn_module, "memorized", None)
    told = scene.gaussian(LARGEST).copies(scene.train(LARGEST), 0.9)
    assert (told.score.value, told.row.tolist()) == (0.5, [3, 1])
    with pytest.raises(TypeError):
        scene.gaussian(LARGEST).copies(scene.train(4), 0.9)


def test_what_is_there_has_no_parts_and_what_is_lacking_comes_after_its_own(agenda, store):
    there, lacking = samples(agenda)[0], agenda.plan.samples(agenda.study.ask(agenda.study.gaussian(4)))
    todo = cut({lacking.hash: lacking}, store, 4)
    assert [cell.hash for cell in todo.values()] == [*(p.hash for p in lacking.cut(4).parts()), lacking.hash]
    store.compute(lacking.cut(4).parts()[2])
    assert len(cut({lacking.hash: lacking}, store, 4)) == 4
    assert list(cut({there.hash: there}, store, 1)) == [there.hash]


@pytest.mark.slow
def test_a_run_in_parts_by_two_workers_has_the_same_scores(agenda, tmp_path):
    stores = {shards: Store(tmp_path / str(shards)) for shards in (1, 4)}
    for shards, store in stores.items():
        execute(agenda.cells, store, 2, sharing=Sharing(shards=shards))
    rows = {shards: collect(agenda, store, "x") for shards, store in stores.items()}
    assert rows[1] == rows[4]
    for cell in in_order(agenda.cells):
        if cell.kind in ("sample", "features"):
            assert content(stores[1].path(cell)) == content(stores[4].path(cell))
    searched = [part for cell in agenda.scores for part in cell.cut(4).parts()]
    assert len(searched) == 2 * 3, "the network's and the Gaussian's nearest of the largest training set"
    assert all(isinstance(part, SearchPart) and stores[4].has(part) for part in searched)
    assert not Path(stores[1].root, "searches").exists()
