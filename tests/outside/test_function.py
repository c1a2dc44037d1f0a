"""Python functions: what they are given, what they may return, and what is said when they fail."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from samenoise.outside import OutsideError, open_target
from samenoise.outside.base import as_images
from samenoise.outside.function import Function

NOISE = np.linspace(-2, 2, 3 * 192, dtype=np.float32).reshape(3, 3, 8, 8)
MODULE = """
import numpy as np

class Holder:
    @staticmethod
    def draw(noise): return np.tanh(noise)

def of_array(noise):
    assert isinstance(noise, np.ndarray) and noise.dtype == np.float32
    noise[:] = noise / 2          # what is given may be written into
    return np.tanh(2 * noise)
of_array.noise_shape = (3, 8, 8)

def of_tensor(noise: "torch.Tensor"):
    return noise.double().tanh()

def bfloat(noise: "Tensor"):
    import torch
    return noise.tanh().to(torch.bfloat16).requires_grad_()

def told(noise, conditions):
    return np.tanh(noise) * np.array([len(str(c)) for c in conditions])[:, None, None, None] / 10

def crashes(noise):
    raise KeyError("no such weight\\nsecond line")

def of_none(): pass

number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "mine_for_a_test.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "mine_for_a_test"
    sys.modules.pop("mine_for_a_test", None)


@pytest.mark.parametrize("name", ["of_array", "of_tensor", "Holder.draw"])
@pytest.mark.parametrize("form", ["module", "file"])
def test_a_function_is_given_noise_and_returns_images(module, name, form):
    opened = open_target(f"{module}:{name}" if form == "module" else f"./{module}.py:{name}", {})
    before = NOISE.copy()
    found = opened.draw(NOISE)
    np.testing.assert_allclose(found, np.tanh(NOISE), rtol=1e-6)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(NOISE, before)
    assert opened.shape == ((3, 8, 8) if name == "of_array" else None)


def test_half_precision_and_gradients_are_taken_off(module):
    found = open_target(f"{module}:bfloat", {}).draw(NOISE)
    np.testing.assert_allclose(found, np.tanh(NOISE), atol=4e-3)


def test_conditions_go_to_a_function_that_takes_them(module):
    found = open_target(f"{module}:told", {}).draw(NOISE, ["a", "bb", "ccc"])
    np.testing.assert_allclose(found[2], 0.3 * np.tanh(NOISE[2]), rtol=1e-5)
    with pytest.raises(OutsideError, match="takes no second argument"):
        open_target(f"{module}:of_array", {}).draw(NOISE, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "has no attribute 'nothing'"),
        ("number", "of the type int, which cannot be called"),
        ("of_none", r"failed: TypeError: of_none\(\) takes 0 positional arguments but 1 was given$"),
        ("crashes", r"failed: KeyError: .*no such weight.*mine_for_a_test.py, line \d+"),
    ],
)
def test_a_function_that_is_none_or_crashes_is_said_in_one_line(module, name, says):
    with pytest.raises(OutsideError, match=says) as refused:
        open_target(f"{module}:{name}", {}).draw(NOISE)
    assert "\n" not in str(refused.value)


def test_a_module_that_cannot_be_imported_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text("import nothing_of_the_kind\n")
    with pytest.raises(OutsideError, match=r"cannot be imported: ModuleNotFoundError.*nothing_of_the_kind"):
        open_target("bad.py:draw", {})
    with pytest.raises(OutsideError, match=r"there is no file none\.py"):
        open_target("none.py:draw", {})
    with pytest.raises(OutsideError, match=r"ModuleNotFoundError: No module named 'no_such_package'$"):
        open_target("no_such_package.deep:draw", {})


RETURNED = {
    "levels": np.arange(3 * 192, dtype=np.uint8).reshape(3, 3, 8, 8),
    "channels last": np.arange(3 * 192, dtype=np.uint8).reshape(3, 3, 8, 8).transpose(0, 2, 3, 1),
}


@pytest.mark.parametrize("form", RETURNED)
def test_levels_may_have_their_channels_first_or_last(form):
    np.testing.assert_array_equal(as_images(RETURNED[form], 3, "f"), RETURNED["levels"])


def test_grey_levels_and_lists_of_pictures_are_images():
    from PIL import Image

    grey = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)
    np.testing.assert_array_equal(as_images(grey, 2, "f")[:, 0], grey)
    colour = RETURNED["levels"].transpose(0, 2, 3, 1)
    pictures = [Image.fromarray(each) for each in colour]
    np.testing.assert_array_equal(as_images(pictures, 3, "f"), RETURNED["levels"])
    np.testing.assert_array_equal(as_images(torch.from_numpy(RETURNED["levels"]), 3, "f"), RETURNED["levels"])


@pytest.mark.parametrize(
    "returned",
    [np.zeros((3, 192)), np.zeros((2, 3, 8, 8)), np.zeros((3, 4, 8, 8)), np.zeros((3, 3, 8, 8), np.int64), None, "x"],
    ids=["flat", "too few", "four channels", "integers", "none", "text"],
)
def test_what_is_no_image_is_refused(returned):
    with pytest.raises(OutsideError, match="draws returned"):
        Function(lambda noise: returned, "draws").draw(NOISE)


def test_threads_are_those_that_are_asked_for():
    seen = []
    function = Function(lambda noise: seen.append(torch.get_num_threads()) or np.tanh(noise), "f")
    before = torch.get_num_threads()
    function.draw(NOISE, threads=2)
    function.draw(NOISE)
    assert seen == [2, before]
    assert torch.get_num_threads() == before
