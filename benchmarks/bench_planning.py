"""How long planning takes: a sweep of many cells, from its config to its schedule on several numbers of workers.

    python benchmarks/bench_planning.py [--cells 10000] [--workers 1,8,64] [--json]

The sweep is ``digits`` at as many training sizes as make so many cells, with small numbers of images in all of them.
What is timed, in seconds of the processor: the cells of the config with their hashes and order (``agenda``); which of
them take as long as one another (``alike``); and the schedule played through, with the longest chain and the number of
workers beyond which more do not help (``schedule``). Seconds of the cells are made up from their titles: nothing is
computed, here or there.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from typing import Any

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.presets import load
from samenoise.lab.rehearsal.alike import alike
from samenoise.runs.cell import Cell, in_order
from samenoise.runs.simulation import enough, jobs_of, longest_chain, makespan


def config(sizes: int) -> Config:
    """``digits`` at so many sizes."""
    return load("digits", ["sizes=" + ",".join(str(2 + n) for n in range(sizes))])


def made_up(cell: Cell) -> float:
    """Seconds of a cell, any but always the same."""
    return 1 + zlib.crc32(cell.title.encode()) % 1000 / 10


def measure(cells: int, workers: list[int]) -> dict[str, Any]:
    probe = len(in_order(Agenda(config(3)).cells)) - len(in_order(Agenda(config(2)).cells))  # of each further size
    sweep = config(-(-cells // probe))
    began = time.process_time()
    planned = in_order(Agenda(sweep).cells)
    agenda = time.process_time()
    kinds = len({alike(cell) for cell in planned})
    likeness = time.process_time()
    jobs = jobs_of(planned, {cell.hash: made_up(cell) for cell in planned})
    spans = {count: makespan(jobs, count) for count in workers}
    chain, most = len(longest_chain(jobs)), enough(jobs)
    schedule = time.process_time()
    return {
        "cells": len(planned),
        "kinds": kinds,
        "seconds": {
            "agenda": agenda - began,
            "alike": likeness - agenda,
            "schedule": schedule - likeness,
            "all": schedule - began,
        },
        "makespan": spans,
        "chain": chain,
        "enough": most,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--workers", default="1,8,64")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.cells, [int(each) for each in args.workers.split(",")])
    if args.json:
        print(json.dumps(found))
        return
    print(
        f"{found['cells']} cells of {found['kinds']} kinds: "
        + ", ".join(f"{k} {v:.2f} s" for k, v in found["seconds"].items())
    )


if __name__ == "__main__":
    main()
