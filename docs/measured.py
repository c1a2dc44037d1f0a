"""What runs gave, on the pages: `python -m docs.measured RUN_DIR` keeps the scores of a run under `docs/measured`.

Tables and sentences on the pages are written from there by `make generated`, as all lists are: a page cannot say other
than the run. Agreements are rounded down, all else up.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from samenoise.experiments.dynamics.findings import times
from samenoise.experiments.matrix.findings import FACTORS, by_factor, mean
from samenoise.lab.rooms import ours
from samenoise.lab.run_files import Row, select
from samenoise.report import rounding as r

KEPT = Path(__file__).parent / "measured"
NONE = "–"
BESIDE = ("rp", "rp_split", "nn_distance")
"""Scores that are told with their baselines."""
Rows = tuple[Row, ...]


def table(*rows: Sequence[str]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


@cache
def content(preset: str) -> dict[str, Any]:
    """What is kept of a run: the rows of its scores, and what its networks are."""
    found: dict[str, Any] = json.loads(gzip.decompress((KEPT / f"{preset}.json.gz").read_bytes()))
    return found


def rows_of(preset: str) -> Rows:
    return tuple(map(Row.of, content(preset)["scores"]))


def number(value: float | None, metric: str = "rp") -> str:
    """Three digits after the point of an agreement, two of a distance, none of a count."""
    if value is None:
        return NONE
    if metric.startswith("rp"):
        return r.at_least(value, 3)
    shares = metric.startswith(("memorized", "gl", "nn_ratio", "floor"))
    return r.at_most(value, 3 if shares else 2)


def interval(s: Row) -> str:
    return "" if s.ci95 is None else f" ({r.interval(s.ci95, 3)})"


def findings(preset: str) -> str:
    """What the report of the run says, sentence by sentence."""
    rows, lines = rows_of(preset), []
    for room in ours():
        for finding in room.findings(tuple(s for s in rows if s.experiment == room.name)):
            lines += [f"- **{finding.title}.** {' '.join(finding.sentences)}"] if finding.sentences else []
    return "\n".join(lines)


def factors(preset: str) -> str:
    """RP of pairs that differ in one thing alone."""
    found = by_factor(rows_of(preset))
    lines = []
    for factor, pairs in sorted(found.items(), key=lambda item: -mean(item[1])):
        values = [s.value or 0.0 for s in pairs]
        means = (number(mean(pairs)), number(min(values)), number(max(values)))
        lines.append((f"the {FACTORS[factor]}", str(len(pairs)), *means))
    return table(("Pairs that differ in", "Pairs", "RP, mean", "least", "most"), *lines)


def crossed(preset: str) -> str:
    """RP with the networks of EDM under its own parameterisation, mean over its seeds."""
    networks, pairs = content(preset)["networks"], select(rows_of(preset), "matrix", "rp")
    plain = {a for a, n in networks.items() if _plain(n)}
    home = {a for a in plain if (networks[a]["process"], networks[a]["parameterisation"]) == ("edm", "edm")}
    cells: dict[tuple[str, str], list[float]] = {}
    for s in pairs:
        for one, other in ((s.a, s.b), (s.b, s.a)):
            if one in home and other in plain and (other not in home or one == s.a):
                key = networks[other]["process"], networks[other]["parameterisation"]
                cells.setdefault(key, []).append(s.value or 0.0)
    processes, kinds = ([*dict.fromkeys(key[k] for key in cells)] for k in (0, 1))
    lines = [
        (f"`{process}`", *(_mean(cells.get((process, kind), [])) for kind in kinds)) for process in sorted(processes)
    ]
    return table(("RP with EDM's", *(f"`{kind}`" for kind in kinds)), *lines)


def _plain(network: dict[str, Any]) -> bool:
    """Of the usual width and recipe: what differs is process, parameterisation and seed."""
    wanted = {"architecture": "mlp", "width": 256, "procedure": "standard", "updates": 4000}
    return all(network[key] == value for key, value in wanted.items())


def _mean(values: Sequence[float]) -> str:
    return number(sum(values) / len(values)) if values else NONE


def students(preset: str) -> str:
    """RP of every pair with a model that has a teacher, or is trained as a student, and an MLP of EDM."""
    networks = content(preset)["networks"]
    made = [a for a, n in networks.items() if n["procedure"] != "standard"]
    alike = [a for a, n in networks.items() if _plain(n) and (n["process"], n["parameterisation"]) == ("edm", "edm")]
    pairs = {frozenset((s.a, s.b)): s for s in select(rows_of(preset), "matrix", "rp")}
    lines = []
    for a in made:
        cells = [pairs.get(frozenset((a, b))) for b in alike]
        lines.append((f"`{a}`", *(NONE if s is None else number(s.value) + interval(s) for s in cells)))
    return table(("RP with", *(f"`{b}`" for b in alike)), *lines)


def milestones(preset: str) -> str:
    """The two times of each network at each size."""
    rows = rows_of(preset)
    found = {m: times(rows, m) for m in ("generalization_time", "memorization_time")}
    sizes = sorted({s.n_train or 0 for lines in found.values() for line in lines.values() for s in line})
    out = [("N", *(f"{n:,}" for n in sizes))]
    for name in dict.fromkeys(name for lines in found.values() for name in lines):
        for metric, lines in found.items():
            at = {s.n_train: s for s in lines.get(name, [])}
            out.append((f"{metric.replace('_', ' ')}, {name}", *(_time(at.get(n)) for n in sizes)))
    return table(*out)


def _time(s: Row | None) -> str:
    if s is None or s.value is None:
        return NONE
    return ("≤ " if s.ci95 is not None and s.ci95[0] == 0 else "") + f"{s.value:,.0f}"


def sizes(preset: str) -> str:
    """Every score that is had at several training sizes, at the paper's threshold; some with what they stand beside."""
    rows = [s for s in rows_of(preset) if s.n_train is not None and not s.tags.get("update")]
    rows = [s for s in rows if not s.metric.endswith(("_calibrated", "_time")) and not s.metric.startswith("gl")]
    rows = [s for s in rows if s.metric.startswith("rp") or "/" not in s.a]  # of disjoint halves, their agreement
    columns = sorted({s.n_train for s in rows if s.n_train is not None})
    lines: dict[tuple[str, str, str, str], dict[int, str]] = {}
    for s in rows:
        assert s.n_train is not None
        lines.setdefault((s.metric, s.a, s.b, ""), {})[s.n_train] = number(s.value, s.metric)
        for name, value in {"floor": s.floor, "Gaussian": s.gaussian}.items() if s.metric in BESIDE else ():
            lines.setdefault((s.metric, s.a, s.b, f": its {name}"), {})[s.n_train] = number(value, "floor")
    out = [("N", *(f"{n:,}" for n in columns))]
    for (metric, a, b, beside), cells in sorted(lines.items(), key=lambda item: item[0]):
        out.append((f"`{metric}` {a}, {b}{beside}", *(cells.get(n, NONE) for n in columns)))
    return table(*out)


TABLES: dict[str, Callable[..., str]] = {
    f"measured-{each.__name__}": each for each in (findings, factors, crossed, students, milestones, sizes)
}


def keep(run: Path) -> Path:
    """Keep what the pages need of a run; the same run gives the same bytes."""
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))["scores"]
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    kept = {"networks": manifest.get("networks", {}), "scores": scores}
    preset = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["name"]
    KEPT.mkdir(exist_ok=True)
    file = KEPT / f"{preset}.json.gz"
    file.write_bytes(gzip.compress(json.dumps(kept, separators=(",", ":")).encode(), 9, mtime=0))
    return file


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(keep(Path(each)))
