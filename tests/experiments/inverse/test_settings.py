"""What a config of ``inverse`` may say, and what moves its images."""

from __future__ import annotations

from typing import Any

import pytest

from samenoise.experiments.inverse.measure import Restored
from samenoise.generators.posterior import Posterior, UnplannedPosterior
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.runs.cell import ConfigError
from tests.experiments.inverse.tiny_run import TINY, config


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"tasks": ["box", "fog"], "options": {}},
            "there is no operator 'fog'; there are box, random, pool, blur, motion, sensing",
        ),
        ({"tasks": []}, "tasks must be distinct operators, at least one"),
        ({"tasks": ["box", "box"], "options": {}}, "tasks must be distinct operators"),
        ({"options": {"blur": {"std": 2}}}, "options of 'blur', which is not among the tasks box, pool"),
        ({"options": {"pool": {"side": 2}}}, "operator 'pool' has the options factor; got side"),
        ({"options": {"pool": {"factor": 3}}}, r"blocks of side 3 do not tile an image of shape \(1, 8, 8\)"),
        ({"noise": -0.1}, "inverse.noise: input should be greater than or equal to 0"),
        ({"zeta": -1}, "inverse.zeta: input should be greater than or equal to 0"),
        ({"method": "magic"}, "inverse.method: input should be 'dps' or 'ddnm'"),
        ({"images": 21}, "inverse.images is 21: more than the held-out images, 20"),
        ({"images": 7}, r"sampling.noises \(24\) must be two or more times inverse.images \(7\)"),
        ({"images": 18}, r"sampling.noises \(24\) must be two or more times inverse.images \(18\)"),
    ],
)
def test_settings_that_cannot_be_run_are_refused_in_one_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        config(**changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"models": {"plain": {}}}, "inverse needs models, at least two"),
        ({"data": {"held_out": 0}}, "data.held_out is 0"),
        ({"replicates": 2}, "inverse compares models of the config: give them seeds, and replicates 1"),
        ({"data": {"held_out": 20, "source": "files", "path": "x", "size": 9, "channels": 1}}, r"shape \(1, 9, 9\)"),
    ],
)
def test_and_configs(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.of({**TINY, **changes})


def images(content: Config) -> dict[str, str]:
    agenda = Agenda(content)
    return {cell.title: cell.hash for cell in (agenda.plan.samples(ask) for ask in agenda.asks)}


def test_what_decides_reconstructions_moves_them_and_nothing_else() -> None:
    before = images(config())
    drawn, shown = (", given",), (", given", "truth of", "measurement of")
    for changes, task, which in (
        ({"zeta": 0.5}, "", drawn),
        ({"noise": 0.2}, "", shown),
        ({"images": 6}, "", shown),
        ({"options": {"box": {"side": 0.25}, "pool": {"factor": 2}}}, "pool", shown),
    ):
        for title, found in images(config(**changes)).items():
            moves = task in title and any(words in title for words in which)
            assert (found != before[title]) == moves, (changes, title)
    ddnm = images(config(method="ddnm"))
    assert {t.replace("ddnm", "dps") for t in ddnm} == set(before)


def test_networks_are_planned_and_closed_forms_are_not() -> None:
    agenda = Agenda(config())
    task = next(m for m in agenda.measurements if isinstance(m, Restored))
    network, closed = (task.ask(prior).wanted for prior in (agenda.study.named("plain"), agenda.study.gaussian(60)))
    assert (type(network), type(closed)) == (UnplannedPosterior, Posterior)
    planned = agenda.plan.generator(network)
    assert isinstance(planned, Posterior)
    assert planned.prior == agenda.plan.generator(agenda.study.named("plain"))
    assert planned.device("cuda") == "cuda"
    assert closed.device("cuda") == "cpu"
    assert network.again(1).measured == network.measured
    assert network.again(1).member != network.member
