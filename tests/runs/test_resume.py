"""A training of one image network, interrupted by an exception and by kill -9: it goes on to the very same bits."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from tiny import TINY, content

from samenoise.cells import record
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.runs.store import Store

UVIT = {
    **TINY,
    "experiments": ["regimes"],
    "network": {"name": "uvit", "blocks": 3},
    "widths": [16],
    "sizes": [12],
    "training": {"updates": 60, "batch": 8, "warmup": 5, "accumulate": 2, "clip": 1.0, "weight_decay": 0.01},
}


@pytest.fixture(scope="module", autouse=True)
def _logged_often():
    """The log is among what is to be the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "LOG_EVERY", 10)
        yield


@pytest.fixture(scope="module")
def preset(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("preset") / "uvit.yaml"
    path.write_text(yaml.safe_dump(UVIT))
    return str(path)


def trained(preset: str, root: Path, progress=lambda share: None, updates: int = 60) -> dict[str, bytes]:
    """Every file of the training's cell, but for ``cell.json``, which has its time."""
    agenda, store = Agenda(load(preset, [f"training.updates={updates}"])), Store(root)
    train, _ = agenda.plan.place(agenda.study.model(16, 12).member)
    store.compute(agenda.study.data)
    return content(store.compute(train, progress))


@pytest.fixture(scope="module")
def undisturbed(preset, tmp_path_factory) -> dict[str, bytes]:
    return trained(preset, tmp_path_factory.mktemp("undisturbed"))


def test_an_interrupted_network_goes_on_to_the_same_bits(preset, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)

    def stop_at(update: int, seen: list[float]):
        def progress(share: float) -> None:
            seen.append(share)
            if share * 60 >= update:
                raise InterruptedError

        return progress

    # The second stop is past update 50, the first look at the loss, which is part of the state too.
    first, second, last = [], [], []
    for update, seen in ((20, first), (60, second)):
        with pytest.raises(InterruptedError):
            trained(preset, tmp_path, stop_at(update, seen))
    assert trained(preset, tmp_path, last.append) == undisturbed
    assert [round(share * 60) for share in first + second] == [10, 20, 20, 30, 40, 50, 60], "nothing is done twice"
    assert last == [1.0]
    assert set(undisturbed) == {
        "0/config.json",
        "0/diffusion_pytorch_model.safetensors",
        "0/process.json",
        "log.jsonl",
        "unseen.safetensors",
    }
    log = [json.loads(line) for line in undisturbed["log.jsonl"].splitlines()]
    assert [row["update"] for row in log if "loss" in row] == [10, 20, 30, 40, 50, 60]
    assert [row["update"] for row in log if "unseen" in row] == [42, 60]


def test_a_killed_network_goes_on_to_the_same_bits(preset, tmp_path, monkeypatch):
    """SIGKILL from outside, as a scheduler would, once a checkpoint is there."""
    monkeypatch.setattr(record, "SHOW_EVERY", 1)
    updates = 400
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import test_resume, samenoise.cells.record as t\n"
        "t.CHECKPOINT_SECONDS, t.LOG_EVERY = 0.05, 10\n"
        "test_resume.trained(sys.argv[1], Path(sys.argv[2]), updates=int(sys.argv[3]))\n"
    )
    killed = tmp_path / "killed"
    beside = (Path(__file__).parent, Path(__file__).parent.parent, os.environ.get("PYTHONPATH"))
    folders = os.pathsep.join(str(folder) for folder in beside if folder)
    process = subprocess.Popen(
        [sys.executable, "-c", code, preset, str(killed), str(updates)], env={**os.environ, "PYTHONPATH": folders}
    )
    deadline = time.monotonic() + 120
    while not list(killed.glob(".scratch/*/*/checkpoint-*")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    assert process.returncode == -signal.SIGKILL, "it had not ended by itself"
    assert not list(killed.glob("models/*"))
    seen: list[float] = []
    assert trained(preset, killed, seen.append, updates) == trained(preset, tmp_path / "whole", updates=updates)
    assert seen[0] > 1 / updates, "it goes on from the checkpoint"
