"""Models in another interpreter: the same images, and a sentence for whatever goes wrong over there."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest

from samenoise.comparison import How, SideSpec, check, compare, lock
from samenoise.outside import OutsideError
from samenoise.outside.frames import receive, send
from samenoise.outside.other import Other
from samenoise.outside.threads import torch_threads

NOISE = np.linspace(-2, 2, 3 * 192, dtype=np.float32).reshape(3, 3, 8, 8)
MODULE = """
import os, sys
import numpy as np

def tanh(noise):
    print("a word on stdout")
    return np.tanh(noise)
tanh.noise_shape = (3, 8, 8)

def crashes(noise): raise ValueError("not today")
def dies(noise):
    print("last words", file=sys.stderr, flush=True)
    os._exit(7)
def threads(noise):
    import torch
    return noise * 0 + torch.get_num_threads()
def imported(noise):
    assert "torch" not in sys.modules and "samenoise.comparison" not in sys.modules
    assert not any("samenoise" in place for place in sys.path)
    return np.tanh(noise)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def other(here):
    opened = []

    def make(target, python=sys.executable):
        opened.append(Other(python, target, {}))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_another_interpreter_draws_the_same_bits(other, capfd):
    model = other("mine:tanh")
    assert model.shape == (3, 8, 8)
    np.testing.assert_array_equal(model.draw(NOISE), np.tanh(NOISE))
    np.testing.assert_array_equal(model.draw(NOISE[:1], threads=1), np.tanh(NOISE[:1]))
    assert "word" not in capfd.readouterr().out, "what it prints is no result"
    assert model.about["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))


def test_another_interpreter_ends_with_the_comparison_or_the_lock(here, monkeypatch):
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **how: started.append(popen(*args, **how)) or started[-1])
    monkeypatch.delattr(Other, "__del__")  # which would end it, but later
    there = SideSpec("mine:tanh", "there", python=sys.executable)
    compare("mine:tanh", there, noises=4, ceiling=2, ceiling_with=[{}])
    locked = lock.make(there, "mine:tanh", How(noises=4))
    check.check(locked, there)
    workers = [process for process in started if "worker.py" in str(process.args)]
    assert [process.poll() for process in workers] == [0] * 4


@pytest.mark.parametrize("count", [1, 3])
def test_another_interpreter_uses_as_many_threads_as_this_one(here, other, count):
    """Sums are taken in the order of the threads: two versions shall not seem to differ by theirs."""
    (here / "mine.py").write_text("import torch\n" + MODULE)
    with torch_threads(count):
        drawn = other("mine:threads").draw(NOISE)
    assert (drawn == count).all()


def test_nothing_of_this_interpreter_goes_over(other):
    np.testing.assert_array_equal(other("./mine.py:imported").draw(NOISE), np.tanh(NOISE))


def test_an_interpreter_without_numpy_or_none_at_all(here, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    with pytest.raises(OutsideError, match="has no NumPy"):
        Other(str(tmp_path / "bare" / "bin" / "python"), "mine:tanh", {})
    with pytest.raises(OutsideError, match=r"there is no interpreter .*/nowhere/python"):
        Other("/nowhere/python", "mine:tanh", {})
    (tmp_path / "script").write_text("#!/bin/sh\necho not a python >&2\nexit 4\n")
    os.chmod(tmp_path / "script", 0o755)
    with pytest.raises(OutsideError, match="ended with exit code 4 while opening mine:tanh: not a python"):
        Other(str(tmp_path / "script"), "mine:tanh", {})
    (tmp_path / "script").write_text("#!/bin/sh\necho a word that is as long as a number; sleep 60\n")
    with pytest.raises(OutsideError, match="script is no Python: it did not answer as one"):
        Other(str(tmp_path / "script"), "mine:tanh", {})


def test_what_goes_wrong_over_there_is_said_here(other):
    with pytest.raises(OutsideError, match="mine:crashes failed: ValueError: not today") as failed:
        other("mine:crashes").draw(NOISE)
    assert failed.value.code == 1
    with pytest.raises(OutsideError, match="ended with exit code 7 while mine:dies drew: last words"):
        other("mine:dies").draw(NOISE)
    with pytest.raises(OutsideError, match="has no attribute"):
        other("mine:nothing")


def test_a_killed_interpreter_is_said(other):
    model = other("mine:tanh")
    model._process.kill()
    with pytest.raises(OutsideError, match="by signal 9"):
        model.draw(NOISE)


def test_messages_keep_numbers_text_and_arrays():
    message = {
        "do": "draw",
        "deep": [{"x": np.arange(6, dtype=np.int64).reshape(2, 3)}, None, True, 0.1, "ä"],
        "empty": np.zeros((0, 3), np.float32),
        "scalar": np.array(2.5),
    }
    pipe = BytesIO()
    send(pipe, message)
    send(pipe, {"second": 1})
    pipe.seek(0)
    found = receive(pipe)
    assert found is not None
    np.testing.assert_array_equal(found["deep"][0]["x"], message["deep"][0]["x"])
    assert found["deep"][0]["x"].dtype == np.int64
    assert found["deep"][1:] == [None, True, 0.1, "ä"]
    assert found["empty"].shape == (0, 3)
    assert found["scalar"] == 2.5
    assert receive(pipe) == {"second": 1}
    assert receive(pipe) is None
    pipe.truncate(len(pipe.getvalue()) - 1)
    pipe.seek(0)
    receive(pipe)
    with pytest.raises(EOFError):
        receive(pipe)
