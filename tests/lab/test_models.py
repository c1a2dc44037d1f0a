"""Config of named models: what they inherit, which teachers they can have, and which experiments take them."""

import pytest
import yaml
from tiny import DYNAMICS, MATRIX, SOLVERS, TEACHER, TINY, other, tiny

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError, in_order


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "matrix.yaml"
    run = {"training": {"updates": 30, "batch": 16, "optimizer": "sgd"}, "network": {"blocks": 2, "sigma_data": 0.4}}
    path.write_text(yaml.safe_dump({**MATRIX, **run, "process": {"name": "ve"}, "widths": [12]}, sort_keys=False))
    return str(path)


def test_a_model_is_the_run_but_for_what_it_says(preset):
    """``process`` and ``network`` are taken as a whole, ``training`` key by key, ``width`` is that of the run."""
    models = load(preset).common.models
    plain, flow, attention, halved = (models[label] for label in ("plain", "flow", "attention", "halved"))
    assert (plain.process.name, plain.network.blocks, plain.network.sigma_data, plain.width) == ("ve", 2, 0.4, 12)
    assert (plain.training.updates, plain.training.batch, plain.training.optimizer) == (30, 16, "sgd")
    assert (flow.process.name, flow.network.parameterisation) == ("flow", "flow")
    assert (flow.network.blocks, flow.network.sigma_data) == (None, 0.5), "nothing is left of the run's network"
    assert (attention.width, attention.process.name) == (16, "ve")
    assert (halved.training.updates, halved.training.steps) == (10, 2)
    assert (halved.training.batch, halved.training.optimizer) == (16, "sgd")
    assert list(models) == list(MATRIX["models"]), "rows keep the order of the preset"


def test_a_model_that_says_no_width_has_the_last_of_the_run_and_the_others_are_refused():
    assert other({**SOLVERS, "widths": [12]}).common.models["plain"].width == 12
    with pytest.raises(ConfigError, match=r"widths \[8, 12\] .* take the last: solvers has models of width 12 alone"):
        other({**SOLVERS, "widths": [8, 12]})


def test_overrides_reach_one_model(preset):
    models = load(preset, ["models.again.training.updates=5", "models.again.width=9", "models.flow={}"]).common.models
    assert (models["again"].training.updates, models["plain"].training.updates) == (5, 30)
    assert models["again"].training.batch == 16
    assert (models["again"].width, models["plain"].width) == (9, 12)
    assert models["flow"].process.name == "ve"
    everyone = load(preset, ["training.batch=32"]).common.models
    assert {model.training.batch for model in everyone.values()} == {32}


