"""Config: overrides, and one clear sentence for every mistake."""

import pytest
import yaml
from tiny import DYNAMICS, SOLVERS, other, tiny

from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError


def test_overrides_reach_every_level():
    config = load(
        "digits", ["training.updates=7", "sizes=8,16", "network.blocks=2", "process.name=vp", "threshold=0.9"], seed=3
    )
    common = config.common
    assert (common.training.updates, common.sizes, common.network.blocks, common.seed) == (7, (8, 16), 2, 3)
    assert (common.process.build().name, common.threshold) == ("vp", 0.9)
    assert load("digits", ["sizes=[8, 16]"]).common.sizes == (8, 16)
    assert load("digits", ["sizes=8"]).common.sizes == (8,)
    assert load("digits", ["process.options={sigma_max: 40}"]).common.process.build().T == 40
    assert load("digits", ["splits.width=256"]).settings["splits"].width == 256
    assert load("digits", ["shown=3"]).shown == 3
    assert load("digits", ["shown=512"]).shown == 512, "as many as there are noises"


def test_experiments_are_overridden_first_and_say_which_keys_there_are():
    config = load("digits", ["splits.width=256", "experiments=splits"])
    assert config.experiments == ("splits",)
    assert load("digits", ["experiments=[splits, regimes]"]).experiments == ("splits", "regimes")
    with pytest.raises(ConfigError, match="settings of splits, which is not among the experiments"):
        load("digits", ["splits.width=256", "experiments=regimes"])


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("training.update=3", "did you mean 'updates'"),
        ("trainin.updates=3", "did you mean 'training'"),
        ("seed.x=3", "no key 'seed.x': 'seed' is set as a whole"),
        ("training.updates.x=3", "no key 'training.updates.x': 'updates' is set as a whole"),
        ("training.updates=0", "training.updates: input should be greater than or equal to 1"),
        ("training.ema=0.999", "training: ema is the width of the average as a share of the updates done"),
        ("training.lr=fast", "training.lr: input should be a valid number"),
        ("updates", "key=value"),
        ("sizes=16,8", "ascending"),
        ("sizes=8,8", "distinct"),
        ("sizes=1,8", "start at 2"),
        ("sizes=8,1700", "1797 digits"),
        ("process.name=vq", "there are vp, vp-cosine, subvp, ve, edm, flow"),
        ("process.options={beta: 3}", "sigma_min, sigma_max"),
        ("sampling.steps=1", "sampling.steps: input should be greater than or equal to 2"),
        ("sampling.solver=rk4", "there are ddim, heun, dpmpp-2m"),
        ("sampling.ceiling_batch=512", "must differ"),
        ("sampling={solver: ddim, eta: 0.5, bank_seed: 1}", "bank_seed and fresh_seed are both 1"),
        ("splits.width=64", "splits.width is 64; it must be one of widths"),
        ("splits.widht=64", "did you mean 'width'"),
        ("splits=64", "splits: input should be"),
        ("solvers.steps=4", "settings of solvers, which is not among the experiments of this preset"),
        (
            "updates=500",
            "settings of updates, which is not among the experiments of this preset; did you mean 'training.",
        ),
        ("splits_width=64", "there is no key 'splits_width' any more: it is splits.width now"),
        ("checkpoints=4", "there is no key 'checkpoints' any more: it is dynamics.checkpoints now"),
        ("experiments=regime", "there is no experiment 'regime'; there are"),
        ("experiments=regimes,regimes", "experiments must be a list of distinct names"),
        ("experiments=[]", "experiments must be a list of distinct names"),
        ("feature=dino", "feature: input should be 'pixel'"),
        ("experiments=teacher", "mixture"),
        ("shown=600", "sampling.noises"),
        ("threshold=1.5", "less than 1"),
        ("network.parameterisation=epsilon", "network.parameterisation"),
        ("sizes={", "not YAML"),
    ],
)
def test_mistakes_get_one_sentence(override, says):
    with pytest.raises(ConfigError) as error:
        load("digits", [override])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_eps_is_refused_where_it_says_nothing():
    with pytest.raises(ConfigError, match="eps says nothing"):
        load("digits", ["network.parameterisation=eps", "process.name=flow"])


def test_old_keys_of_a_preset_say_where_they_moved():
    for key, moved in (("splits_width", "splits.width"), ("checkpoints", "dynamics.checkpoints")):
        with pytest.raises(ConfigError) as error:
            tiny(**{key: 8})
        assert str(error.value) == f"there is no key '{key}' any more: it is {moved} now"


def test_a_config_is_read_back_as_it_was():
    for config in (tiny(), tiny(splits={"width": 16}), other(DYNAMICS), other(SOLVERS)):
        assert Config.of(yaml.safe_load(yaml.safe_dump(config.dump()))) == config
