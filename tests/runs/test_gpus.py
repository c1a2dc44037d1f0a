"""GPUs: which worker is shown which, and which cells it takes; no GPU is needed to see that."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from number_cell import BARE, LOG, Number, Seen, Shared

from samenoise.runs.cell import ConfigError
from samenoise.runs.gpus import ALL, NONE, VISIBLE, Sharing, seats, visible
from samenoise.runs.local import execute
from samenoise.runs.ray import Ray
from samenoise.runs.store import Store


@given(
    gpus=st.integers(0, 9),
    workers=st.integers(1, 20),
    per_gpu=st.none() | st.integers(1, 4),
)
def test_gpus_are_shared_out_evenly_and_to_no_more_than_asked_for(gpus, workers, per_gpu):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VISIBLE, ",".join(map(str, range(gpus))))
        found = seats([Seen(), Number()], workers, Sharing(per_gpu))
    assert len(found) == workers
    if not gpus:
        assert set(found) == {ALL}
        return
    on = {gpu: found.count(gpu) for gpu in map(str, range(gpus))}
    assert max(on.values()) - min(on.values()) <= 1
    assert sum(on.values()) == (workers if per_gpu is None else min(workers, per_gpu * gpus))
    assert sum(on.values()) + found.count(NONE) == workers


def test_what_wants_none_or_names_one_is_left_alone(monkeypatch):
    monkeypatch.setenv(VISIBLE, "0,1")
    assert seats([Number()], 3, Sharing(1)) == [ALL] * 3
    assert seats([Number(), Seen(device="cuda:1")], 3, Sharing(1)) == [ALL] * 3
    assert [cell.on_gpu for cell in (Number(), Seen(), Seen(device="cuda:1"), Seen(device="cpu"))] == [
        False,
        True,
        True,
        False,
    ]


class OnGPUs(Shared):
    device: str = "cuda"


def test_a_cell_of_several_processes_has_a_gpu_for_each(monkeypatch):
    monkeypatch.setenv(VISIBLE, "GPU-a, GPU-b,2,3,4")
    assert visible() == ["GPU-a", "GPU-b", "2", "3", "4"]
    assert seats([OnGPUs()], 3, Sharing(ranks=2)) == ["GPU-a,GPU-b", "2,3", "GPU-a,GPU-b"]
    assert seats([OnGPUs()], 3, Sharing(1, ranks=3)) == ["GPU-a,GPU-b", "2,3", NONE], "of 4 parts 2 processes take 2"
    monkeypatch.setenv(VISIBLE, "0,1")
    with pytest.raises(ConfigError, match=r"^4 processes for one cell want a GPU each: this process sees 2$"):
        seats([OnGPUs()], 3, Sharing(ranks=4))


def test_cells_that_want_a_gpu_go_to_workers_that_have_one_and_the_others_to_any(tmp_path, monkeypatch):
    monkeypatch.setenv(BARE, "1")
    monkeypatch.setenv(VISIBLE, "5,7")
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    store = Store(tmp_path / "run")
    cells = [Seen(value=k, seconds=0.1) for k in range(6)]
    execute([*cells, *(Number(value=k) for k in range(6))], store, 4, sharing=Sharing(per_gpu=1))
    assert {cell.load(store) for cell in cells} == {"5", "7"}
    seen = defaultdict(set)
    for line in (tmp_path / "log").read_text().splitlines():
        if " " in line:  # of those that want one
            pid, gpu = line.split()
            seen[gpu].add(pid)
    assert [len(pids) for pids in seen.values()] == [1, 1], "one worker for each GPU, and no other"


@pytest.mark.parametrize(
    ("sharing", "cell", "asked"),
    [
        (Sharing(), Number(), {"num_cpus": 1}),
        (Sharing(per_gpu=4), Number(), {"num_cpus": 1}),
        (Sharing(), Seen(), {"num_cpus": 1, "num_gpus": 1}),
        (Sharing(per_gpu=4), Seen(), {"num_cpus": 1, "num_gpus": 0.25}),
        (Sharing(4, ranks=2), OnGPUs(), {"num_cpus": 2, "num_gpus": 2}),
        (Sharing(ranks=8), Shared(), {"num_cpus": 4}),
    ],
)
def test_ray_is_asked_for_what_a_cell_takes(sharing, cell, asked):
    class Task:
        def options(self, **told):
            return told

    assert Ray(sharing=sharing)._asking(Task(), cell) == {"name": cell.kind, **asked}
    told = Ray(options={"ray_default": {"num_gpus": 0.5}}, sharing=sharing)._asking(Task(), cell)
    assert told == {"name": cell.kind, "num_gpus": 0.5}
