"""What `samenoise compare` found on models that are made here, on the pages: kept by `python -m benchmarks.variants`,
`benchmarks.power` and `benchmarks.environments`, each with `--keep`, and by `benchmarks/gpu/ceilings.py` on a card, and
written onto the pages by `make generated`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docs.measured import table

KEPT = Path(__file__).parent / "measured"
GPU = Path(__file__).parents[1] / "benchmarks" / "gpu" / "results"
NONE = "–"


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
    return found


def share(value: float | None) -> str:
    """Three digits after the point, rounded down: 0.9996 is not 1."""
    return NONE if value is None else f"{int(value * 1000 + 1e-9) / 1000:.3f}"


def decibels(value: float | None) -> str:
    return "∞" if value is None else f"{value:.1f}"


def distance(value: float) -> str:
    return "0" if value == 0 else f"{value:.2g}"


SCORES = ("RP", "floor", "`rp_auc`", "MAE", "PFD", "PSNR", "equal", "beyond", "ceiling: RP", "PFD")


def scores(row: dict[str, Any]) -> list[str]:
    return [
        share(row["rp"]),
        share(row["floor"]),
        share(row["rp_auc"]),
        share(row["mae_score"]),
        distance(row["pfd"]),
        decibels(row["psnr"]),
        share(row["bit_equal"]),
        f"{row['beyond']} of {row['n']}",
        share(row["ceiling_rp"]),
        distance(row["ceiling_pfd"]),
    ]


def variants() -> str:
    """Every change of every model, beside the model itself."""
    rows = [(row["model"], row["change"], *scores(row)) for row in content("variants")["rows"].values()]
    return table(("Model", "Against", *SCORES), *rows)


def power() -> str:
    """How often each way of testing notices each change, in per cent."""
    rows = content("power")["rows"]
    ways = [key for key in rows[0] if key not in ("change", "size", "pfd")]
    single = [way for way in ways if ", 1" not in way and ", 6" not in way and ", 3" not in way]
    many = [way.rpartition(", ") for way in ways if way not in single]
    names = list(dict.fromkeys(name for name, _, _ in many))
    head = ("Change", "", "PFD", *single, *(f"{name}, n = 16 / 64 / 300" for name in names))
    lines = []
    for row in rows:
        cells = [percent(row[way]) for way in single]
        cells += [" / ".join(percent(row[f"{name}, {n}"]) for n in (16, 64, 300)) for name in names]
        lines.append((row["change"], row["size"], distance(row["pfd"]) if "pfd" in row else NONE, *cells))
    return table(head, *lines)


def percent(value: float) -> str:
    """Whole per cent, but what happens at all is more than 0, and what fails at all less than 100."""
    return str(min(max(round(100 * value), int(value > 0)), 99 if value < 1 else 100))


def environments(name: str) -> str:
    """Pipelines of two environments, and locks of the one that the other checked."""
    kept = content("environments")[name]
    lines = []
    for row in kept["rows"]:
        if "error" in row:
            lines.append((f"`{row['kind']}`", *[NONE] * 4, str(row["error"])))
            continue
        first = row["first"] or "no stage departs"
        cells = [share(row["rp"]), decibels(row["psnr"]), share(row["bit_equal"]), str(row["beyond"]), first]
        lines.append((f"`{row['kind']}`", *cells))
    locks = []
    for lock in kept["locks"]:
        cells = [share(lock["rp"]), share(lock["bit_equal"]), changes(lock["changed"])]
        locks.append((f"`{lock['kind']}`", f"{lock['bytes'] / 1000:.0f} kB", *cells))
    above = table(("Pipeline", "RP", "PSNR", "equal", "beyond", "Where it begins"), *lines)
    below = table(("Lock", "Size", "RP", "equal", "What has changed"), *locks)
    return f"{changes(kept['versions'])}:\n\n{above}\n\n{below}"


def changes(changed: dict[str, list[Any]]) -> str:
    """Then and now, by name."""
    return ", ".join(f"`{key}` {then} → {now}" for key, (then, now) in sorted(changed.items())) or "nothing"


def ceilings() -> str:
    """How far pipelines are from themselves: on the CPU at another batch size, and on a card; root mean squared."""
    kept = json.loads((GPU / "ceilings.json").read_text(encoding="utf-8"))
    lines = []
    for name, row in kept["rows"].items():
        kind, _, where = name.partition(" on the ")
        if where != "CPU":
            continue
        pfd = {(each["side"], each["way"].partition("=")[0]): each["pfd"] for each in row["itself"]}
        cells = [pfd["float32", "batch 9"], pfd["float32", "device"], pfd["bfloat16", "device"]]
        lines.append((f"`{kind}`", *map(distance, cells)))
    head = ("Pipeline", "float32, another batch size", "float32, the card", "bfloat16, the card")
    return f"torch {kept['torch']}, {kept['device']}:\n\n{table(head, *lines)}"


def folders() -> str:
    """Time and memory of two folders, for several numbers of images."""
    rows = content("folders")["rows"]
    lines = [(f"{row['images']:,}", f"{row['seconds']:.0f} s", f"{row['peak_mb']:.0f} MB") for row in rows]
    return table(("Images on each side", "Time", "Largest memory"), *lines)


TABLES: dict[str, Callable[..., str]] = {f"compared-{each.__name__}": each for each in (variants, power, environments)}
TABLES |= {"compared-folders": folders, "compared-ceilings": ceilings}
