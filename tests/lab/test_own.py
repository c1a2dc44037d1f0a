"""``own``: what is chosen fits the pictures, the machine and the time, and is said."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_forms import encode, write, write_zip

from samenoise.lab.own import Look, Pace, choose, keep, keep_look, kept, kept_look, look, pace, stamped
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError


def seen(count: int = 1000, side: int = 48, coloured: bool = True) -> Look:
    return Look("there", "files", count, 0, side, coloured, 0.0)


def at(factor: float = 20.0):
    """A pace: arithmetic of a width and of the numbers of a picture, in seconds."""

    def measured(shapes, widths, batch):
        return Pace({(c, s, w): factor * (w * w + c * s * s * w) * batch / 1e10 for c, s in shapes for w in widths})

    return measured


def keys(choice):
    return dict(each.split("=", 1) for each in choice.overrides)


def config(choice):
    return load("own", [each for each in choice.overrides if not each.startswith("data.path")])


def test_more_time_is_better_pictures_and_then_more_updates() -> None:
    found = [config(choose(seen(), at(), minutes * 60, 2)) for minutes in (5, 20, 60, 240, 10_000)]
    shapes = [(c.common.data.channels, c.common.data.size) for c in found]
    assert shapes == sorted(shapes, key=lambda shape: shape[0] * shape[1] ** 2)
    assert shapes[0] == (1, 8)
    assert shapes[-1] == (3, 8)
    of_one = [c.common.training.updates for c, shape in zip(found, shapes, strict=True) if shape == shapes[-1]]
    assert of_one == sorted(of_one)
    assert of_one[-1] == 8000, "more than enough is left"
    assert all(c.common.training.updates >= 2000 for c in found)


def test_networks_are_as_wide_as_their_pictures_need() -> None:
    for minutes in (5, 240):
        common = config(choose(seen(), at(), minutes * 60, 2)).common
        values = (common.data.channels or 1) * (common.data.size or 1) ** 2
        assert common.widths[0] >= 4 / 3 * values
        assert common.widths[1] == 2 * common.widths[0]


@pytest.mark.parametrize("count", [100, 137, 500, 5000, 70_000])
def test_sizes_fit_twice_beside_what_is_held_out(count: int) -> None:
    common = config(choose(seen(count), at(), 3600, 2)).common
    assert 2 * max(common.sizes) + common.data.held_out == common.count <= count
    assert common.sizes[0] == 8
    ratios = np.divide(common.sizes[1:], common.sizes[:-1])
    assert 1.6 < ratios.min() <= ratios.max() < 3.6, "even steps"


def test_pictures_are_never_made_larger_nor_coloured() -> None:
    assert config(choose(seen(side=10, coloured=False), at(), 3600, 2)).common.data.size == 8
    tiny = config(choose(seen(side=6), at(), 3600, 2)).common.data
    assert (tiny.channels, tiny.size) == (1, 6)
    assert config(choose(seen(coloured=False), at(), 3600, 2)).common.data.channels == 1


def test_too_few_pictures_and_too_little_time_say_what_would_do() -> None:
    with pytest.raises(ConfigError, match="99 pictures can be used at there, and own needs at least 100"):
        choose(seen(99), at(), 600, 2)
    with pytest.raises(ConfigError, match=r"1m is too little for \d+ networks here: give --budget (\d+)m") as error:
        choose(seen(), at(400), 60, 2)
    needed = int(str(error.value).rpartition(" ")[2].removesuffix("m"))
    assert choose(seen(), at(400), 60 * needed, 2)
    with pytest.raises(ConfigError, match="too little"):
        choose(seen(), at(400), 60 * needed * 0.8, 2)


def test_every_choice_has_its_reason_in_words() -> None:
    choice = choose(seen(), at(), 600, 2)
    said = " ".join(choice.reasons)
    for key in ("data.size", "data.held_out"):
        assert keys(choice)[key] in said
    assert keys(choice)["sizes"].strip("[]") in said
    assert f"{int(keys(choice)['training.updates']):,} updates" in said


def test_what_was_chosen_stays(tmp_path: Path) -> None:
    choice, asked = choose(seen(), at(), 600, 2), {"data": "there", "budget": 600, "cores": 2}
    tmp_path = tmp_path / "run"
    assert kept(tmp_path, asked) is None
    keep(tmp_path, asked, choice)
    assert kept(tmp_path, asked) == choice
    assert kept(tmp_path, asked | {"budget": 300}) is None
    (tmp_path / "own.json").write_text("{")
    assert kept(tmp_path, asked) is None


def test_pictures_are_looked_at_again_where_a_file_has_changed(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder", {"a.png": b"1", "b.png": b"22"})
    files, found = stamped(str(folder)), Look(str(folder), "files", 2, 0, 8, False, 0.0)
    root = tmp_path / "run"
    assert kept_look(root, str(folder), files) is None
    keep_look(root, files, found)
    assert kept_look(root, str(folder), stamped(str(folder))) == found
    assert kept_look(root, str(tmp_path), files) is None, "the same files elsewhere"
    (folder / "b.png").write_bytes(b"33")
    os.utime(folder / "b.png", ns=(0, 0))
    assert kept_look(root, str(folder), stamped(str(folder))) is None
    (folder / "b.png").unlink()
    assert len({files, stamped(str(folder)), stamped(str(tmp_path / "none"))}) == 3
    assert kept_look(root, "of/the-hub", "") is None, "what cannot be held against anything is looked at"


def pictures(count: int, side: int, coloured: bool) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (side, side + 3, 3) if coloured else (side, side + 3), dtype=np.uint8)
        for _ in range(count)
    ]


def test_what_pictures_are(tmp_path: Path) -> None:
    made = [encode(each) for each in pictures(20, 20, coloured=True)]
    files = {f"{k}.png": each for k, each in enumerate(made)}
    files |= {"again.png": made[0], "bad.png": b"none"}
    assert look(str(write(tmp_path / "folder", files))) == Look(
        str(tmp_path / "folder"), "files", 21, 1, 20, True, pytest.approx(1 / 21)
    )
    grey = {f"{k}.png": encode(each) for k, each in enumerate(pictures(5, 9, coloured=False))}
    found = look(str(write_zip(tmp_path / "grey.zip", grey)))
    assert (found.count, found.side, found.coloured, found.twice) == (5, 9, False, 0)
    blank = {f"blank-{k}.png": encode(np.full((9, 9), 40 * k, dtype=np.uint8)) for k in range(3)}
    assert look(str(write(tmp_path / "blank", grey | blank))).twice == 2 / 8, "those of one colour are all one"
    in_colour_and_grey = {
        f"{k}.png": encode(np.repeat(each[..., None], 3, -1)) for k, each in enumerate(pictures(5, 9, False))
    }
    assert not look(str(write(tmp_path / "saved-in-colour", in_colour_and_grey))).coloured


def test_near_duplicates_are_told_and_many_of_them_with_what_to_do() -> None:
    few, some, many = (str(replace(seen(), twice=twice)) for twice in (0.004, 0.05, 0.24))
    assert "near-duplicates" not in few
    assert some.endswith("; 5 % are near-duplicates of others")
    assert "24 % are near-duplicates of others, so many that copies are hard to tell: samenoise prepare" in many


def test_what_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is nothing at .*/none: give a folder"):
        look(str(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        look(str(tmp_path / "empty"))


def test_the_pace_is_that_of_training() -> None:
    found = pace([(1, 8)], [16, 512], 64)
    assert 0 < found.of((1, 8), 16) < found.of((1, 8), 512)
