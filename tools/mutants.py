"""Mutation testing by cosmic-ray: small changes of the code, one at a time, each of which some test should notice.

    make mutants                     a sample of places, the same ones for the same code
    make mutants SAMPLE=500 SEED=1   more, or others
    make mutants AREA="metrics runs" NEAR=1    places of some folders alone, held against the tests of that folder alone

Of all places that cosmic-ray can change, `SAMPLE` are drawn, and in each place one of the changes. First every file of
tests runs once by itself under coverage, worker processes included: a mutant is then held against the files that run
its line, those nearest to it first and of these the quickest, until one fails. What a file of tests runs is kept in
`.mutants/` for as long as the code and that file stay what they are.

With `NEAR` no file of tests runs beforehand, and a mutant is held against those in the folder of its own name alone:
quick, and a lower bound of what all tests together catch.

All happens in copies of the tree, two side by side. What is not caught is printed as a diff, and the share that was
caught last. Left out of the lot: what is no Python any more, and changes of `X | None`, which few annotations notice.
Slow tests do not take part.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import Coverage

ROOT = Path(__file__).parents[1]
AREAS = ("lab", "cells", "generators", "experiments", "report", "runs", "metrics", "cli")
PYTEST = ("pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider")
HANGS = 10
"""A mutant hangs when its tests take so many times longer than they should: it is not counted as caught."""


class Place(NamedTuple):
    file: str
    line: int
    column: int


class Mutant(NamedTuple):
    place: Place
    operator: str
    code: str
    """The whole file, changed."""


class Ran(NamedTuple):
    """What a file of tests took, and which lines it ran of which files of the package."""

    seconds: float
    lines: dict[str, list[int]]


def places(areas: Sequence[str]) -> dict[Place, list[tuple[str, int]]]:
    """Everywhere that code can be changed: by which operators, and at which of their occurrences in the file."""
    operators = {name: get_operator(name) for name in operator_names()}
    plain = {name: operator() for name, operator in operators.items() if not operator.arguments()}
    found = defaultdict(list)
    for path in sorted(path for area in areas for path in (ROOT / "src/samenoise" / area).rglob("*.py")):
        nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
        for name, operator in plain.items():
            if "BitOr" not in name.partition("_")[2].partition("_")[0]:
                at = [start for node in nodes for start, _ in operator.mutation_positions(node)]
                for occurrence, (line, column) in enumerate(at):
                    found[Place(path.relative_to(ROOT).as_posix(), line, column)].append((name, occurrence))
    return dict(found)


def drawn(seed: int, areas: Sequence[str]) -> Iterator[Mutant]:
    """Places by lot, and in each of them one change."""
    found, chance = places(areas), random.Random(seed)
    print(f"{len(found)} places in {', '.join(areas)}", flush=True)
    for place in chance.sample(sorted(found), len(found)):
        name, occurrence = chance.choice(found[place])
        code = mutate_code((ROOT / place.file).read_text(encoding="utf-8"), get_operator(name)(), occurrence)
        try:
            ast.parse(code)
        except SyntaxError:
            continue
        yield Mutant(place, name, code)


def copy(place: Path) -> Path:
    """A tree of its own for mutants to be made in."""

    def aside(folder: str, names: list[str]) -> set[str]:
        own = {".git", ".mutants", "runs", "venv", ".venv"} if Path(folder) == ROOT else set()
        return {name for name in names if name in own or name == "__pycache__" or name.endswith("_cache")}

    return Path(shutil.copytree(ROOT, place, ignore=aside))


def run(command: Iterable[object], tree: Path, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """A Python module, in a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    whole = [sys.executable, "-m", *map(str, command)]
    return subprocess.run(whole, cwd=tree, env=environment, capture_output=True, text=True, timeout=seconds)


def side_by_side(work: Callable[[Path, Any], Any], things: list[Any], trees: list[Path]) -> list[Any]:
    """``work(tree, thing)`` of all things, each tree used by one at a time."""
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(thing: Any) -> Any:
        tree = free.get()
        try:
            return work(tree, thing)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(one, things))


