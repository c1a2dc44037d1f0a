"""The pytest plugin, in a pytest of its own: what passes, what fails and with which words, and what is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

import numpy as np
import pytest

from samenoise.comparison import How, SideSpec
from samenoise.comparison.lock import make
from samenoise.testing import assert_matches_lock, assert_same_images

TESTS = """
import sys
import numpy as np

def plain(noise):
    return np.tanh(noise)
plain.noise_shape = (3, 8, 8)

def other(noise):
    image = np.tanh(noise)
    image[noise[:, 0, 0, 0] > 0] *= -1
    return image

def test_nothing_heavy_is_imported_by_the_plugin():
    assert "torch" not in sys.modules and "samenoise.comparison" not in sys.modules

def test_same(assert_same_images):
    assert assert_same_images(plain, plain, noises=8).pairs[0].value("rp") == 1

def test_not_the_same(assert_same_images):
    assert_same_images(plain, other, at_least=0.9, noises=16)

def test_lock(assert_matches_lock):
    assert_matches_lock(plain, "locks/plain.lock")

def test_not_the_lock(assert_matches_lock):
    assert_matches_lock(other, "locks/plain.lock", at_least=0.9)
"""


def plain(noise):
    return np.tanh(noise)


def other(noise):
    return -np.tanh(noise)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "locks").mkdir()
    make(SideSpec(plain), "", How(shape=(3, 8, 8), noises=16, ceiling=4)).write(folder / "locks" / "plain.lock")
    (folder / "test_mine.py").write_text(TESTS)
    installed = any(point.name == "samenoise" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "samenoise.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q"]
    out = folder / "tmp"
    env = {**os.environ, "PYTEST_ADDOPTS": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*command, f"--basetemp={out}", str(folder / "test_mine.py")],
        capture_output=True,
        text=True,
        cwd=folder,
        env=env,
        timeout=300,
        check=False,
    )
    return done, out


def test_what_is_the_same_passes_and_what_is_not_fails(run):
    done, _ = run
    assert "2 failed, 3 passed" in done.stdout, done.stdout + done.stderr


def test_a_failure_says_the_scores_and_where_the_grid_is(run):
    done, out = run
    assert "AssertionError: RP is 0." in done.stdout
    assert "and at least 0.9 was asked for" in done.stdout
    assert "plain : other" in done.stdout
    assert "beyond" in done.stdout
    assert "plain, batch" in done.stdout
    grids = {path.parent.name: path for path in out.rglob("same-noise.png")}
    assert set(grids) == {"test_not_the_same0", "test_not_the_lock0"}
    for path in grids.values():
        assert path.read_bytes().startswith(b"\x89PNG")
        assert f"the noises that differ most: {path}" in done.stdout


def test_without_pytest_the_assertions_are_functions(tmp_path):
    assert_same_images(plain, plain, shape=(3, 8, 8), noises=8)
    with pytest.raises(AssertionError, match=r"RP is 0\.000, and at least 0\.95 was asked for"):
        assert_same_images(plain, other, shape=(3, 8, 8), noises=8)
    make(SideSpec(plain), "", How(shape=(3, 8, 8), noises=8, ceiling=0)).write(tmp_path / "p.lock")
    assert assert_matches_lock(plain, tmp_path / "p.lock").values["bit_equal"] == 1
    with pytest.raises(AssertionError, match=r"RP with .*p\.lock is 0\.000"):
        assert_matches_lock(other, tmp_path / "p.lock", folder=tmp_path)
    assert (tmp_path / "same-noise.png").exists()
