"""A side against itself: on another device, where there is one, and in another precision, where it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks_made import SHAPE, stirred

from samenoise.comparison import SideSpec, compare, parse
from samenoise.comparison.ceiling import elsewhere
from samenoise.comparison.tables import sentences
from samenoise.denoiser import NetworkDenoiser
from samenoise.networks.checkpoint import save_pretrained
from samenoise.process import VP


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m"
    save_pretrained(NetworkDenoiser(stirred("mlp").eval(), VP(), SHAPE, "v"), path)
    return f"{path},steps=4"


@pytest.mark.parametrize(
    ("cards", "side", "found"),
    [
        (0, "owner/name", None),
        (1, "owner/name", "cuda:0"),
        (1, "owner/name,device=cuda", None),
        (1, "owner/name,device=cuda:0", None),
        (2, "owner/name,device=cuda", "cuda:1"),
        (2, "owner/name,device=cuda:1", "cuda:0"),
        (1, "owner/name,quantize=int8", None),
        (1, "owner/name,python=/usr/bin/python3", None),
        (1, "package.module:function", None),
    ],
)
def test_another_device_is_a_card_that_a_side_can_be_on_and_is_not(monkeypatch, cards, side, found):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    assert elsewhere(parse(side), []) == ([] if found is None else [{"device": found}])


def test_a_device_that_is_asked_for_is_the_other_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert elsewhere(parse("owner/name"), [{"dtype": "float64"}, {"device": "cpu"}]) == []
    assert elsewhere(SideSpec(np.tanh), []) == []


def test_every_side_is_drawn_on_the_other_device_too(model, monkeypatch):
    monkeypatch.setattr("samenoise.comparison.drawn.elsewhere", lambda spec, asked: [{"device": "cpu:0"}])
    seen = []
    monkeypatch.setattr("samenoise.comparison.ceiling.opening", spied(seen))
    found = compare(f"{model},name=a", f"{model},dtype=float64,name=b", noises=20, ceiling=16)
    for name in "ab":
        [other] = [each for each in found.ceilings[name] if each.way == "device=cpu:0"]
        assert len(other.measured.ids) == 16
        assert other.measured.equal.all()
    assert seen == [{"steps": 4, "device": "cpu:0"}, {"steps": 4, "dtype": "float64", "device": "cpu:0"}]
    assert found.missed == []


def spied(seen):
    from samenoise.comparison.side import opening

    def spy(spec):
        seen.append(dict(spec.options))
        return opening(spec)

    return spy


def test_a_device_that_nobody_asked_for_may_fail_and_it_is_said(pipeline, monkeypatch):
    """As here, where torch has none; what is asked for may not."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a card")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    a = f"{pipeline('ddim')},steps=2"
    found = compare(f"{a},name=a", f"{a},name=b", noises=4)
    assert [ceiling.way for ceiling in found.ceilings["a"]] == ["again", "batch 9", "threads 2"]
    assert len(found.missed) == 2
    assert found.missed[0].startswith("a was not drawn again with device=cuda:0: ")
    assert found.missed[0] in sentences(found)
    assert found.content()["ceilings_missed"] == found.missed
    with pytest.raises(ValueError, match="the device 'cuda:0' cannot be used here"):
        compare(a, a, noises=4, ceiling_with=[{"device": "cuda:0"}])


def test_another_precision_is_a_ceiling_where_it_is_asked_for(model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    found = compare(model, model, noises=20, ceiling_with=[{"dtype": "float64"}, {"dtype": "bfloat16"}])
    ways = {each.way: float(each.measured.squared.mean()) for each in next(iter(found.ceilings.values()))}
    assert list(ways)[3:] == ["dtype=float64", "dtype=bfloat16"]
    assert 0 < ways["dtype=float64"] < 1e-8 < ways["dtype=bfloat16"]
    [pair] = found.pairs
    [pfd] = [row for row in pair.rows if row.metric == "pfd"]
    assert pfd.ceiling == pytest.approx(ways["dtype=bfloat16"] ** 0.5)
