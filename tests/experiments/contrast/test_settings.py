"""What a config of ``contrast`` may say, and what moves its images."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.cell import ConfigError
from tests.experiments.contrast.tiny_run import TINY, config


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gan": {"networks": {"dcgan": 8}}}, "contrast.gan.networks.*'mlp', 'conv' or 'resnet'"),
        ({"gan": {"networks": {}}}, "contrast.gan.networks: .*at least 1"),
        ({"gan": {"networks": {"mlp": 0}}}, "contrast.gan.networks.mlp: input should be greater than or equal to 1"),
        ({"gan": {"penalty": 0}}, "contrast.gan.penalty: input should be greater than 0"),
        ({"vae": {"deviation": -1}}, "contrast.vae.deviation: input should be greater than 0"),
        ({"vae": {"penalty": 1}}, "penalty"),
        ({"vae": {"ema": 0.9}}, "ema is the width of the average"),
        ({"latent": 65}, "contrast.latent is 65: a noise has as many numbers as an image, 64"),
        ({"seeds": 1}, "contrast.seeds: input should be greater than or equal to 2"),
    ],
)
def test_settings_that_cannot_be_run_are_refused_in_one_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        config(**changes)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"models": {"plain": {}}}, "contrast needs models, at least two"),
        ({"data": {"held_out": 0}}, "data.held_out is 0"),
        ({"sizes": [20, 40]}, "contrast is run at one size"),
        ({"replicates": 2}, "contrast compares models of the config: give them seeds, and replicates 1"),
        (
            {"models": {"plain": {}, "gan-mlp-8": {"seed": 1}}},
            "models.gan-mlp-8 is called like one of the GANs and VAEs of contrast: rename it",
        ),
        (
            {"data": {"held_out": 20, "source": "files", "path": "x", "size": 2, "channels": 1}},
            "contrast.latent is 6: a noise has as many numbers as an image, 4",
        ),
    ],
)
def test_and_configs(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.of({**TINY, **changes})


def images(content: Config) -> dict[str, str]:
    agenda = Agenda(content)
    return {f"{cell.title} {cell.batch}": cell.hash for cell in (agenda.plan.samples(ask) for ask in agenda.asks)}


@pytest.mark.parametrize(
    ("changes", "which"),
    [
        ({"gan": {**TINY["contrast"]["gan"], "penalty": 0.25}}, "gan"),
        ({"gan": {**TINY["contrast"]["gan"], "lr": 0.25}}, "gan"),
        ({"vae": {**TINY["contrast"]["vae"], "deviation": 0.25}}, "vae"),
        ({"vae": {**TINY["contrast"]["vae"], "updates": 25}}, "vae"),
    ],
)
def test_what_decides_images_of_a_sort_moves_them_and_nothing_else(changes: dict[str, Any], which: str) -> None:
    before = images(config())
    for title, found in images(config(**changes)).items():
        assert (found != before[title]) == title.startswith(which), (changes, title)


def test_a_latent_moves_both_sorts_and_no_diffusion_model() -> None:
    before = images(config())
    for title, found in images(config(latent=7)).items():
        assert (found != before[title]) == title.startswith(("gan", "vae")), title


def test_a_network_trains_alone_whatever_else_is_asked_for() -> None:
    """Another architecture beside it does not move it."""
    more = images(config(gan={**TINY["contrast"]["gan"], "networks": {"conv": 4, "mlp": 8}}))
    assert images(config()).items() <= more.items()
