"""Interruptions: what a run loses to kill -9 and Ctrl-C, and that its scores do not show it."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from tiny import TINY

SAMENOISE = [sys.executable, "-m", "samenoise"]


def start(preset: str, out: Path, *more: str) -> subprocess.Popen:
    command = [*SAMENOISE, "run", preset, "--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def finish(preset: str, out: Path, *more: str) -> bytes:
    process = start(preset, out, *more)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err.decode()
    return (out / "scores.json").read_bytes()


def killed(preset: str, out: Path, seconds: float, how: int = signal.SIGKILL, *more: str) -> int:
    """Run for some seconds, then send a signal to the parent alone, as a scheduler's or a user's kill would."""
    process = start(preset, out, *more)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    process.communicate(timeout=60)
    return process.returncode


@pytest.fixture(scope="module")
def preset(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("preset") / "tiny.yaml"
    path.write_text(yaml.safe_dump(TINY))
    return str(path)


@pytest.fixture(scope="module")
def undisturbed(preset, tmp_path_factory) -> bytes:
    return finish(preset, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bits(preset, undisturbed, tmp_path):
    assert finish(preset, tmp_path, "--workers", "1") == undisturbed


@pytest.mark.slow
def test_killed_runs_go_on_to_the_same_bits(preset, undisturbed, tmp_path):
    chance = random.Random(0)
    for _ in range(3):
        killed(preset, tmp_path, chance.uniform(1.5, 7))
    assert finish(preset, tmp_path) == undisturbed
    leftovers = [p.name for p in (tmp_path / ".scratch").iterdir()]
    assert leftovers == [], "a finished run leaves no scratch"


def test_workers_leave_with_a_killed_parent(preset, tmp_path):
    # Batches so large that a worker says nothing for a minute: no broken pipe tells it that its parent has gone.
    process = start(preset, tmp_path, "training.updates=200000", "training.batch=20000", "widths=256")
    deadline = time.monotonic() + 300
    children: list[int] = []
    while time.monotonic() < deadline and not list(tmp_path.glob("data/*/cell.json")):
        time.sleep(0.2)
    children = [int(p) for p in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    assert children
    process.kill()
    process.communicate(timeout=60)
    for _ in range(100):
        if not any(Path(f"/proc/{child}").exists() and alive(child) for child in children):
            return
        time.sleep(0.1)
    raise AssertionError("workers outlive their parent by 10 seconds")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_checkpoint_is_resumed_and_a_damaged_one_is_not(preset, tmp_path, monkeypatch):
    from samenoise.cells import record
    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import load
    from samenoise.runs.store import Store

    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)  # after every update, however slow the disk
    monkeypatch.setattr(record, "LOG_EVERY", 10)
    agenda = Agenda(load(preset))
    train = agenda.plan.place(agenda.study.model(8, 4).member).train

    def computed(name: str, interrupt_at: int | None, harm: bool = False) -> tuple[dict[str, bytes], list[float]]:
        store, shares = Store(tmp_path / name), []
        store.compute(agenda.study.data)

        def stop(share: float) -> None:
            if interrupt_at is not None and share * 40 >= interrupt_at:
                raise InterruptedError

        if interrupt_at is not None:
            with pytest.raises(InterruptedError):
                store.compute(train, stop)
            kept = list(store.scratch(train).glob("*/checkpoint-*"))
            assert len(kept) == 1
            if harm:
                content = bytearray(kept[0].read_bytes())
                content[len(content) // 2] ^= 1
                kept[0].write_bytes(bytes(content))
        place = store.compute(train, shares.append)
        assert not (store.root / ".scratch" / train.hash).exists()
        return {
            p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*.*") if p.name != "cell.json"
        }, shares

    whole, shares = computed("whole", None)
    resumed, resumed_shares = computed("resumed", 30)
    harmed, harmed_shares = computed("harmed", 30, harm=True)
    assert whole == resumed == harmed
    assert len(shares) == len(harmed_shares) == 4
    assert resumed_shares == shares[2:], "a good checkpoint is gone on from, not computed again"
    assert len(whole) == 3 * 3 + 2


@pytest.mark.slow
def test_any_flipped_byte_in_the_run_directory_heals(preset, undisturbed, tmp_path):
    assert finish(preset, tmp_path) == undisturbed
    chance = random.Random(1)
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file() and p.name != ".lock")
    by_folder: dict[str, list[Path]] = {}
    for file in files:
        by_folder.setdefault(file.relative_to(tmp_path).parts[0] + file.suffix, []).append(file)
    for group in by_folder.values():  # one of each kind of file, all at once
        file = chance.choice(group)
        content = bytearray(file.read_bytes())
        content[chance.randrange(len(content))] ^= 0x20
        file.write_bytes(bytes(content))
    assert finish(preset, tmp_path) == undisturbed
    again = json.loads((tmp_path / "curves.json").read_text())
    assert again["schema_version"] == 1


@pytest.mark.slow
def test_five_kills_of_digits_quick(tmp_path):
    expected = finish("digits-quick", tmp_path / "undisturbed")
    chance = random.Random(2)
    for _ in range(5):
        killed("digits-quick", tmp_path / "killed", chance.uniform(3, 15))
    assert finish("digits-quick", tmp_path / "killed") == expected
