"""How far posterior sampling is from the posterior where that is known, against zeta and steps: no network is in it.

    python benchmarks/bench_zeta.py [--process edm] [--steps 18 32 64] [--zeta 0 0.3 1 2 3 10] [--tasks box blur]

The prior is the Gaussian of the training images of the digits (1,500, without the 297 held out); held-out images are
measured, each with many noises. For each image the posterior is a Gaussian again (`samenoise.inverse.posterior`).
Printed is the mean over images of

    mean     distance of the mean over noises from the posterior mean, as a share of that of the prior's mean
    spread   root mean squared distance from the mean over noises, over that of the posterior
    flow     root mean squared distance from what the exact posterior's own flow draws from the same noise

A method without error has 0, 1 and 0. The zeta with the least `flow`, averaged over tasks, is printed last.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from samenoise.data import digits, held_out, subset
from samenoise.inverse import DDNM, DPS, OPERATORS, LinearOperator, measure, posterior
from samenoise.noise import NoiseBank
from samenoise.oracle import Gaussian
from samenoise.process import PROCESSES
from samenoise.solver import Heun, Solver, generate

NOISE, NOISES, IMAGES = 0.05, 64, 8
SEED = 77
"""Of the noise on measurements."""


class Seen(NamedTuple):
    mean: float
    spread: float
    flow: float


def prior(process: str) -> Gaussian:
    """Of the training images of the digits."""
    images = digits().images
    kinds = {kind.name: kind for kind in PROCESSES}
    return Gaussian.fit(images[subset(len(images), 1500, "a", 0)], kinds[process]())


def seen(images: Tensor, exact: Tensor, centre: Tensor, width: float, before: float) -> Seen:
    """Of one image."""
    flat, middle = images.flatten(1), images.flatten(1).mean(0)
    spread = float((flat - middle).square().sum(1).mean().sqrt())
    off = float((flat - exact.flatten(1)).square().sum(1).mean().sqrt())
    return Seen(float((middle - centre.flatten()).norm()) / before, spread / width, off)


def accuracy(
    process: str, task: str, steps: Sequence[int], zetas: Sequence[float], images: int = IMAGES, noises: int = NOISES
) -> dict[str, Seen]:
    """(steps, method) -> what is seen, mean over images."""
    gaussian, data = prior(process), digits().images
    shape = tuple(data.shape[1:])
    operator: LinearOperator = {kind.name: kind for kind in OPERATORS}[task](shape)
    truth = data[held_out(len(data), 1500, 297, 0)][:images]
    measured = measure(operator, truth, NOISE, SEED).double()
    bank = NoiseBank(0, shape)

    def draw(denoiser: Any, solver: Solver, count: int) -> Tensor:
        how = {"solver": solver, "steps": count, "batch_size": noises, "dtype": torch.float64}
        return next(generate(denoiser, bank, range(noises), **how)).images

    found: dict[str, list[Seen]] = {}
    for y in measured.split(1):
        known = posterior(gaussian, operator, y, NOISE)
        centre, width = known.means.reshape(shape), math.sqrt(float(known.spectrum.variances.sum()))
        exact = draw(known, Heun(), 128)
        before = float((gaussian.mean.flatten() - centre.flatten()).norm())
        for count in steps:
            drawn = {f"{count} dps {zeta:g}": draw(gaussian, DPS(Heun(), operator, y, zeta), count) for zeta in zetas}
            drawn[f"{count} ddnm"] = draw(DDNM(gaussian, operator, y, NOISE), Heun(), count)
            for name, each in drawn.items():
                found.setdefault(name, []).append(seen(each, exact, centre, width, before))
    return {name: Seen(*map(statistics.mean, zip(*each, strict=True))) for name, each in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--process", choices=[kind.name for kind in PROCESSES], default="edm")
    parser.add_argument("--steps", type=int, nargs="+", default=[18, 32, 64])
    parser.add_argument("--zeta", type=float, nargs="+", default=[0, 0.3, 1, 2, 3, 10])
    parser.add_argument(
        "--tasks", choices=[kind.name for kind in OPERATORS], nargs="+", default=["box", "random", "pool", "blur"]
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    tables = {task: accuracy(args.process, task, args.steps, args.zeta) for task in args.tasks}
    if args.json:
        print(json.dumps({task: {k: v._asdict() for k, v in each.items()} for task, each in tables.items()}, indent=1))
        return
    print(f"{'':<14}" + "".join(f"{task:^22}" for task in tables))
    print(f"{'steps method':<14}" + f"{'mean':>7}{'spread':>7}{'flow':>7} " * len(tables))
    for name in next(iter(tables.values())):
        cells = "".join(f"{s.mean:7.2f}{s.spread:7.2f}{s.flow:7.2f} " for s in (each[name] for each in tables.values()))
        print(f"{name:<14}{cells}")
    for count in args.steps:
        means = {z: statistics.mean(each[f"{count} dps {z:g}"].flow for each in tables.values()) for z in args.zeta}
        best = min(means, key=lambda z: means[z])
        print(f"{count} steps: least flow {means[best]:.2f} at zeta {best:g}")


if __name__ == "__main__":
    main()
