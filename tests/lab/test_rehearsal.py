"""What a rehearsal says a run takes: from shorter versions, by a line; of everything, and of the right size."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tiny import DYNAMICS, MATRIX, other, tiny

from samenoise.generators.sampling import SampleCell
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.lab.rehearsal import rehearse
from samenoise.lab.rehearsal.alike import alike
from samenoise.lab.rehearsal.ladder import LONGEST, Ladder, ladder_of
from samenoise.lab.rehearsal.pace import read_pace
from samenoise.lab.rehearsal.stage import Stage
from samenoise.runs.cell import Cell, ConfigError, in_order


def cells(config: Config) -> list[Cell]:
    return in_order(Agenda(config).cells)


def of(config: Config, kind: str, title: str = "") -> list[Any]:
    return [cell for cell in cells(config) if cell.kind == kind and title in cell.title]


def climbed(ladder: Ladder, steps: list[tuple[int, int, float]], tmp_path: Path) -> Ladder:
    for length, width, seconds in steps:
        (tmp_path / "manifest.json").write_text(json.dumps({"nfe": 2 * length - 1}))
        ladder.climbed(length, width, tmp_path, seconds)
    return ladder


def test_a_training_takes_what_the_line_through_two_shorter_ones_says(tmp_path: Path) -> None:
    (train,) = of(load("digits-matrix"), "train", "mlp-128")
    train = train.model_copy(update={"unseen": 0})
    ladder = ladder_of(train)
    assert ladder is not None
    climbed(ladder, [(2, 8, 9.0), (2, 128, 0.5 + 2 * 0.01), (40, 128, 0.5 + 40 * 0.01)], tmp_path)
    assert ladder.seconds(train) == pytest.approx(0.5 + 4000 * 0.01)
    longer = train.model_copy(update={"training": train.training.model_copy(update={"updates": 9000})})
    assert ladder.seconds(longer) == pytest.approx(0.5 + 9000 * 0.01)
    looked_at = train.model_copy(update={"unseen": 256})
    assert 1 < ladder.seconds(looked_at) / ladder.seconds(train) < 1.05


def test_images_take_it_for_all_batches_and_evaluations(tmp_path: Path) -> None:
    """Of heun, a network is evaluated twice a step and once in the last: 35 times in 18 steps."""
    drawn = next(cell for cell in of(load("digits"), "sample", "optimum of N = 8a") if cell.batch == 48)
    assert isinstance(drawn, SampleCell)
    ladder = ladder_of(drawn)
    assert ladder is not None
    climbed(ladder, [(2, 48, 1 + 3 * 0.2), (10, 48, 1 + 19 * 0.2)], tmp_path)
    assert ladder.seconds(drawn) == pytest.approx(1 + 35 * 0.2 * 128 / 48)


def test_of_too_many_images_at_a_time_fewer_tell(tmp_path: Path) -> None:
    (train,) = of(load("digits-matrix"), "train", "unet-16")
    ladder = ladder_of(train.model_copy(update={"unseen": 0}))
    assert ladder is not None
    climbed(ladder, [(2, 8, 3 + 2 * 0.7), (4, 8, 3 + 4 * 0.7)], tmp_path)
    assert ladder.seconds(ladder.cell) == pytest.approx(3 + 4000 * 0.7 * 128 / 8)


def test_versions_grow_until_they_are_long_enough_or_whole(tmp_path: Path) -> None:
    (train,) = of(load("digits-matrix"), "train", "mlp-128")
    ladder, seen = ladder_of(train), []
    assert ladder is not None
    while (ahead := ladder.ahead()) is not None:
        version: Any = ladder.at(*ahead)
        assert (version.training.updates, version.training.batch) == ahead
        seen.append(ahead)
        climbed(ladder, [(*ahead, 0.01)], tmp_path)
    assert seen[:2] == [(2, 8), (2, 128)]
    assert seen[-1] == (LONGEST, 128)
    heavy = climbed(Ladder(train, 4000, 128), [(2, 8, 5.0)], tmp_path)
    assert heavy.ahead() == (4, 8), "all images would take long: first it is seen how long"
    assert climbed(heavy, [(4, 8, 7.0), (2, 128, 40.0)], tmp_path).ahead() is None
    assert heavy.seconds(train) == pytest.approx(40 / 2 * 4000, rel=0.05)


@pytest.mark.parametrize(("taken", "kept"), [([1.5, 0.02], 0.02), ([2.5], 2.5)], ids=["short", "long"])
def test_what_the_first_of_its_width_asks_of_the_system_does_not_count(
    taken: list[float], kept: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (train,) = of(load("digits-matrix"), "train", "mlp-128")
    ladder, left = ladder_of(train), [*taken, 0.3]
    assert ladder is not None
    monkeypatch.setattr(Stage, "timed", lambda self, cell, out: left.pop(0))
    stage = Stage(tmp_path)
    stage.climb(ladder, 2, 128)
    stage.climb(ladder, 30, 128)
    assert [rung.seconds for rung in ladder.rungs] == [kept, 0.3]
    assert left == []


def test_what_takes_as_long_is_alike() -> None:
    digits = load("digits")
    halves = of(digits, "train", "mlp-128")
    assert len({cell.hash for cell in halves}) == 4
    assert len({alike(cell) for cell in halves}) == 2, "cohorts of four and of five"
    assert len({alike(cell) for cell in of(digits, "sample", "mlp-128")}) == 2, "all networks, at two batch sizes"
    assert len({alike(cell) for cell in of(digits, "sample", "optimum")}) == 2 * 9, "closed forms of more images"
    assert {alike(cell) for cell in halves}.isdisjoint(alike(cell) for cell in of(digits, "train", "mlp-256"))
    matrix = of(load("digits-matrix"), "train", "mlp-256")
    assert len({cell.hash for cell in matrix}) > 2 * len({alike(cell) for cell in matrix})
    assert len({alike(cell) for cell in of(other(DYNAMICS), "sample", "mlp-8")}) == 2, "at any update"


@pytest.mark.parametrize(
    "config",
    [
        other(DYNAMICS),
        pytest.param(tiny(), marks=pytest.mark.slow),
        pytest.param(other(MATRIX), marks=pytest.mark.slow),
    ],
    ids=lambda config: config.name,
)
def test_everything_is_timed(config: Config) -> None:
    planned = cells(config)
    found = rehearse(planned)
    assert found.untimed == []
    assert found.seconds.keys() == found.bytes.keys() == {cell.hash for cell in planned}
    assert all(seconds >= 0 for seconds in found.seconds.values())
    assert 50e6 < found.memory < 20e9
    for cell in planned:
        if isinstance(cell, SampleCell):
            images = cell.sampling.noises * (64 * 4 + 8)
            assert images < found.bytes[cell.hash] < images + 20_000


class Slow(Cell):
    """It computes for so long, and says how far it is."""

    kind: ClassVar[str] = "slow"
    folder: ClassVar[str] = "scores"
    seconds: float
    silent: bool = False

    def needs(self) -> list[Cell]:
        return []

    @property
    def title(self) -> str:
        return f"slow for {self.seconds} s"

    @property
    def cost(self) -> float:
        return 123.0

    def run(self, store: Any, out: Path, progress: Any) -> None:
        if self.seconds < 0:
            raise OSError("out of luck")
        (out / "five").write_bytes(b"12345")
        began = time.process_time()
        while (spent := time.process_time() - began) < self.seconds:
            if not self.silent:
                progress(spent / self.seconds)


def test_what_says_how_far_it_is_is_left_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samenoise.lab.rehearsal.conduct.LONG", 0.2)
    long, half, short = Slow(seconds=60), Slow(seconds=0.6), Slow(seconds=0.3, silent=True)
    began = time.process_time()
    found = rehearse([long, half, short])
    assert time.process_time() - began < 5
    assert found.seconds[long.hash] == pytest.approx(60, rel=0.2)
    assert found.seconds[half.hash] == pytest.approx(0.6, rel=0.2)
    assert found.seconds[short.hash] == pytest.approx(0.3, rel=0.2)
    assert found.bytes[short.hash] == 5


def test_what_cannot_be_rehearsed_counts_as_its_own_rough_cost() -> None:
    fails, works = Slow(seconds=-1), Slow(seconds=0.01)
    found = rehearse([fails, works])
    assert (found.seconds[fails.hash], found.bytes[fails.hash]) == (123.0, 0)
    assert found.untimed == [fails]


def test_the_pace_of_another_machine(tmp_path: Path) -> None:
    path = tmp_path / "pace.yaml"
    path.write_text("train mlp-128 *: {seconds: 40}\ntrain: {speed: 20}\nsample: {seconds: 0}\n")
    pace = read_pace(path)
    narrow, wide = of(load("digits"), "train", "mlp-128")[0], of(load("digits"), "train", "mlp-256")[0]
    drawn, real = of(load("digits"), "sample")[0], of(load("digits"), "data")[0]
    assert [pace.known(cell) for cell in (narrow, wide, drawn, real)] == [40, None, 0, None]
    assert [pace.seconds(cell, 60.0) for cell in (narrow, wide, drawn, real)] == [40, 3, 0, 60]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- train", "must be a YAML mapping"),
        ("train: 40", "train must say"),
        ("train: {seconds: 4, speed: 2}", "train must say"),
        ("train: {speed: 0}", "train must say"),
        ("train: {seconds: -1}", "train must say"),
        ("train: {", "cannot read"),
    ],
)
def test_a_pace_that_says_something_else(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pace.yaml").write_text(content)
    with pytest.raises(ConfigError, match=said):
        read_pace(tmp_path / "pace.yaml")
    with pytest.raises(ConfigError, match="cannot read"):
        read_pace(tmp_path / "none.yaml")
