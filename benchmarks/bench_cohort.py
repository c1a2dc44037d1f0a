"""Cohorts against one model after another: the same nine models of width 128, the same updates, in one run.

    python benchmarks/bench_cohort.py [--width 128] [--models 9] [--updates 300] [--json]

"one by one" is what one would write without this package: a plain loop over an ordinary module with torch's Adam and
an EMA, one model after another, with torch's own number of threads. "cohorts" is what `samenoise run` does: cohorts of
at most five, in one process for each core, each with one thread. Rounds alternate; the ratio is taken within a round.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import statistics
import time

import numpy as np
import torch

from samenoise.data import digits
from samenoise.networks import ResidualMLP
from samenoise.process import EDM
from samenoise.runs.local import cores
from samenoise.training.cohort import Cohort
from samenoise.training.recipe import Recipe

SHAPE, BATCH = (1, 8, 8), 128


def one_by_one(width: int, sizes: list[int], updates: int) -> float:
    """Seconds of a plain loop, model after model."""
    images, process = digits().images, EDM()
    started = time.perf_counter()
    for k, n in enumerate(sizes):
        network, data = ResidualMLP(SHAPE, width, 3, seed=k), images[:n]
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
        average = [p.detach().clone() for p in network.parameters()]
        for update in range(updates):
            for group in optimizer.param_groups:
                group["lr"] = 2e-3 * min(1, (update + 1) / 100) * (1 + math.cos(math.pi * update / updates)) / 2
            x0 = data[torch.randint(n, (BATCH,))]
            sigma = (process.p_mean + process.p_std * torch.randn(BATCH, 1, 1, 1)).exp()
            norm = (sigma**2 + 0.25).sqrt()
            x = x0 + sigma * torch.randn_like(x0)
            target = (x0 - 0.25 / norm**2 * x) / (0.5 * sigma / norm)
            loss = (network(x / norm, sigma.flatten().log() / 4) - target).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for mean, p in zip(average, network.parameters(), strict=True):
                    mean.lerp_(p, 0.001)
    return time.perf_counter() - started


def train_cohort(width: int, sizes: list[int], updates: int) -> None:
    """One cohort, one thread."""
    torch.set_num_threads(1)
    images = digits().images
    cohort = Cohort(
        [ResidualMLP(SHAPE, width, 3, seed=k) for k in range(len(sizes))],
        [images[:n] for n in sizes],
        [0] * len(sizes),
        [str(n) for n in sizes],
        EDM(),
        "edm",
        Recipe(updates=updates),
    )
    for _ in cohort.train(cohort.start()):
        pass


def serve(pipe: multiprocessing.connection.Connection) -> None:
    """A worker: warm, then one cohort for each message."""
    train_cohort(16, [8, 8], 5)
    pipe.send(None)
    while (order := pipe.recv()) is not None:
        train_cohort(*order)
        pipe.send(None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--models", type=int, default=9)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sizes = [int(n) for n in np.geomspace(8, 1500, args.models)]
    workers = cores()
    groups = max(workers, -(-args.models // 5))
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(workers):
        ours, theirs = context.Pipe()
        context.Process(target=serve, args=(theirs,), daemon=True).start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    one_by_one(args.width, sizes[:1], 20)

    alone, together = [], []
    for _ in range(args.rounds):
        alone.append(one_by_one(args.width, sizes, args.updates))
        started = time.perf_counter()
        waiting = [(args.width, sizes[k::groups], args.updates) for k in range(groups)]
        busy = []
        for pipe in pipes:
            pipe.send(waiting.pop())
            busy.append(pipe)
        while busy:
            for pipe in multiprocessing.connection.wait(busy):
                pipe.recv()
                if waiting:
                    pipe.send(waiting.pop())
                else:
                    busy.remove(pipe)
        together.append(time.perf_counter() - started)
    for pipe in pipes:
        pipe.send(None)
    ratios = [a / b for a, b in zip(alone, together, strict=True)]
    found = {
        "width": args.width,
        "models": args.models,
        "updates": args.updates,
        "cores": workers,
        "threads_one_by_one": torch.get_num_threads(),
        "one_by_one_s": statistics.median(alone),
        "cohorts_s": statistics.median(together),
        "ratio_median": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
    }
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{args.models} models of width {args.width}, {args.updates} updates, {workers} cores")
        print(f"one by one {found['one_by_one_s']:.2f} s, cohorts {found['cohorts_s']:.2f} s (medians)")
        print(f"cohorts are {found['ratio_median']:.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
