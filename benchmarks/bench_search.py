"""Nearest neighbours of generated images in a training set beside faiss's IndexFlatIP, both exact.

    python benchmarks/bench_search.py [--queries 10000] [--rows 50000] [--shards 20] [--features 512] [--rounds 3]
                                      [--threads 1] [--folder FOLDER] [--json]

Unit vectors are drawn, and written as ``--shards`` safetensors files. Each search runs in a process of its own, which
opens one file after the other, and they take turns: the ratio is that of the same round, of seconds of the clock and of
the processor. faiss is given one shard after the other too, as an index that it searches and lets go: it would need all
rows in memory otherwise. Peak memory is that of the process, with the imports of its library. Both must find the same
nearest similarities, which is checked. ``--rows 1000000`` writes 2 GB.

Needs faiss-cpu.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from threadpoolctl import threadpool_limits
from torch import Tensor

WAYS = ("samenoise", "faiss")
CLOSE = 1e-6


def unit_rows(count: int, features: int, seed: int) -> Tensor:
    rows = torch.randn(count, features, generator=torch.Generator().manual_seed(seed))
    return rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)


def write(folder: Path, queries: int, rows: int, features: int, shards: int) -> None:
    """The queries, and so many files of rows, as even as may be."""
    save_file({"array": unit_rows(queries, features, 0)}, folder / "queries.safetensors")
    for k in range(shards):
        count = rows * (k + 1) // shards - rows * k // shards
        save_file({"array": unit_rows(count, features, k + 1)}, folder / f"rows-{k:04}.safetensors")


def read(path: Path) -> Tensor:
    with safe_open(path, "pt") as opened:
        return opened.get_tensor("array")


def shards(folder: Path) -> Iterator[Tensor]:
    """One file at a time."""
    for path in sorted(folder.glob("rows-*.safetensors")):
        yield read(path)


def by_samenoise(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    found = nearest(read(folder / "queries.safetensors"), shards(folder))
    return found.similarity[:, 0].numpy(), found.row[:, 0].numpy()


def by_faiss(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    faiss.omp_set_num_threads(torch.get_num_threads())
    queries, first = read(folder / "queries.safetensors").numpy(), 0
    best = np.full(len(queries), -2.0, dtype=np.float32)
    row = np.zeros(len(queries), dtype=np.int64)
    for shard in shards(folder):
        index = faiss.IndexFlatIP(queries.shape[1])
        index.add(shard.numpy())
        similarity, number = (each[:, 0] for each in index.search(queries, 1))
        better = similarity > best
        best[better], row[better] = similarity[better], number[better] + first
        first += len(shard)
    return best, row


def bring(way: str) -> None:
    """Import what one of them needs, and nothing else."""
    if way == "samenoise":
        global nearest
        from samenoise.metrics import nearest
    else:
        global faiss
        import faiss


SEARCHES: dict[str, Callable[[Path], tuple[np.ndarray, np.ndarray]]] = {"samenoise": by_samenoise, "faiss": by_faiss}


def search(way: str, folder: Path, threads: int) -> None:
    """One search, in this process; says how long it took."""
    torch.set_num_threads(threads)
    bring(way)
    with threadpool_limits(threads):
        clock, processor = time.perf_counter(), time.process_time()
        similarity, row = SEARCHES[way](folder)
    taken = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    save_file(
        {"similarity": torch.from_numpy(similarity).contiguous(), "row": torch.from_numpy(row).contiguous()},
        folder / f"{way}.safetensors",
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({**taken, "peak_bytes": peak}))


def apart(way: str, folder: Path, threads: int) -> dict[str, float]:
    """One search, in a process of its own."""
    command = [sys.executable, __file__, "--one", way, "--folder", str(folder), "--threads", str(threads)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def same(folder: Path) -> float:
    """Largest difference of the nearest similarities that both found."""
    found = [read_all(folder / f"{way}.safetensors") for way in WAYS]
    largest = float((found[0]["similarity"] - found[1]["similarity"]).abs().max())
    if largest > CLOSE:
        raise SystemExit(f"the two do not find the same: similarities differ by {largest:.1e}")
    return largest


def read_all(path: Path) -> dict[str, Tensor]:
    with safe_open(path, "pt") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def measure(folder: Path, rounds: int, threads: int) -> dict[str, Any]:
    """Rounds of both, in turns."""
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in WAYS[:: 1 if number % 2 else -1]:
            taken[way].append(apart(way, folder, threads))
    ratios = {}
    for name in ("seconds", "processor_seconds"):
        each = [ours[name] / theirs[name] for ours, theirs in zip(taken["samenoise"], taken["faiss"], strict=True)]
        ratios[name] = {"median": statistics.median(each), "min": min(each), "max": max(each)}
    middle = {
        way: {name: statistics.median(each[name] for each in found) for name in found[0]}
        for way, found in taken.items()
    }
    return {**middle, "ratio": ratios, "largest_difference": same(folder)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--shards", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="Of the shards; a temporary one unless given.")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.one:
        search(args.one, args.folder, args.threads)
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as made:
        folder = Path(made)
        write(folder, args.queries, args.rows, args.features, args.shards)
        found = measure(folder, args.rounds, args.threads)
    about = {name: getattr(args, name) for name in ("queries", "rows", "features", "shards", "rounds", "threads")}
    if args.json:
        print(json.dumps({**about, **found}))
        return
    for way in WAYS:
        each = found[way]
        print(
            f"{way:10} {each['seconds']:8.2f} s, {each['processor_seconds']:8.2f} s of processor, "
            f"{each['peak_bytes'] / 1e6:,.0f} MB at most"
        )
    for name, ratio in found["ratio"].items():
        print(
            f"{name.replace('_', ' ')}: {ratio['median']:.2f} times faiss's ({ratio['min']:.2f} to {ratio['max']:.2f})"
        )


if __name__ == "__main__":
    main()
