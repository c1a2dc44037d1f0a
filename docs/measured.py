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

from samenoise.cells.specs import ModelSpec
from samenoise.lab.presets import load
from samenoise.lab.rooms import ours
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import value_of

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
    """What is kept of a run: the rows of its scores."""
    found: dict[str, Any] = json.loads(gzip.decompress((KEPT / f"{preset}.json.gz").read_bytes()))
    return found


def rows_of(preset: str) -> Rows:
    return tuple(map(Row.of, content(preset)["scores"]))


def number(value: float | None, metric: str = "rp") -> str:
    """Three digits after the point of a share, four of a distance of distributions, two of any other."""
    if value is None:
        return NONE
    if metric.startswith("rp"):
        return r.at_least(value, 3)
    if metric.startswith("mmd"):
        return r.at_most(value, 4)
    thousandths = metric.startswith(("memorized", "gl", "nn_ratio", "floor", "leftover", "unseen"))
    return r.at_most(value, 3 if thousandths else 2)


def findings(preset: str) -> str:
    """What the report of the run says, sentence by sentence."""
    rows, lines = rows_of(preset), []
    for room in ours():
        for finding in room.findings(tuple(s for s in rows if s.experiment == room.name)):
            title = finding.title if finding.title.endswith("?") else f"{finding.title}."
            lines += [f"- **{title}** {' '.join(finding.sentences)}"] if finding.sentences else []
    return "\n".join(lines)


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


def etas(preset: str) -> str:
    """Agreement of every two models along eta, with fresh noise of their own and with the same, and its ceiling."""
    rows = [s for s in rows_of(preset) if s.metric in ("rp", "rp_shared") and s.tag("solver") == "ddim"]
    steps = max((s for s in rows if s.metric == "rp_shared"), key=lambda s: s.tag("steps")).tag("steps")
    rows = [s for s in rows if s.tag("steps") == steps]
    columns = sorted({s.tag("eta") for s in rows})
    lines: dict[tuple[str, str, str], dict[float, str]] = {}
    for s in rows:
        what = "RP, fresh noise of their own" if s.metric == "rp" else "the same fresh noise (`rp_shared`)"
        lines.setdefault((s.a, s.b, what), {})[s.tag("eta")] = number(s.value)
        if s.metric == "rp_shared":
            lines.setdefault((s.a, s.b, "the same: its ceiling"), {})[s.tag("eta")] = number(s.ceiling, "floor")
    out = [(f"eta (DDIM, {steps} steps)", *(f"{eta:g}" for eta in columns))]
    for (a, b, what), cells in sorted(lines.items(), key=lambda item: item[0]):
        out.append((f"`{a}` and `{b}`: {what}", *(cells.get(eta, NONE) for eta in columns)))
    return table(*out)


def evaluations(preset: str) -> str:
    """How near every solver comes to the finest grid, by evaluations of the network."""
    rows = [s for s in rows_of(preset) if s.metric in ("rp_reference", "pfd_reference") and not s.tag("eta")]
    columns = sorted({s.tag("nfe") for s in rows})
    lines: dict[tuple[str, str, str], dict[int, str]] = {}
    for s in rows:
        lines.setdefault((s.metric, s.a, s.tag("solver")), {})[s.tag("nfe")] = _near(s)
    out = [("Evaluations", *map(str, columns))]
    for (metric, a, solver), cells in sorted(lines.items(), key=lambda item: item[0]):
        out.append((f"`{metric}` {a}, {solver}", *(cells.get(nfe, NONE) for nfe in columns)))
    return table(*out)


def _near(s: Row) -> str:
    return number(s.value) if s.metric == "rp_reference" or s.value is None else r.at_most(s.value, 4)


def lengths(preset: str) -> str:
    """Agreement, copies and distance to the data, by training size and number of updates."""
    rows = [s for s in rows_of(preset) if s.metric in ("rp", "memorized", "nn_ratio", "nn_distance")]
    columns = sorted({s.tag("updates") for s in rows})
    lines: dict[tuple[int, str, int, str, str], dict[int, str]] = {}
    for s in rows:
        key = (s.n_train or 0, s.metric, s.width or 0, s.a, s.b)
        lines.setdefault(key, {})[s.tag("updates")] = number(s.value, s.metric)
    out = [("Updates", *(f"{updates:,}" for updates in columns))]
    for (n, metric, _, a, b), cells in sorted(lines.items()):
        out.append((f"N = {n}: `{metric}` {a}, {b}", *(cells.get(updates, NONE) for updates in columns)))
    return table(*out)


def crossed(preset: str) -> str:
    """RP with the first model of networks that differ from it in process and parameterisation alone."""
    models, rows = named_models(preset), rows_of(preset)
    first = next(iter(models))
    cells: dict[str, dict[str, str]] = {}
    for s in rows:
        other = models.get(s.b)
        if s.metric == "rp" and s.a == first and set(s.tag("differs")) <= {"process", "parameterisation"} and other:
            cells.setdefault(other.process.name, {})[other.network.parameterisation] = number(s.value)
    own = models[first]
    cells.setdefault(own.process.name, {})[own.network.parameterisation] = "itself"
    columns = sorted({predicts for row in cells.values() for predicts in row})
    head = (f"RP with `{first}`", *(f"`{predicts}`" for predicts in columns))
    return table(head, *((f"`{name}`", *(row.get(c, NONE) for c in columns)) for name, row in sorted(cells.items())))


