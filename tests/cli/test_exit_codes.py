"""Exit codes: 0 done, 1 failed, 2 wrong use or config, 130 interrupted. A script goes by them alone."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml
from data_forms import encode, random_pixels, write
from lively import LIVELY, only_the_page

from samenoise.cli import main
from samenoise.training.cohort import Cohort

SMALL = {
    **LIVELY,
    "name": "small",
    "experiments": ["regimes"],
    "widths": [8],
    "sizes": [4],
    "data": {"held_out": 4},
    "training": {"updates": 20, "batch": 8, "warmup": 2},
    "sampling": {"noises": 9, "batch": 9, "ceiling_batch": 4, "steps": 3},
    "shown": 2,
}


@pytest.fixture
def preset(tmp_path):
    """Writes a preset, with some keys changed, and gives its path."""

    def made(**changes):
        (tmp_path / "small.yaml").write_text(yaml.safe_dump({**SMALL, **changes}))
        return str(tmp_path / "small.yaml")

    return made


@pytest.fixture
def samenoise(monkeypatch, capsys, tmp_path):
    """The command in this process: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["samenoise", *args])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, *capsys.readouterr()

    return call


def said_in_one_sentence(err):
    return err.splitlines()[-1].startswith("samenoise: ") and "Traceback" not in err


def test_a_unit_that_fails_ends_the_run_with_1(samenoise, preset, tmp_path):
    """Data that cannot be read, which only the unit that reads them finds out."""
    write(tmp_path / "pictures", {f"{k}.png": encode(p) for k, p in enumerate(random_pixels(12, 8, 8))})
    (tmp_path / "pictures" / "3.png").write_bytes(b"no picture")
    data = {"source": "files", "path": str(tmp_path / "pictures"), "held_out": 4}
    code, out, err = samenoise("run", preset(data=data), "--workers", "1", "--out", "run")
    assert (code, out) == (1, ""), err
    assert said_in_one_sentence(err)
    assert "3.png" in err
    assert not (tmp_path / "run" / "scores.json").exists()


def test_a_training_that_diverges_ends_the_run_with_1(samenoise, preset):
    path = preset(training={"updates": 20, "batch": 8, "warmup": 0, "lr": 1e30})
    code, out, err = samenoise("run", path, "--workers", "1", "--out", "run")
    assert (code, out) == (1, ""), err
    assert said_in_one_sentence(err)
    assert "diverged" in err


@pytest.mark.parametrize(
    ("key", "says"),
    [("sizes=0", "sizes"), ("training.lr=-1", "training.lr"), ("nothing=1", "nothing"), ("x", "key=value")],
)
@pytest.mark.parametrize("verb", ["run", "train"])
def test_a_config_that_cannot_be_run_ends_with_2(samenoise, preset, tmp_path, verb, key, says):
    code, out, err = samenoise(verb, preset(), key, "--out", "run")
    assert (code, out) == (2, ""), err
    assert said_in_one_sentence(err)
    assert says in err
    assert not (tmp_path / "run").exists(), "nothing was begun"


def test_an_interrupted_training_ends_with_130_and_goes_on_with_0(samenoise, preset, monkeypatch):
    """Ctrl-C between two updates."""
    train = Cohort.train

    def interrupted(self, state):
        for update in train(self, state):
            if update.update == 7:
                raise KeyboardInterrupt
            yield update

    monkeypatch.setattr(Cohort, "train", interrupted)
    command = ["train", preset(), "--model", "mlp-8", "--out", "run", "--json"]
    code, out, err = samenoise(*command)
    assert (code, out) == (130, ""), err
    assert said_in_one_sentence(err)
    assert "again to go on" in err
    monkeypatch.setattr(Cohort, "train", train)
    code, out, err = samenoise(*command)
    assert code == 0, err
    assert os.path.isdir(json.loads(out)["model"])


def test_an_interrupted_preparation_ends_with_130(samenoise, monkeypatch, tmp_path):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("samenoise.data.prepare.prepare", interrupted)
    code, out, err = samenoise("prepare", str(tmp_path), "out.zip", "--size", "8")
    assert (code, out) == (130, ""), err
    assert said_in_one_sentence(err)


@pytest.mark.parametrize(
    ("verb", "times"), [(["run"], 4), (["train", "--model", "mlp-8"], 1)], ids=["run, four quick ones", "train"]
)
def test_ctrl_c_ends_with_130(preset, tmp_path, verb, times):
    """A signal from outside, to a training that would take an hour."""
    command = [sys.executable, "-m", "samenoise", verb[0], preset(), "training.updates=10000000", *verb[1:]]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "run")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 300
    made = "run/data/*/images.safetensors"
    while not list(tmp_path.glob(made)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, ""), err
    assert said_in_one_sentence(err)
    assert "again to go on" in err


def test_a_run_that_is_done_ends_with_0(samenoise, preset, tmp_path):
    with only_the_page():
        code, out, err = samenoise("run", preset(), "--workers", "1", "--out", "run", "--json")
    assert code == 0, err
    assert json.loads(out)["scores"] == json.loads((tmp_path / "run" / "scores.json").read_text())["scores"]
