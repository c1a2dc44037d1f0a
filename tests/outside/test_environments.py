"""An older diffusers in a virtual environment that is made here, beside this one."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from pipelines_made import PROMPTS, options

from benchmarks.environments import ENVIRONMENTS, environment, locked, saved
from samenoise.comparison import SideSpec, compare
from samenoise.comparison.side import Conditions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of diffusers with NumPy 2
]


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """Its interpreter, and the pipelines that it saved."""
    folder = tmp_path_factory.mktemp("older")
    try:
        python = environment(folder / "venv", *ENVIRONMENTS["diffusers"])
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the packages of the environment cannot be had here: {error}")
    return python, saved(python, folder)


def beside(older, kind, prompts=None):
    """The scores of a pipeline there and here, and where the two part."""
    python, models = older
    there, here = (SideSpec(str(models / kind), name, options(kind)) for name in ("there", "here"))
    found = compare(replace(there, python=str(python)), here, noises=8, ceiling=4, where=True, conditions=prompts)
    return found.pairs[0], found.where[0]


def test_an_older_version_draws_the_same_bits(older):
    pair, where = beside(older, "ddim")
    assert pair.value("bit_equal") == 1
    assert where.first is None


def test_what_an_upgrade_changed_is_found_and_put_down_to_its_stage(older):
    """Of a Stable Diffusion 3 without T5 the older version makes another number of empty tokens in its place."""
    pair, where = beside(older, "sd3", Conditions(PROMPTS))
    assert pair.value("bit_equal") == 0
    assert where.first == "what is handed to the denoiser"


def test_a_lock_that_was_made_there_is_checked_here(older, tmp_path):
    python, models = older
    checked = locked(str(models / "ddim"), "ddim", python, tmp_path)
    assert checked["bit_equal"] == 1
    assert checked["changed"]["diffusers"][0] == "0.32.2"
