"""What the empirical optimum costs: against broadcast differences, its two matrix products alone, and in memory.

    python benchmarks/bench_oracle.py [--json]

Time is the median of interleaved calls in one process; memory is the high-water mark of a process of its own for each
size (Linux), less what it holds once the images are there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from samenoise.oracle import Empirical
from samenoise.process import EDM

MIB = 2**20
BLOCKS = (16, 128)


def broadcast(x: Tensor, y: Tensor, sigma: float, block: int) -> Tensor:
    """The definition in two passes over the images: one for the normaliser, one for the weighted sum, with every
    difference formed and the weights in float64.

    Args:
        block: images at a time. 128 is a usual batch of a data loader; 16 is what was found to suit this processor's
            cache best, and so the hardest to beat."""

    def exponents(part: Tensor) -> Tensor:
        return -(x[:, None] - part[None]).square().sum(2).double() / (2 * sigma**2)

    normaliser = torch.full((len(x),), -torch.inf, dtype=torch.float64)
    for part in y.split(block):
        normaliser = torch.logaddexp(normaliser, exponents(part).logsumexp(1))
    mean = torch.zeros(x.shape, dtype=torch.float64)
    for part in y.split(block):
        weights = (exponents(part) - normaliser[:, None]).exp()
        mean += (weights[:, :, None] * part[None]).sum(1)
    return mean.to(x.dtype)


def medians(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each, taken in turns so that a busy moment falls on all."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def speed(n: int, d: int, batch: int, repeats: int) -> dict[str, float]:
    y, x, w = torch.rand(n, d) * 2 - 1, torch.randn(batch, d) * 20, torch.rand(batch, n)
    sigma = torch.tensor(20.0, dtype=torch.float64)
    optimum = Empirical(y, EDM())
    gap = float((optimum(x, sigma) - broadcast(x, y, 20.0, 16)).abs().max())
    fast = medians({"empirical": lambda: optimum(x, sigma), "products": lambda: (x @ y.T, w @ y)}, repeats)
    slow = {"empirical": lambda: optimum(x, sigma)}
    slow |= {f"broadcast_{block}": lambda block=block: broadcast(x, y, 20.0, block) for block in BLOCKS}
    taken = medians(slow, max(repeats // 10, 2))
    return {
        "empirical_s": fast["empirical"],
        "products_s": fast["products"],
        **{f"broadcast_{block}_s": taken[f"broadcast_{block}"] for block in BLOCKS},
        "ratio_to_products": fast["empirical"] / fast["products"],
        **{
            f"times_faster_than_broadcast_{block}": taken[f"broadcast_{block}"] / taken["empirical"] for block in BLOCKS
        },
        "largest_difference": gap,
    }


def high_water() -> int:
    """Bytes: the most this process has held at once."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def memory(n: int, d: int, batch: int) -> float:
    """MiB beyond the images, at the worst moment of making the optimum and calling it."""
    y, x = torch.empty(n, d).uniform_(-1, 1), torch.randn(batch, d)
    _ = x @ y[:4096].T  # what the first matrix product of a process sets up
    before = high_water()
    Empirical(y, EDM())(x, torch.tensor(20.0, dtype=torch.float64))
    return (high_water() - before) / MIB


def in_own_process(n: int, args: argparse.Namespace) -> float:
    command = [sys.executable, __file__, "--memory-of", str(n), "--d", str(args.d), "--batch", str(args.batch)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=4096, help="images")
    parser.add_argument("--d", type=int, default=3072, help="values in an image")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--memory-sizes", type=int, nargs="*", default=[4096, 16384, 50000])
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory_of:
        print(memory(args.memory_of, args.d, args.batch))
        return
    result = {
        "n": args.n,
        "d": args.d,
        "batch": args.batch,
        "threads": args.threads,
        "torch": torch.__version__,
        **speed(args.n, args.d, args.batch, args.repeats),
        "data_mib": {n: n * args.d * 4 / MIB for n in args.memory_sizes},
        "memory_beyond_data_mib": {n: in_own_process(n, args) for n in args.memory_sizes},
    }
    if args.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{args.n:,} images of {args.d:,} values, batch {args.batch}, float32, {args.threads} thread(s)")
    print(f"  Empirical            {result['empirical_s'] * 1e3:10.1f} ms")
    print(f"  its two products     {result['products_s'] * 1e3:10.1f} ms   ratio {result['ratio_to_products']:.2f}")
    for block in BLOCKS:
        seconds, faster = result[f"broadcast_{block}_s"], result[f"times_faster_than_broadcast_{block}"]
        print(f"  broadcast, by {block:<3}    {seconds * 1e3:10.1f} ms   {faster:.1f} times slower")
    print(f"  largest difference   {result['largest_difference']:10.1e}")
    print("memory beyond the images")
    for n in args.memory_sizes:
        beyond, data = result["memory_beyond_data_mib"][n], result["data_mib"][n]
        print(f"  {n:>7,} images        {beyond:10.1f} MiB  (images {data:.0f} MiB)")


if __name__ == "__main__":
    main()
