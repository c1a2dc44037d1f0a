"""Training, sampling and the empirical optimum on a GPU: training.json, sampling.json and optimum.json.

    python benchmarks/gpu/speed.py --out FOLDER [--device cuda] [--tiny]

A file is written anew after each of its cases, so that what was measured stays when time is over; a case that fails is
a row that says why. float32 means torch's default: TF32 in convolutions, not in products of matrices, for all that is
compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bench_sampling
import bench_training
from bench_training import machine, ratios, side_by_side

from samenoise.oracle import Empirical
from samenoise.process import EDM

CASES = [
    ("unet", (3, 32, 32), 64, 128, "fp32"),
    ("unet", (3, 32, 32), 64, 128, "bf16"),
    ("unet", (3, 64, 64), 64, 128, "fp32"),
    ("unet", (3, 64, 64), 64, 128, "bf16"),
    ("dit", (3, 32, 32), 256, 128, "fp32"),
    ("dit", (3, 32, 32), 256, 128, "bf16"),
]
TINY = [("unet", (1, 8, 8), 8, 4, "fp32"), ("dit", (1, 8, 8), 16, 4, "bf16")]


def training(case: tuple[Any, ...], device: str, rounds: int) -> dict[str, Any]:
    network, shape, width, batch, precision = case
    return bench_training.measure(network, shape, width, batch, 2 * rounds, rounds, device, precision)


def sampling(case: tuple[Any, ...], device: str, rounds: int) -> dict[str, Any]:
    network, shape, width, batch, precision = case
    return bench_sampling.measure(network, shape, width, batch, 18 if rounds > 1 else 3, rounds, device, precision)


def optimum(case: tuple[int, int, int], device: str, rounds: int) -> dict[str, Any]:
    """The empirical optimum against its two products, and its largest difference from the CPU's."""
    n, d, batch = case
    y, x = torch.rand(n, d) * 2 - 1, torch.randn(batch, d) * 20
    weights = torch.rand(batch, n, device=device)
    sigma, there, at = torch.tensor(20.0, dtype=torch.float64), y.to(device), x.to(device)
    found = Empirical(there, EDM())

    def products() -> tuple[Tensor, Tensor]:
        return at @ there.T, weights @ there

    times = side_by_side({"empirical": lambda: found(at, sigma), "products": products}, 10 * rounds, device)
    return {
        "n": n,
        "d": d,
        "batch": batch,
        "seconds": {name: statistics.median(taken) for name, taken in times.items()},
        "ratio_to_products": ratios(times["empirical"], times["products"]),
        "largest_difference_from_cpu": float((found(at, sigma).cpu() - Empirical(y, EDM())(x, sigma)).abs().max()),
        "machine": machine(device),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a trial of the script, not a measurement")
    args = parser.parse_args()
    rounds = 1 if args.tiny else 8
    cases = TINY if args.tiny else CASES
    optima = [(64, 48, 4)] if args.tiny else [(4096, 3072, 64), (50_000, 3072, 128)]
    work: list[tuple[str, Callable[..., dict[str, Any]], list[Any]]] = [
        ("optimum", optimum, optima),
        ("training", training, cases),
        ("sampling", sampling, cases),
    ]
    for name, measure, inputs in work:
        rows = []
        for case in inputs:
            try:
                rows.append(measure(case, args.device, rounds))
            except (RuntimeError, ValueError) as error:  # such as a lack of memory: the other cases are still of use
                rows.append({"case": list(case), "error": str(error).splitlines()[0]})
            (args.out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")
            print(f"{name} {case}: {rows[-1].get('error', 'measured')}", file=sys.stderr)


if __name__ == "__main__":
    main()