def effects(preset: str) -> str:
    """What differing in each choice adds to the RP of two models, all others alike."""
    from samenoise.experiments.matrix.pairs import FACTORS, apart, drawing
    from samenoise.metrics import additive

    rows = apart(drawing(rows_of(preset)))
    differ = [s.tag("differs") for s in rows]
    names = [name for name in dict.fromkeys(name for each in differ for name in each) if name != "seed"]
    fit = additive([value_of(s) for s in rows], [(s.a, s.b) for s in rows], differ, names)
    lines = [
        ("the seed alone", fit.mean),
        *((f"another {FACTORS[n]}", e) for n, e in fit.effects.items()),
    ]
    out = [("Two models differ in", "RP, or its change", "95 % interval", "Pairs")]
    for name, effect in lines:
        told = effect.note or f"{r.at_least(effect.ci95[0], 3)} to {r.at_most(effect.ci95[1], 3)}"
        out.append((name, NONE if effect.note else f"{effect.value:.3f}", told, str(effect.pairs)))
    return table(*out)


def models(preset: str) -> str:
    """Every model of a matrix: its mean RP with those that share no weights with it, and what its pictures are."""
    rows = rows_of(preset)
    of = {(s.a, s.metric): s for s in rows}
    out = [("Model", "mean RP", "RP with the optimum", "with the Gaussian", "memorized", "`mmd_gap`", "95 % interval")]
    for name in named_models(preset):
        agree = [value_of(s) for s in rows if s.metric == "rp" and name in (s.a, s.b) and s.tag("lineage") is None]
        beside = [number(of[name, m].value, m) for m in ("rp_optimum", "rp_gaussian", "memorized")]
        gap = of[name, "mmd_gap"]
        ends = NONE if gap.ci95 is None else f"{r.at_least(gap.ci95[0], 4)} to {r.at_most(gap.ci95[1], 4)}"
        out.append((f"`{name}`", number(sum(agree) / len(agree)), *beside, f"{value_of(gap):.4f}", ends))
    return table(*out)


def named_models(preset: str) -> dict[str, ModelSpec]:
    return load(preset).common.models


def times(preset: str) -> str:
    """When networks generalize and when they begin to copy, by training size: the first look, and in brackets the look
    before."""
    rows = [s for s in rows_of(preset) if s.metric.endswith("_time")]
    columns = sorted({s.n_train for s in rows if s.n_train is not None})
    lines: dict[tuple[str, int], dict[int, str]] = {}
    for s in rows:
        assert s.n_train is not None
        told = NONE if s.value is None else f"{s.value:,.0f} ({0 if s.ci95 is None else s.ci95[0]:,.0f})"
        lines.setdefault((s.metric, s.width or 0), {})[s.n_train] = told
    out = [("N", *(f"{n:,}" for n in columns))]
    for (metric, width), cells in sorted(lines.items()):
        out.append((f"`{metric}`, width {width}", *(cells.get(n, NONE) for n in columns)))
    return table(*out)


ADAPTED = {
    "copies beyond real images": ("memorized_excess", None),
    "RP, another pretraining": ("rp", "others"),
    "RP, the same pretraining": ("rp", "again"),
    "RP with one from scratch": ("rp_scratch", None),
    "AUC with what was drawn before": ("rp_pretrained_auc", None),
    "pictures nearer to old images": ("old_share", None),
    "`mmd`": ("mmd", None),
}
"""What is told of adaptations: the metric, and of which kin."""


def adaptations(preset: str) -> str:
    """Copies, agreement and what is kept, for every way to adapt, by the number of new images."""
    rows = rows_of(preset)
    columns = sorted({s.n_train for s in rows if s.n_train is not None})
    out = [("N", *(f"{n:,}" for n in columns))]
    for words, (metric, kin) in ADAPTED.items():
        lines: dict[str, dict[int | None, str]] = {}
        for s in rows:
            if s.metric == metric and s.tag("kin") == kin:
                lines.setdefault(s.a, {})[s.n_train] = number(s.value, metric)
        out += [(f"{words}: `{way}`", *(cells.get(n, NONE) for n in columns)) for way, cells in lines.items()]
    return table(*out)


TABLES: dict[str, Callable[..., str]] = {
    f"measured-{each.__name__}": each
    for each in (findings, sizes, etas, evaluations, lengths, crossed, effects, models, times, adaptations)
}


def keep(run: Path) -> Path:
    """Keep what the pages need of a run; the same run gives the same bytes."""
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))["scores"]
    kept = {"scores": scores}
    preset = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["name"]
    KEPT.mkdir(exist_ok=True)
    file = KEPT / f"{preset}.json.gz"
    file.write_bytes(gzip.compress(json.dumps(kept, separators=(",", ":")).encode(), 9, mtime=0))
    return file


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(keep(Path(each)))
