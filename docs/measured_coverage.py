"""Tables of the page "Coverage", from `docs/measured/coverage.json.gz`, which `python -m benchmarks.coverage` wrote."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from docs.measured import KEPT, NONE, table

SPREADS = ("small", "middling", "large")
OF_TRAININGS = re.compile(r"(?:(.*), )?R = (\d), (\w+) spread")

Case = dict[str, Any]


@cache
def cases(group: str) -> tuple[Case, ...]:
    found = json.loads(gzip.decompress((KEPT / "coverage.json.gz").read_bytes()))["cases"]
    return tuple(case for case in found if case["group"] == group)


def coverage(group: str) -> str:
    """The coverage of every case of a group."""
    found = cases(group)
    if group == "shares":
        return _shares(found)
    if group == "effects":
        return _effects(found)
    over_trainings = [case for case in found if OF_TRAININGS.fullmatch(case["truth"])]
    others = [case for case in found if case not in over_trainings]
    parts = [_by_spread(over_trainings, lengths=group == "methods")] if over_trainings else []
    return "\n\n".join([*parts, *([_by_n(others)] if others else [])])


def _share(value: float) -> str:
    return f"{value:.3f}"


def _count(some: Iterable[Case]) -> str:
    counts = sorted({case["simulations"] for case in some})
    return " to ".join(f"{count:,}" for count in (counts if counts[1:] == [] else [counts[0], counts[-1]]))


def _shares(found: tuple[Case, ...]) -> str:
    """The mean over neighbouring shares lies between what; and the least."""
    ns, kinds = sorted({case["n"] for case in found}), list(dict.fromkeys(case["kind"] for case in found))
    at = {(case["kind"], case["n"], case["truth"]): case for case in found}
    head = (
        "n",
        "Interval",
        "mean, np ≥ 5",
        "minimum, np ≥ 5",
        "mean, np < 5",
        "minimum, np < 5",
        "p = .002",
        "length, p = .2",
    )
    rows = []
    for n in ns:
        for kind in kinds:

            def of(truth: str, kind: str = kind, n: int = n) -> str:
                return _share(at[kind, n, truth]["coverage"])

            rows.append(
                (
                    f"{n:,}",
                    kind,
                    f"{of('lowest mean, 5 or more expected to pass')}–{of('highest mean, 5 or more expected to pass')}",
                    of("minimum, 5 or more expected to pass"),
                    f"{of('lowest mean, fewer')}–{of('highest mean, fewer')}",
                    of("minimum, fewer"),
                    of("share 0.002"),
                    f"{at[kind, n, 'share 0.2']['length']:.4f}",
                )
            )
    return table(head, *rows)


def _by_n(found: Iterable[Case]) -> str:
    ns = sorted({case["n"] for case in found})
    rows: dict[tuple[str, str], dict[int, Case]] = {}
    for case in found:
        rows.setdefault((case["kind"], case["truth"]), {})[case["n"]] = case
    head = ("Interval", "Truth", *(f"n = {n}" for n in ns), "Simulations")
    return table(
        head,
        *(
            (*row, *(_share(at[n]["coverage"]) if n in at else NONE for n in ns), _count(at.values()))
            for row, at in rows.items()
        ),
    )


def _by_spread(found: Iterable[Case], lengths: bool) -> str:
    """Columns are numbers of trainings, and how far they lie apart."""
    rows: dict[tuple[str, str, int], dict[tuple[int, str], Case]] = {}
    for case in found:
        parts = OF_TRAININGS.fullmatch(case["truth"])
        assert parts is not None
        row = (parts[1] or NONE, case["kind"], case["n"])
        rows.setdefault(row, {})[int(parts[2]), parts[3]] = case
    columns = [(R, size) for R in (2, 3, 5) for size in SPREADS]
    head = ("Truth", "Interval", "n", *(f"R = {R}, {size}" for R, size in columns), "Simulations")

    def cell(case: Case | None) -> str:
        if case is None:
            return NONE
        said = _share(case["coverage"])
        return f"{said} ({case['length']:.2g})" if lengths and case["length"] is not None else said

    ordered = sorted(rows.items(), key=lambda item: item[0][0]) if lengths else list(rows.items())
    return table(
        head,
        *(
            (*row[:2], str(row[2]), *(cell(at.get(column)) for column in columns), _count(at.values()))
            for row, at in ordered
        ),
    )


def _effects(found: tuple[Case, ...]) -> str:
    """Rows are how much models and pairs vary."""
    rows: dict[str, dict[str, Case]] = {}
    for case in found:
        factor, _, varies = case["truth"].partition("; ")
        rows.setdefault(varies, {})[factor] = case
    factors = list(next(iter(rows.values())))
    head = ("Standard deviation of", *factors, "Simulations")
    return table(
        head,
        *((varies, *(_share(at[f]["coverage"]) for f in factors), _count(at.values())) for varies, at in rows.items()),
    )
