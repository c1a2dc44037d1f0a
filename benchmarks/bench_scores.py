"""RP of a pair of generators with its baselines: one pass over the mismatched similarities, or one for each number.

    python benchmarks/bench_scores.py [--noises 4096] [--features 512] [--rounds 5] [--threads 2] [--json]

Both take turns in one process, after one round to warm up; the ratio is that of the same round. Their numbers are the
same, which is checked.

    one pass    rp_chance
    apart       rp_threshold, rp_floor at two thresholds, rp_floor_curve, rp_ranks
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import torch
from torch import Tensor

from samenoise.metrics import Chance, rp_chance, rp_floor, rp_floor_curve, rp_ranks, rp_threshold

THRESHOLD = 0.6


def one_pass(a: Tensor, b: Tensor) -> Chance:
    return rp_chance(a, b, THRESHOLD)


def apart(a: Tensor, b: Tensor) -> Chance:
    calibrated = rp_threshold(a, b)
    floors = rp_floor(a, b, THRESHOLD), rp_floor(a, b, calibrated)
    return Chance(floors[0], calibrated, floors[1], rp_floor_curve(a, b), rp_ranks(a, b))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noises", type=int, default=4096)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(args.noises, args.features, generator=generator) for _ in range(2))
    b = a + 0.5 * b
    first, second = one_pass(a, b), apart(a, b)
    same = torch.equal(first.curve, second.curve) and all(map(torch.equal, first.ranks, second.ranks))
    if first[:3] != second[:3] or not same:
        raise SystemExit("the two do not give the same numbers")
    seconds: dict[str, list[float]] = {"one_pass": [], "apart": []}
    for number in range(args.rounds):
        calls = [("one_pass", one_pass), ("apart", apart)]
        for name, call in calls[:: 1 if number % 2 else -1]:
            started = time.perf_counter()
            call(a, b)
            seconds[name].append(time.perf_counter() - started)
    ratios = [other / own for own, other in zip(seconds["one_pass"], seconds["apart"], strict=True)]
    found = {
        "seconds": {name: statistics.median(taken) for name, taken in seconds.items()},
        "apart_over_one_pass": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
    }
    if args.json:
        print(json.dumps({**vars(args), **found}))
    else:
        for name, taken in found["seconds"].items():
            print(f"{name:10} {taken:.3f} s")
        ratio = found["apart_over_one_pass"]
        print(f"one pass is {ratio['median']:.1f} times as fast ({ratio['min']:.1f} to {ratio['max']:.1f})")


if __name__ == "__main__":
    main()
