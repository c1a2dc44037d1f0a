"""Config: overrides, and one clear sentence for every mistake."""

import pytest

from samenoise.experiments.config import ConfigError, load


def test_overrides_reach_every_level():
    config = load(
        "digits", ["training.updates=7", "sizes=8,16", "network.blocks=2", "process.name=vp", "threshold=0.9"], seed=3
    )
    assert (config.training.updates, config.sizes, config.network.blocks, config.seed) == (7, (8, 16), 2, 3)
    assert (config.process.build().name, config.threshold) == ("vp", 0.9)
    assert load("digits", ["sizes=[8, 16]"]).sizes == (8, 16)
    assert load("digits", ["sizes=8"]).sizes == (8,)
    assert load("digits", ["process.options={sigma_max: 40}"]).process.build().T == 40


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("training.update=3", "did you mean 'updates'"),
        ("trainin.updates=3", "did you mean 'training'"),
        ("seed.x=3", "no key 'seed.x': 'seed' is set as a whole"),
        ("training.updates.x=3", "no key 'training.updates.x': 'updates' is set as a whole"),
        ("training.updates=0", "training.updates: input should be greater than or equal to 1"),
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
        ("splits_width=64", "one of widths"),
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


def test_presets_by_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\n")
    assert load(str(file), ["widths=32"]).widths == (32,)
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\nwidth: 3\n")
    with pytest.raises(ConfigError, match="did you mean 'widths'"):
        load(str(file))
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\ntraining:\n")
    assert load(str(file), ["training.updates=7"]).training.updates == 7, "a key with nothing after it"
    file.write_text("name: mine\ntraining: 5\n")
    with pytest.raises(ConfigError, match="the preset has 5 for 'training'"):
        load(str(file), ["training.updates=7"])
    file.write_text("- a list")
    with pytest.raises(ConfigError, match="mapping"):
        load(str(file))
    file.write_text("a: [")
    with pytest.raises(ConfigError, match="not YAML"):
        load(str(file))
    with pytest.raises(ConfigError, match="cannot read"):
        load(str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match=r"there is no preset 'digit'; there are .*, digits, "):
        load("digit")
