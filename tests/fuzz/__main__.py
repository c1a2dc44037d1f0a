"""``python -m tests.fuzz --minutes 60``: harm for as long as you like, in all areas or in one; 1 if any was not taken
well."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def main() -> int:
    from fuzz.campaign import AREAS, for_seconds

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="in all, shared out among the areas")
    parser.add_argument("--area", choices=AREAS, action="append", help="one of them, or several")
    parser.add_argument("--seed", type=int, default=0, help="other cases with every seed")
    given = parser.parse_args()
    areas, found = given.area or list(AREAS), 0
    for area in areas:
        with tempfile.TemporaryDirectory() as folder:
            report = for_seconds(area, Path(folder), given.minutes * 60 / len(areas), given.seed)
        print(f"{area}: {report.cases:,} cases, {len(report.found)} not taken well", flush=True)
        for each in report.found:
            print(f"  {each}", flush=True)
        found += len(report.found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