def test_a_config_is_read_back_as_it_was(preset):
    config = load(preset)
    assert Config.of(yaml.safe_load(yaml.safe_dump(config.dump()))) == config


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (
            ["models.plane.training.updates=5"],
            "no model 'plane' in models.plane.training.updates; there are plain, again",
        ),
        (["models.plain.training.update=5"], "did you mean 'updates'"),
        (["models.plain.trainin.updates=5"], "did you mean 'training'"),
        (["models.plain.widht=5"], "did you mean 'width'"),
        (["models.plain={training: {update: 5}}"], "did you mean 'updates'"),
        (["models.plain={widht: 5}"], "did you mean 'width'"),
        (["models.plain=5"], "models.plain must be a mapping"),
        (["models.plain.training=5"], "models.plain.training must be a mapping"),
        (
            ["models.plain.training.updates=0"],
            "models.plain.training.updates: input should be greater than or equal to 1",
        ),
        (["models={plain: {}}"], "at least two"),
        (["models={}"], "matrix needs models, at least two"),
        (["sizes=8,40"], "at one size"),
        (
            ["models.halved.training.weighting=x0"],
            "models.halved.training: weighting x0 is of denoising, and progressive-distillation has its own",
        ),
        (["experiments=regimes", "data.held_out=20"], "regimes trains every width at every size: models have no"),
        (["experiments=matrix,splits", "data.held_out=20"], "splits trains every width at every size: models have no"),
        (["experiments=teacher", "data.source=mixture"], "teacher trains every width at every size: models have no"),
        (["experiments=dynamics", "data.source=mixture"], "dynamics trains every width at every size: models have no"),
        (["experiments=solvers", "models={}"], "solvers needs models, at least two"),
        (["experiments=solvers", "sizes=8,40"], "solvers is run at one size"),
        (["data.source=mixture"], "matrix needs real data"),
        (["models.halved.teacher=nobody"], "models.halved: its teacher 'nobody' must be a model trained as standard"),
        (["models.again.teacher=plain"], "models.again: a distillation, and nothing else, needs a teacher"),
        (["models.halved={training: {procedure: progressive-distillation}}"], "needs a teacher"),
        (["models.again={teacher: plain, training: {procedure: consistency-training}}"], "needs a teacher"),
        (["models.again={teacher: halved, training: {procedure: consistency-distillation}}"], "trained as standard"),
        (["models.halved.width=9"], "models.halved starts from the weights of plain"),
        (["models.halved.process={name: vp}"], "models.halved starts from the weights of plain"),
        (["models.halved.process={name: ve, options: {sigma_max: 40}}"], "starts from the weights of plain"),
        (["models.halved.network={blocks: 3}"], "models.halved starts from the weights of plain"),
        (["models.halved.network={name: uvit, blocks: 2}"], "models.halved starts from the weights of plain"),
        (["models.halved.network={parameterisation: v}"], "models.halved starts from the weights of plain"),
        (["models.flow.network={parameterisation: eps}"], "models.flow: eps says nothing"),
        (["models.flow={process: {name: vp-cosine}, network: {parameterisation: eps}}"], "eps says nothing"),
        (["models.halved.training.steps=3"], "(3) must divide teacher_steps (8)"),
        (["models.halved.training.teacher_steps=12"], "halves the steps"),
        (["models.halved.training.steps=8"], "halves the steps"),
        (["models.again.training={procedure: consistency-training, teacher_steps: 10, steps: 4}"], "must divide"),
    ],
)
def test_mistakes_in_models_get_one_sentence(preset, overrides, says):
    with pytest.raises(ConfigError) as error:
        load(preset, overrides)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_consistency_model_has_any_number_of_steps_that_divides():
    """Only progressive distillation halves; 12 into 3 is a matter of course for the others."""
    student = {"procedure": "consistency-training", "teacher_steps": 12, "steps": 4}
    config = other(MATRIX, models={"a": {"training": student}, "b": {}})
    assert config.common.models["a"].training.steps == 4
    assert not config.common.models["a"].training.plain


def test_only_named_models_do_without_held_out_images():
    assert other(MATRIX).common.data.held_out == other(SOLVERS).common.data.held_out == 0
    for preset in (TINY, TEACHER, DYNAMICS, {**TINY, "experiments": ["splits"]}):
        data = {**preset["data"], "held_out": 0}
        with pytest.raises(ConfigError, match=f"held_out is 0: {preset['experiments'][0]} judges copying"):
            other(preset, data=data)


def test_unnamed_experiments_have_no_models():
    with pytest.raises(ConfigError, match="models have no effect on it"):
        tiny(models={"a": {}, "b": {}})


def test_experiments_of_named_models_run_together():
    """Both ask for the same models, each of which is one network of one training."""
    config = other(SOLVERS, experiments=["matrix", "solvers"])
    assert list(config.settings) == ["matrix", "solvers"]
    agenda = Agenda(config)
    assert {each.experiment for each in agenda.measurements} == {"matrix", "solvers"}
    trainings = [cell for cell in in_order(agenda.cells) if cell.kind == "train"]
    assert [len(cell.models) for cell in trainings] == [2]
