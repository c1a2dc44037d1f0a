"""How often intervals hold what they are of: every kind that the package prints, at several n and true values.

    python -m benchmarks.coverage [--simulations 2000] [--only WORD] [--seed 0] [--json FILE]

A case draws data of a known truth and takes the interval that a score of them is printed with; the coverage is the
share of simulations whose interval holds the true value. Of shares over independent noises it is summed over all
counts, exactly. Cases lie in the modules `coverage_*.py` beside this one; each has `cases()`.

The table of the docs is written from `--json docs/measured/coverage.json.gz`.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.coverage_case import Found, simulate

KEYS = ("group", "kind", "truth", "n")
MODULES = ("proportions", "one_level", "n50", "two_level", "methods", "comparisons", "scores")


def modules() -> Iterator[Any]:
    """Those that are there."""
    for name in MODULES:
        if find_spec(f"benchmarks.coverage_{name}"):
            yield import_module(f"benchmarks.coverage_{name}")


def keep(found: list[Found], file: Path) -> None:
    """The file holds what was found, and of other cases what it held."""
    new = [asdict(each) for each in found]
    cases = {tuple(case[key] for key in KEYS): case for case in (*_kept(file), *new)}
    file.write_bytes(
        gzip.compress(json.dumps({"cases": list(cases.values())}, separators=(",", ":")).encode(), 9, mtime=0)
    )


def _kept(file: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(file.read_bytes()))["cases"] if file.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--only", default="", help="cases of which group, kind or truth has this word")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file of what was found; cases that are run anew replace theirs")
    args = parser.parse_args()
    found: list[Found] = []
    for module in modules():
        for case in module.cases():
            if args.only not in f"{case.group} {case.kind} {case.truth}":
                continue
            found.append(case if isinstance(case, Found) else simulate(case, args.simulations, args.seed))
            last = found[-1]
            length = "endless" if last.length is None else f"{last.length:.3g}"
            print(
                f"{last.group:12} {last.kind:34} {last.truth:52} n {last.n:5}  {last.coverage:.3f} "
                f"({last.too_high:.3f} above, {last.too_low:.3f} below)  length {length}  "
                f"{last.simulations or 'exact'}",
                flush=True,
            )
            if args.json:
                keep(found[-1:], args.json)


if __name__ == "__main__":
    main()
