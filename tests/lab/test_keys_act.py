"""Every key of a config acts, or is refused: what decides nothing is something that somebody expected to."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from tiny import DYNAMICS, MATRIX, SOLVERS, TEACHER, TINY, other

from samenoise.cells.specs import DataSpec, SamplingSpec, TrainingSpec
from samenoise.lab.agenda import Agenda
from samenoise.lab.common import Common
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.lab.rooms import presets
from samenoise.runs.cell import ConfigError, described, in_order

LOWRANK: dict[str, Any] = {
    **TINY,
    "name": "tiny-lowrank",
    "experiments": ["lowrank"],
    "lowrank": {"images": 8},
    "replicates": 2,
}
for key in ("sampling", "shown"):
    del LOWRANK[key]
SPLITS: dict[str, Any] = {**TINY, "experiments": ["splits"]}
del SPLITS["shown"]
PRESETS = {
    "regimes": {**TINY, "experiments": ["regimes"]},
    "splits": SPLITS,
    "teacher": TEACHER,
    "dynamics": DYNAMICS,
    "matrix": MATRIX,
    "solvers": SOLVERS,
    "lowrank": LOWRANK,
}
OTHER: dict[str, Any] = {
    # one other value of every key
    "seed": 5,
    "replicates": 3,
    "device": "cuda",
    "widths": [24],
    "sizes": [4, 16],
    "threshold": 0.77,
    "shown": 3,
    "data.source": "mixture",
    "data.held_out": 18,
    "data.components": 4,
    "data.reg_covar": 0.01,
    "data.path": "/somewhere",
    "data.split": "test",
    "data.size": 4,
    "data.channels": 3,
    "data.on_bad": "skip",
    "data.classes": [1, 2],
    "data.count": 900,
    "data.get": "words",
    "process.name": "ve",
    "process.options": {"sigma_max": 70.0},
    "network.name": "uvit",
    "network.blocks": 5,
    "network.parameterisation": "v",
    "network.sigma_data": 0.6,
    "training.updates": 90,
    "training.batch": 12,
    "training.lr": 0.004,
    "training.warmup": 7,
    "training.schedule": "constant",
    "training.ema": 0.2,
    "training.optimizer": "sgd",
    "training.weight_decay": 0.1,
    "training.clip": 2.0,
    "training.accumulate": 4,
    "training.precision": "bf16",
    "training.compile": True,
    "training.channels_last": True,
    "training.weighting": "x0",
    "training.procedure": "consistency-training",
    "training.teacher_steps": 32,
    "training.steps": 2,
    "training.cohort": 1,
    "sampling.noises": 40,
    "sampling.bank_seed": 4,
    "sampling.solver": "dpmpp-2m",
    "sampling.eta": 0.5,
    "sampling.fresh_seed": 9,
    "sampling.steps": 7,
    "sampling.batch": 20,
    "sampling.ceiling_batch": 9,
}
SCORING = {"threshold", "shown"}
"""Keys that act on scores and pictures alone, from the same images."""


def test_the_list_has_every_key() -> None:
    keys = {key for key in Common.model_fields if key not in ("data", "process", "network", "training", "sampling")}
    for name in ("data", "process", "network", "training", "sampling"):
        keys |= {f"{name}.{key}" for key in type(Common.model_fields[name].default).model_fields}
    assert keys - {"models", "feature"} | {"shown"} == set(OTHER)


def with_key(preset: dict[str, Any], key: str, value: Any) -> Config:
    name, _, inner = key.partition(".")
    return other(preset, **{name: {**preset.get(name, {}), inner: value} if inner else value})


def made(config: Config) -> set[str]:
    """All that is computed but for the scores, whose cells name the whole config."""
    agenda = Agenda(config)
    told = [agenda.grid, *agenda.scores]
    return {cell.hash for cell in in_order([need for cell in told if cell is not None for need in cell.needs()])}


@cache
def made_by(name: str) -> set[str]:
    return made(other(PRESETS[name]))


@pytest.mark.parametrize("key", OTHER)
@pytest.mark.parametrize("name", PRESETS)
def test_a_key_acts_or_is_refused(name: str, key: str) -> None:
    preset, value = PRESETS[name], OTHER[key]
    outer, _, inner = key.partition(".")
    if (preset.get(outer, {}).get(inner) if inner else preset.get(outer)) == value:
        return
    try:
        config = with_key(preset, key, value)
    except ConfigError:
        return
    if key in SCORING:
        assert (key == "shown" and Agenda(config).grid is not None) or name != "lowrank"
        return
    assert made(config) != made_by(name), f"{key} has no effect on {name}, and nobody says so"


def test_every_preset_is_read_again_as_it_was_written() -> None:
    """``config.yaml`` names every key, whether it acts or not."""
    for name in presets():
        config = load(name)
        assert Config.of(config.dump()) == config


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("regimes", {"data": {"held_out": 20, "size": 4}}, "data: size has no effect on images of source digits"),
        (
            "regimes",
            {"data": {"held_out": 20, "path": "/x", "on_bad": "skip"}},
            "data: path and on_bad have no effect on images of source digits",
        ),
        ("regimes", {"data": {"held_out": 20, "components": 3}}, "data: components has no effect on images of source"),
        ("teacher", {"data": {"source": "mixture", "held_out": 20, "classes": [1]}}, "classes has no effect on images"),
        ("regimes", {"network": {"parameterisation": "v", "sigma_data": 0.7}}, "network: sigma_data has no effect on"),
        ("regimes", {"training": {**TINY["training"], "steps": 2}}, "training.steps has no effect: no model is a"),
        (
            "regimes",
            {"sampling": {**TINY["sampling"], "fresh_seed": 4}},
            "sampling.fresh_seed has no effect on regimes",
        ),
        ("matrix", {"widths": [8, 16]}, r"widths [8, 16] have no effect where models have names"),
        ("splits", {"shown": 5}, "shown has no effect on splits"),
        ("lowrank", {"threshold": 0.5}, "threshold has no effect on lowrank"),
        ("lowrank", {"sampling": {"steps": 4}}, "sampling has no effect on lowrank"),
        (
            "lowrank",
            {"lowrank": {"images": 8, "dimensions": [], "components": [1]}},
            "components has no effect: without",
        ),
        ("solvers", {"sampling": {**MATRIX["sampling"], "solver": "ddim", "eta": 0.5}}, "leave sampling.eta at 0"),
    ],
)
def test_what_is_said(name: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        other(PRESETS[name], **changes)
    assert says in str(error.value)


def test_what_one_experiment_leaves_alone_another_may_take() -> None:
    config = other({**TINY, "experiments": ["splits", "regimes"]}, shown=5)
    assert config.shown == 5
    assert other(SOLVERS, sampling={**SOLVERS["sampling"], "fresh_seed": 7}).common.sampling.fresh_seed == 7


def models(**training: Any) -> dict[str, Any]:
    return {**MATRIX["models"], "more": {"seed": 3, "training": training}}


def test_keys_of_models_act_too() -> None:
    with pytest.raises(ConfigError, match=r"models\.more\.training\.steps has no effect: that model is no student"):
        other(MATRIX, models=models(steps=2))
    own = {label: {**model, "network": {"name": "mlp"}} for label, model in MATRIX["models"].items() if label != "flow"}
    with pytest.raises(ConfigError, match="network has no effect: every model has its own"):
        other(MATRIX, models=own, network={"blocks": 2})
    for_students = {"plain": {}, "consistency": {"training": {"procedure": "consistency-training"}}}
    config = other(MATRIX, models=for_students, training={**MATRIX["training"], "steps": 2})
    assert config.common.models["consistency"].training.steps == 2
    short = {label: {"training": {"updates": 5}, "seed": k} for k, label in enumerate("ab")}
    with pytest.raises(ConfigError, match=r"training\.updates has no effect: every model has its own"):
        other(MATRIX, models=short)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.lr", float("nan")),
        ("training.lr", float("inf")),
        ("training.lr", True),
        ("training.updates", True),
        ("training.updates", 1.5),
        ("training.ema", float("nan")),
        ("training.weight_decay", float("inf")),
        ("process.options", {"sigma_max": float("nan")}),
        ("process.options", {"sigma_min": -1.0}),
        ("process.options", {"rho": 0.0}),
        ("network.blocks", 100_000),
        ("network.sigma_data", float("nan")),
        ("widths", [100_000]),
        ("widths", [True]),
        ("sizes", [True, 8]),
        ("sampling.steps", 10**9),
        ("sampling.eta", float("nan")),
        ("data.channels", True),
        ("data.held_out", True),
        ("threshold", float("nan")),
        ("seed", True),
        ("seed", 2**63),
    ],
    ids=str,
)
def test_values_that_cannot_be_right_are_refused(key: str, value: Any) -> None:
    with pytest.raises(ConfigError) as error:
        with_key(PRESETS["regimes"], key, value)
    assert key.split(".")[0] in str(error.value)
    assert "\n" not in str(error.value)


def test_sides_are_bounded() -> None:
    with pytest.raises(ValueError, match="8192"):
        DataSpec(source="files", path="x", size=100_000)
    assert described(SamplingSpec())["eta"] == 0.0
    assert TrainingSpec().steps == 4
