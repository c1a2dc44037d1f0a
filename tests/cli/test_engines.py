"""Which executor the options of `samenoise run` choose, and how its ends are told."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
from number_cell import Number

from samenoise.cli.engines import Engine, chosen_executor, ends_told, parted
from samenoise.runs import slurm
from samenoise.runs.cell import ConfigError
from samenoise.runs.executor import unheard
from samenoise.runs.failures import CellFailed, Unfinished
from samenoise.runs.gpus import Sharing
from samenoise.runs.local import cores
from samenoise.runs.ray import Ray
from samenoise.runs.slurm import Slurm
from samenoise.runs.store import Store


@pytest.fixture
def cluster(tmp_path):
    file = tmp_path / "cluster.yaml"
    file.write_text("slurm_partition: gpu\nslurm_time: 240\nray_train: {num_gpus: 0.25}\n")
    return file


def test_keys_of_an_engine_are_its_own_and_come_after_its_file(cluster):
    own, rest = parted(["slurm_time=5", "sizes=8,64"], Engine.slurm)
    assert rest == ["sizes=8,64"]
    slurm = chosen_executor(Engine.slurm, own, 3, cluster, None, "cpu")
    assert slurm == Slurm(3, {"slurm_partition": "gpu", "slurm_time": 5})
    ray = chosen_executor(Engine.ray, [], None, cluster, "127.0.0.1:5", "cpu", Sharing(2, 4))
    assert ray == Ray("127.0.0.1:5", {"ray_train": {"num_gpus": 0.25}}, Sharing(2, 4))
    assert parted(["local_x=5", "slurm_time=5"], Engine.local) == ([], ["local_x=5", "slurm_time=5"])


@pytest.mark.parametrize(
    ("device", "workers", "sharing", "processes"),
    [
        ("cpu", None, Sharing(), cores()),
        ("cpu", 5, Sharing(), 5),
        ("cuda", None, Sharing(), 6),
        ("cuda", None, Sharing(per_gpu=4), 12),
        ("cuda", None, Sharing(ranks=3), 2),
        ("cuda:1", None, Sharing(), 2),
    ],
)
def test_processes_here_are_as_many_as_asked_for_or_as_the_device_bears(
    device, workers, sharing, processes, monkeypatch
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    chosen = chosen_executor(Engine.local, [], workers, None, None, device, sharing)
    assert chosen.keywords == {"workers": processes, "sharing": sharing}


@pytest.mark.parametrize(
    ("engine", "own", "workers", "file", "address", "said"),
    [
        ("local", [], None, "cluster.yaml", None, "--cluster is of"),
        ("slurm", [], None, None, "auto", "--address is of --executor ray"),
        ("ray", [], 2, None, None, "--workers is not of --executor ray"),
        ("slurm", ["slurm_time"], None, None, None, "key=value"),
        ("slurm", [], None, "nowhere.yaml", None, "cannot read"),
        ("slurm", [], None, "list.yaml", None, "must be a YAML mapping"),
    ],
)
def test_wrong_use_is_a_sentence(cluster, capsys, engine, own, workers, file, address, said):
    cluster.with_name("list.yaml").write_text("- slurm_time\n")
    with pytest.raises(SystemExit) as end:
        chosen_executor(Engine(engine), own, workers, file and cluster.with_name(file), address, "cpu")
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_what_failed_and_what_was_left_out_is_counted_at_the_end(tmp_path, capsys):
    failures = [CellFailed("number 1: half written"), CellFailed("number 2: half written")]
    with pytest.raises(SystemExit) as end, ends_told(Slurm(), Store(tmp_path)):
        raise Unfinished(failures, 3)
    assert end.value.code == 1
    assert "2 units failed, 3 that need what failed were left out" in capsys.readouterr().err


class Noted(Slurm):
    def cancel(self, store):
        (store.root / "cancelled").touch()


@pytest.mark.parametrize(("answer", "cancelled"), [("c\n", True), ("d\n", False), (None, False)])
def test_jobs_outlive_an_interrupt_unless_the_user_says_no(tmp_path, capsys, monkeypatch, answer, cancelled):
    stdin = io.StringIO(answer)
    stdin.isatty = lambda: answer is not None
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(KeyboardInterrupt), ends_told(Noted(), Store(tmp_path)):
        raise KeyboardInterrupt
    assert (tmp_path / "cancelled").exists() == cancelled
    assert ("the jobs are cancelled" if cancelled else f"samenoise watch {tmp_path}") in capsys.readouterr().err


@pytest.mark.parametrize("error", [ConnectionError("nobody answers"), RuntimeError("Version mismatch\nof Python")])
def test_a_ray_that_is_not_there_or_is_another_is_a_sentence(monkeypatch, tmp_path, error):
    def init(**options):
        raise error

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init, is_initialized=lambda: False))
    with pytest.raises(ConfigError, match=r"^no Ray at 'auto' takes this process: (nobody|Version)"):
        Ray("auto")([Number()], Store(tmp_path), on_event=unheard)


@pytest.mark.parametrize("job", ["--user=root", 3.5, None, ["3"]])
def test_what_is_no_number_of_an_array_is_told_to_no_program(tmp_path, monkeypatch, job):
    store, called = Store(tmp_path), []
    monkeypatch.setattr(slurm.subprocess, "run", lambda command, **options: called.append(command))
    store.tree.write(".jobs/slurm.json", json.dumps({"job": job, "cells": ""}).encode())
    Slurm().cancel(store)
    assert called == []
    store.tree.write(".jobs/slurm.json", b'{"job": "31", "cells": ""}')
    Slurm().cancel(store)
    assert called == [["scancel", "31"]]
