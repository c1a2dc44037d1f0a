"""Features are cells: each set of images is embedded once, whoever scores it, and what is in the store is read."""

from collections import Counter

import pytest
import torch
from tiny import TINY, content, tiny

from samenoise.features import Pixel
from samenoise.lab import scene
from samenoise.lab.agenda import Agenda
from samenoise.lab.features import CHUNK, FeatureCell
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store


@pytest.fixture
def embedded(monkeypatch):
    """Numbers of images of every call of :meth:`Pixel.embed`."""
    calls, embed = [], Pixel.embed

    def watched(self, images):
        calls.append(len(images))
        return embed(self, images)

    monkeypatch.setattr(Pixel, "embed", watched)
    return calls


def test_no_score_embeds_images_twice(embedded, tmp_path, monkeypatch):
    """Once for every set of samples and for the data; scores embed what they have cleaned, and nothing else does."""
    cleanings, cleaned = [], scene.cleaned
    monkeypatch.setattr(scene, "cleaned", lambda images, *a: cleanings.append(len(images)) or cleaned(images, *a))
    agenda = Agenda(tiny(sizes=[4, 12], training={**TINY["training"], "updates": 3}))
    store, made = Store(tmp_path), {}
    for cell in in_order(agenda.cells):
        before = len(embedded)
        store.compute(cell)
        made.setdefault(cell.kind, []).append(embedded[before:])
    calls = made.pop("features")
    assert Counter(map(tuple, calls)) == {(32,): len(calls) - 1, (CHUNK, 1797 - CHUNK): 1}
    samples = made["sample"]
    assert len(calls) == len(samples) + 1
    assert made.keys() == {"data", "train", "sample", "score", "grid"}
    assert [length for calls in made.pop("score") for length in calls] == cleanings
    assert not any(calls for kind in made.values() for calls in kind)
    assert len(agenda.asks) > len(samples), "what is asked for more than once"


def test_features_are_read_from_the_store(embedded, tmp_path):
    agenda, store = Agenda(tiny()), Store(tmp_path)
    study = agenda.study
    cell = agenda.plan.features(study.ask(study.optimum(4)))
    for need in in_order([cell]):
        store.compute(need)
    assert embedded == [32]
    first = content(store.path(cell))
    again = Agenda(tiny()).plan.features(study.ask(study.optimum(4)))
    assert Store(tmp_path).compute(again) == store.path(cell)
    assert embedded == [32], "it is there"
    (store.path(cell) / "features.safetensors").write_bytes(b"damaged")
    assert content(store.compute(cell)) == first
    assert embedded == [32, 32]


def test_features_are_those_of_the_extractor(tmp_path):
    agenda, store = Agenda(tiny()), Store(tmp_path)
    study = agenda.study
    drawn = agenda.plan.features(study.ask(study.gaussian(12)))
    for need in in_order([drawn, agenda.plan.real()]):
        store.compute(need)
    images = drawn.images.load(store)
    data = study.data.load(store)
    pixel = Pixel(data.images[study.feature.subset.ids(study.data)].mean(0))
    assert study.feature.subset.n == 40, "one feature for all sizes"
    for cell, expected in (
        (drawn, pixel(images.images, images.ids, images.bank)),
        (agenda.plan.real(), pixel(data.images, torch.arange(1797), data.hash)),
    ):
        found = cell.load(store)
        assert torch.equal(found.array, expected.array)
        assert torch.equal(found.ids, expected.ids)
        assert (found.extractor, found.source) == (expected.extractor, expected.source)


def test_a_feature_is_one_cell_for_all_who_ask():
    agenda = Agenda(tiny())
    cells = [cell for cell in in_order(agenda.cells) if isinstance(cell, FeatureCell)]
    assert len({cell.images.hash for cell in cells}) == len(cells)
    study = agenda.study
    for again in (False, True):
        assert sum(cell == agenda.plan.features(study.ask(study.model(8, 4), again)) for cell in cells) == 1