def key(tests: str) -> str:
    """Of all that decides what a file of tests runs: the code, that file, and the helpers beside the tests."""
    everything = sorted(path for top in ("src", "tests") for path in (ROOT / top).rglob("*.py"))
    digest = hashlib.sha256(tests.encode())
    for path in everything:
        if not path.name.startswith("test_") or path == ROOT / tests:
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def traced(tree: Path, tests: str) -> Ran:
    """A file of tests, alone, with all processes that it starts."""
    kept = ROOT / ".mutants" / f"{key(tests)}.json"
    if kept.exists():
        return Ran(**json.loads(kept.read_text()))
    with TemporaryDirectory() as folder:
        config = Path(folder, "config")
        config.write_text(
            f"[run]\nsource = {tree / 'src' / 'samenoise'}\ndata_file = {folder}/data\nparallel = true\n"
            "sigterm = true\npatch = subprocess, _exit\n"
        )
        start = time.monotonic()
        done = run(["coverage", "run", f"--rcfile={config}", "-m", *PYTEST, tests], tree)
        seconds = time.monotonic() - start
        if done.returncode not in (0, 5):  # 5: no test but slow ones
            print(f"{tests} fails as it is, and is left out\n{done.stdout}", flush=True)
            return Ran(seconds, {})
        coverage = Coverage(config_file=str(config))
        coverage.combine([folder])
        data = coverage.get_data()
        lines = {
            Path(file).relative_to(tree).as_posix(): sorted(data.lines(file) or ()) for file in data.measured_files()
        }
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(Ran(seconds, lines)._asdict()))
    print(f"{seconds:6.0f} s  {tests}", flush=True)
    return Ran(seconds, lines)


def against(place: Place, ran: dict[str, Ran]) -> list[str]:
    """Files of tests that run a line, those nearest to it first, and of these the quickest.

    A line within a statement may be none to Python: it is then the last one before that is."""
    lines = {tests: each.lines.get(place.file, []) for tests, each in ran.items()}
    line = max((line for those in lines.values() for line in those if line <= place.line), default=None)
    those = [tests for tests, ran_lines in lines.items() if line in ran_lines]
    return sorted(those, key=lambda tests: (-likeness(place, tests), ran[tests].seconds))


def near(place: Place, ran: dict[str, Ran]) -> list[str]:
    """Files of tests in the folder of the same name, those of the same file first, and then the shortest."""
    those = [tests for tests in ran if tests.split("/")[1] == place.file.split("/")[2]]
    return sorted(those, key=lambda tests: (-likeness(place, tests), (ROOT / tests).stat().st_size))


def likeness(place: Place, tests: str) -> int:
    """How many parts of its path a file of tests has in common with a file of the package."""
    own = Path(place.file).relative_to("src/samenoise").with_suffix("").parts
    parts = Path(tests.replace("test_", "")).relative_to("tests").with_suffix("").parts
    return sum(a == b for a, b in zip(own, parts, strict=False))


def verdict(mutant: Mutant, tree: Path, ran: dict[str, Ran], choose: Callable[..., list[str]] = against) -> str:
    """``caught``, ``hangs`` or ``SURVIVES``."""
    place, tests = mutant.place, choose(mutant.place, ran)
    file, by, start = tree / place.file, "", time.monotonic()
    before = file.read_text(encoding="utf-8")
    file.write_text(mutant.code, encoding="utf-8")
    try:
        # First the file itself: there may be examples in it.
        done = run([*PYTEST, place.file, *tests], tree, 60 + HANGS * sum(ran[each].seconds for each in tests))
        said = "SURVIVES" if done.returncode in (0, 5) else "caught"
        by = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    except subprocess.TimeoutExpired:
        said = "hangs"
    finally:
        file.write_text(before, encoding="utf-8")
    where = f"{place.file}:{place.line}:{place.column}  {mutant.operator}"
    print(f"{said:<8}  {where}  {time.monotonic() - start:.0f} s  {by or f'{len(tests)} files of tests'}", flush=True)
    return said


def diff(mutant: Mutant) -> str:
    before = (ROOT / mutant.place.file).read_text(encoding="utf-8")
    lines = unified_diff(before.splitlines(), mutant.code.splitlines(), mutant.place.file, n=2, lineterm="")
    return "\n".join(line for line in lines if not line.startswith("+++"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=60, help="places that are changed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--area", nargs="*", choices=AREAS, default=AREAS, help="folders of the package")
    parser.add_argument("--near", action="store_true", help="against the tests of the same folder alone")
    options = parser.parse_args()
    mutants = list(islice(drawn(options.seed, options.area), options.sample))
    with TemporaryDirectory() as folder:
        trees = [copy(Path(folder, str(k))) for k in range(options.workers)]
        tests = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "tests").rglob("test_*.py"))]
        if options.near:
            ran, choose = dict.fromkeys(tests, Ran(60.0, {})), near
        else:
            ran, choose = dict(zip(tests, side_by_side(traced, tests, trees), strict=True)), against
        verdicts = side_by_side(lambda tree, mutant: verdict(mutant, tree, ran, choose), mutants, trees)
    for mutant, said in zip(mutants, verdicts, strict=True):
        if said != "caught":
            print(f"\n{said}: {diff(mutant)}")
    area = [mutant.place.file.split("/")[2] for mutant in mutants]
    total, caught = Counter(area), Counter(a for a, said in zip(area, verdicts, strict=True) if said == "caught")
    for name in total:
        print(f"{name:<12} {caught[name]} of {total[name]} caught")
    print(f"{'all':<12} {caught.total()} of {total.total()} caught")


if __name__ == "__main__":
    main()
