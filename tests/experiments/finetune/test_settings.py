"""What a config of ``finetune`` may say, and what it plans."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from samenoise.experiments.finetune import possible
from samenoise.experiments.finetune.measure import Adaptations
from samenoise.generators.adapted import Adapted
from samenoise.lab.agenda import Agenda
from samenoise.runs.cell import ConfigError
from tests.experiments.finetune.tiny_run import config


@pytest.mark.parametrize(
    ("common", "settings", "words"),
    [
        ({"widths": [8, 16]}, {}, r"^finetune adapts networks of one width, got widths \[8, 16\]: give one$"),
        ({"replicates": 1}, {}, "give replicates, 2 or more$"),
        ({"data": {"held_out": 0, "classes": [5, 6]}}, {}, "finetune judges copying beside real images"),
        ({"models": {"a": {}, "b": {}}}, {}, "models have no effect"),
        ({"data": {"classes": [0, 1, 2, 3, 4]}}, {}, "finetune.source is what data is: give other images"),
        (
            {"data": {"source": "files", "path": "x", "size": 16, "channels": 1}},
            {},
            "shape .1, 8, 8., data of .1, 16, 16.",
        ),
        (
            {"training": {"procedure": "consistency-training"}},
            {},
            "networks that denoise: training.procedure is consist",
        ),
        ({}, {"size": 900}, "together more than the 901 old images there are$"),
        (
            {},
            {"source": {"classes": [0, 1], "held_out": 1}},
            "source.held_out tells old pictures from new ones: give 2",
        ),
        ({}, {"ways": {}}, "finetune.ways: dictionary should have at least 1 item"),
        ({}, {"ways": {"scratch": {}}}, "cannot be called 'scratch': give it a name of letters"),
        ({}, {"ways": {"a, again": {}}}, "cannot be called 'a, again'"),
        (
            {},
            {"ways": {"low": {"rank": 0}}},
            "^finetune.ways.low: LoRA of rank 0 adds nothing: give a rank of 1 or more",
        ),
        (
            {},
            {"ways": {"odd": {"layers": ["upp.*"]}}},
            r"^finetune.ways.odd: the pattern 'upp\.\*' matches no weight of mlp",
        ),
        ({}, {"ways": {"odd": {"layers": "attention"}}}, "^finetune.ways.odd: mlp has no attention: give patterns"),
    ],
)
def test_configs_that_cannot_be(common: dict[str, Any], settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(common, **settings)


def test_lora_without_peft_is_refused_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(possible, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"^finetune.ways.lora: LoRA needs peft: pip install samenoise\[lora\]$"):
        config()
    assert config(ways={"all": {}}).settings["finetune"].whole == "all"
    assert importlib.util.find_spec("peft"), "it is there, but for this test"


def test_the_way_of_all_weights_is_the_first_that_is() -> None:
    ways = {"low": {"rank": 2}, "up": {"layers": "up.*"}, "whole": {"lr": 1e-3}, "more": {"layers": ["up.*", "*"]}}
    assert config(ways=ways).settings["finetune"].whole == "whole"
    assert config(ways={"low": {"rank": 2}}).settings["finetune"].whole is None


def test_who_shares_what() -> None:
    """Pretrained networks are the same for all ways and sizes; every adaptation has a noise of its own but for sizes,
    which are not compared; nothing shares the noise of another thing that it is compared with."""
    agenda = Agenda(config())
    study, settings = agenda.study, agenda.config.settings["finetune"]
    made: dict[tuple[str, int, int], Adapted] = {}
    seeds, starts = {}, set()
    for n in (3, 12):
        at = Adaptations(common=study.common, n=n, settings=settings)
        for way in settings.ways:
            for again in (False, True):
                for k, one in enumerate(at.adapted(way, again).each):
                    generator = agenda.plan.generator(one)
                    assert isinstance(generator, Adapted)
                    made[f"{way} {again}", k, n] = generator
                    cell = generator.adapt
                    assert (cell.subset.n, cell.data, cell.training.updates) == (n, study.data, 220)
                    assert cell.start.train.training.updates == 300
                    assert cell.start.train.data.spec.classes == (0, 1, 2, 3, 4)
                    seeds[f"{way} {again}", k] = cell.seed
                    starts.add((k, cell.start.train.hash, cell.start.member))
        for k, one in enumerate(at.scratch.each):
            seeds["scratch", k] = one.member.model.seed
        for k, one in enumerate(at.pretrained.each):
            seeds["before", k] = one.member.model.seed
    assert len(starts) == 2, "one pretrained network for each replicate"
    assert len(made) == 2 * 2 * (2 + 1)
    assert len(set(seeds.values())) == len(seeds) == 2 * (2 + 1) + 2 + 2
    assert all(made[name, k, 3].adapt.seed == made[name, k, 12].adapt.seed for name, k, _ in made)
