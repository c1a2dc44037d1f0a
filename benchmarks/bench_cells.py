"""What each executor adds to a cell: many cells that compute next to nothing, from the first to the last result.

    python benchmarks/bench_cells.py [--cells 200] [--workers 2] [--executors local ray slurm] [--json]

"bare" is the same cells computed into a store without an executor: in one process after another; for Slurm, by a plain
array of submitit with as many jobs, each of which takes its share in a loop. What takes seconds once, and not for every
cell, such as the start of a process that imports torch, is in "start": the time of a run of as many cells as workers.
A Ray of two nodes and a Slurm of two are started for it, as in the tests; where they cannot be, a line says why.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[1] / "tests"))

import pytest
import ray_cluster
import slurm_cluster
from trivial_cell import Trivial

from samenoise.runs.executor import Executor, unheard
from samenoise.runs.local import execute
from samenoise.runs.store import Store


def cells(first: int, count: int) -> list[Trivial]:
    return [Trivial(number=number) for number in range(first, first + count)]


def bare(root: Path, share: list[int]) -> None:
    """These cells, and nothing around them."""
    store = Store(root)
    for number in share:
        store.compute(Trivial(number=number))


def seconds(job: Callable[[Path], Any]) -> float:
    """Of a job with a new run directory."""
    with tempfile.TemporaryDirectory() as root:
        began = time.perf_counter()
        job(Path(root))
        return time.perf_counter() - began


def timed(executor: Executor, count: int, workers: int) -> dict[str, float]:
    """Milliseconds that a cell takes, and the seconds of a run of very few."""

    def run(root: Path, many: int) -> None:
        executor(list(cells(0, many)), Store(root), on_event=unheard)

    start = seconds(partial(run, many=workers))
    whole = seconds(partial(run, many=count))
    return {"start_s": start, "whole_s": whole, "ms_a_cell": 1000 * (whole - start) / (count - workers)}


@contextmanager
def on_ray() -> Iterator[Executor]:
    from samenoise.runs.ray import Ray

    cluster = ray_cluster.started(cpus=1)
    try:
        yield Ray(cluster.address)
    finally:
        cluster.shutdown()


def bare_array(count: int, workers: int, root: Path) -> None:
    import submitit

    engine = submitit.SlurmExecutor(root / "log")
    engine.update_parameters(job_name="bare", time=60, cpus_per_task=1, array_parallelism=workers)
    engine.map_array(bare, [root] * workers, [list(range(k, count, workers)) for k in range(workers)])
    deadline = time.monotonic() + 900
    while not (root / "scores").is_dir() or len(os.listdir(root / "scores")) < count:
        assert time.monotonic() < deadline, "the array does not end"
        time.sleep(0.2)


def measure(name: str, count: int, workers: int) -> dict[str, float]:
    if name == "local":
        alone = seconds(partial(bare, share=list(range(count))))
        return {**timed(partial(execute, workers=workers), count, workers), "bare_ms_a_cell": 1000 * alone / count}
    if name == "ray":
        with on_ray() as executor:
            return timed(executor, count, workers)
    from samenoise.runs.slurm import Slurm

    cluster = slurm_cluster.started()
    os.environ["SLURM_CONF"] = cluster.environment["SLURM_CONF"]
    try:
        start = seconds(partial(bare_array, workers, workers))
        found = timed(Slurm(workers, {"slurm_time": 60}), count, workers)
        whole = seconds(partial(bare_array, count, workers))
    finally:
        cluster.stop()
    return {**found, "bare_start_s": start, "bare_whole_s": whole, "whole_ratio": found["whole_s"] / whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--executors", nargs="+", choices=("local", "ray", "slurm"), default=["local", "ray", "slurm"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    seconds(partial(bare, share=[0]))  # this process imports torch
    found = {}
    for name in options.executors:
        try:
            found[name] = measure(name, options.cells, options.workers)
        except pytest.skip.Exception as missing:
            print(f"{name}: {missing}", file=sys.stderr)
            continue
        if not options.json:
            print(f"{name:<6}", ", ".join(f"{key} {value:.2f}" for key, value in found[name].items()), flush=True)
    if options.json:
        print(json.dumps({"cells": options.cells, "workers": options.workers, **found}))


if __name__ == "__main__":
    main()
