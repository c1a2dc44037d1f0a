"""Mutation testing by cosmic-ray: small changes of the code, one at a time, each of which some test should notice.

    make mutants                     a sample of places, the same ones for the same code
    make mutants SAMPLE=500 SEED=1   more, or others

Of all places that cosmic-ray can change in an area, `SAMPLE` are drawn, areas in proportion to their places, and in
each place one of the changes. The tests of that area run until one fails. It works on a copy of the tree, two mutants
side by side in copies of their own, and prints the share that was caught and every survivor as a diff. What is not
drawn: changes of `X | None` in annotations, which nothing evaluates.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

ROOT = Path(__file__).parents[1]
AREAS = {
    "lab": ("tests/lab", "tests/experiments", "tests/cli"),
    "cells": ("tests/cells", "tests/lab", "tests/experiments", "tests/runs/test_resume.py", "tests/cli"),
    "generators": ("tests/generators", "tests/lab", "tests/experiments"),
    "experiments": ("tests/experiments", "tests/report", "tests/lab"),
    "report": ("tests/report", "tests/experiments", "tests/cli"),
    "runs": ("tests/runs", "tests/cli", "tests/lab"),
    "metrics": ("tests/metrics", "tests/parity/test_metrics.py", "tests/experiments"),
}
"""Package -> the tests that should notice, those that are quick first."""

SECONDS = 900
"""After which a mutant counts as caught: it hangs."""


class Mutant(NamedTuple):
    area: str
    item: WorkItem


def drawn(sample: int, seed: int, place: Path) -> list[Mutant]:
    """Places by lot, and in each of them one change."""
    found: dict[tuple[str, str, object], list[WorkItem]] = defaultdict(list)
    for area in AREAS:
        config, session = place / f"{area}.toml", place / f"{area}.sqlite"
        config.write_text(
            f'[cosmic-ray]\nmodule-path = "src/samenoise/{area}"\ntimeout = {SECONDS}\nexcluded-modules = []\n'
            'test-command = "true"\n[cosmic-ray.distributor]\nname = "local"\n'
        )
        subprocess.run(["cosmic-ray", "init", config, session], cwd=ROOT, check=True)
        with use_db(str(session), WorkDB.Mode.open) as work:
            for item in work.work_items:
                for change in item.mutations:
                    if "ReplaceBinaryOperator_BitOr" not in change.operator_name:
                        found[area, str(change.module_path), change.start_pos].append(item)
    chance = random.Random(seed)
    places = chance.sample(sorted(found, key=repr), min(sample, len(found)))
    print(f"{len(found)} places in {', '.join(AREAS)}; {len(places)} drawn")
    return [Mutant(key[0], chance.choice(sorted(found[key], key=lambda item: str(item.mutations)))) for key in places]


def copy(place: Path) -> Path:
    """A tree of its own for mutants to be made in."""

    def aside(folder: str, names: list[str]) -> set[str]:
        own = {".git", "runs", "docs", "venv", ".venv"} if Path(folder) == ROOT else set()
        return {name for name in names if name in own or name == "__pycache__" or name.endswith("_cache")}

    return Path(shutil.copytree(ROOT, place, ignore=aside))


def survives(mutant: Mutant, tree: Path) -> str | None:
    """The change as a diff if no test notices it, else ``None``."""
    (change,) = mutant.item.mutations
    file = tree / change.module_path
    before = file.read_text(encoding="utf-8")
    apply = ["cosmic-ray", "apply", str(change.module_path), change.operator_name, str(change.occurrence)]
    subprocess.run(apply, cwd=tree, check=True, capture_output=True)
    after = file.read_text(encoding="utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *AREAS[mutant.area]]
        environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=SECONDS, check=False)
        noticed = run.returncode != 0
    except subprocess.TimeoutExpired:
        noticed = True
    finally:
        file.write_text(before, encoding="utf-8")
    if noticed:
        return None
    (tree / "after.py").write_text(after, encoding="utf-8")
    shown = subprocess.run(["diff", "-u", file, tree / "after.py"], capture_output=True, text=True, check=False).stdout
    return f"{change.module_path}\n" + "\n".join(shown.splitlines()[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=60, help="places that are changed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        mutants = drawn(options.sample, options.seed, place)
        trees = [copy(place / str(k)) for k in range(options.workers)]
        shares = [mutants[k :: options.workers] for k in range(options.workers)]

        def work(tree: Path, share: list[Mutant]) -> list[tuple[str, str | None]]:
            found = []
            for mutant in share:
                found.append((mutant.area, survives(mutant, tree)))
                (change,) = mutant.item.mutations
                state = "caught  " if found[-1][1] is None else "SURVIVES"
                print(f"{state}  {change.module_path}:{change.start_pos[0]}  {change.operator_name}", flush=True)
            return found

        with ThreadPoolExecutor(options.workers) as pool:
            results = [each for share in pool.map(work, trees, shares) for each in share]
    total, caught = Counter(area for area, _ in results), Counter(area for area, diff in results if diff is None)
    for diff in filter(None, (diff for _, diff in results)):
        print(f"\nsurvivor: {diff}")
    for area in total:
        print(f"{area:<12} {caught[area]} of {total[area]} caught")
    print(f"{'all':<12} {sum(caught.values())} of {sum(total.values())} caught")


if __name__ == "__main__":
    main()
