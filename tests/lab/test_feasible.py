"""What cannot be run is refused before anything is computed, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_forms import encode, random_pixels, write

from samenoise.lab.feasible import left_out, refuse
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError

NOWHERE = Path("there-is-no-such-folder")


def folder(place: Path, count: int, *sides: int) -> str:
    sizes = sides or (8,)
    files = {f"{k:02}.png": encode(random_pixels(sizes[k % len(sizes)], 8)) for k in range(count)}
    return str(write(place, files))


def of(path: str, *more: str) -> list[str]:
    return ["data.source=files", f"data.path={path}", "data.held_out=4", "sizes=4,8", *more]


def test_too_few_images(tmp_path: Path) -> None:
    path = folder(tmp_path / "few", 11)
    with pytest.raises(ConfigError, match=r"has 11 images, the run needs 12: the largest of sizes and data.held_out"):
        refuse(load("digits", of(path)), NOWHERE)
    refuse(load("digits", of(path, "data.held_out=3")), NOWHERE)


def test_images_of_several_sizes(tmp_path: Path) -> None:
    path = folder(tmp_path / "mixed", 12, 8, 9)
    with pytest.raises(ConfigError, match=r"images differ in size, 8 x 8 and 8 x 9 pixels among them; give data.size"):
        refuse(load("digits", of(path)), NOWHERE)
    refuse(load("digits", of(path, "data.size=8")), NOWHERE)


def test_too_few_digits_of_a_class() -> None:
    with pytest.raises(ConfigError, match="digits has 178 images, the run needs 500"):
        refuse(load("digits", ["data.classes=0", "data.count=500", "sizes=4,8"]), NOWHERE)
    refuse(load("digits", ["data.classes=0", "data.count=178", "data.held_out=20", "sizes=4,8"]), NOWHERE)


def test_sizes_that_do_not_fit_twice_are_said() -> None:
    (said,) = left_out(load("digits"))
    assert said.startswith("splits leaves out N = 1500: two sets that share none would need more than the 1797 images")
    assert left_out(load("digits-quick")) == []
    assert left_out(load("digits-teacher")) == []


def test_a_run_directory_is_a_folder(tmp_path: Path) -> None:
    refuse(load("digits"), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"/file is no folder, as a run directory is"):
        refuse(load("digits"), tmp_path / "file")
