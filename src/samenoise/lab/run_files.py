"""Reads the files of a run directory: all that a report and the findings of experiments know.

config.yaml        the resolved preset
manifest.json      what made the run
scores.json        one row for each score
curves.json        scores over the whole range of thresholds (may be missing)
grid.safetensors   pictures of several models at the same noises, with grid.json (may be missing)
maps.safetensors   pictures of several models at every place of a sheet, with maps.json (may be missing)
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from safetensors import SafetensorError

from samenoise.lab.map_files import Maps

__all__ = ["Curve", "Grid", "Row", "Run", "by_pair", "read_run", "select"]

SCHEMA_VERSION = 1

CORE = ("experiment", "metric", "value", "ci95", "n", "threshold", "feature", "a", "b", "n_train", "width", "baseline")
"""Keys of every row."""
OPTIONAL = ("replicates", "ci95_noises", "note")
"""Keys that any row may have; all others are tags of its experiment."""


@dataclass(frozen=True)
class Row:
    """A row of ``scores.json``; ``value`` is ``None`` where the run could not determine it; ``note`` may say why.

    ``tags`` are the keys that only its experiment has; a list among them is read as a tuple.
    """

    experiment: str
    metric: str
    value: float | None
    ci95: tuple[float, float] | None
    n: int | None
    threshold: float | None
    feature: str
    a: str
    b: str
    n_train: int | None
    width: int | None
    floor: float | None
    ceiling: float | None
    gaussian: float | None
    note: str
    replicates: int = 1
    """Trainings of each model that the score is a mean over."""
    ci95_noises: tuple[float, float] | None = None
    """95 % interval over the noises alone, where ``ci95`` is over noises and trainings."""
    tags: Mapping[str, Any] = field(default_factory=dict)

    def tag(self, name: str) -> Any:
        """A key that only its experiment has; ``None`` where it has not."""
        return self.tags.get(name)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Row:
        """From JSON."""
        ci95, baseline = row.get("ci95"), row.get("baseline") or {}
        return cls(
            experiment=str(row["experiment"]),
            metric=str(row["metric"]),
            value=_number(row.get("value")),
            ci95=_interval(ci95),
            n=row.get("n"),
            threshold=_number(row.get("threshold")),
            feature=str(row.get("feature") or ""),
            a=str(row.get("a") or ""),
            b=str(row.get("b") or ""),
            n_train=row.get("n_train"),
            width=row.get("width"),
            floor=_number(baseline.get("floor")),
            ceiling=_number(baseline.get("ceiling")),
            gaussian=_number(baseline.get("gaussian")),
            note=str(row.get("note") or ""),
            replicates=int(row.get("replicates") or 1),
            ci95_noises=_interval(row.get("ci95_noises")),
            tags={key: _tag(value) for key, value in row.items() if key not in (*CORE, *OPTIONAL)},
        )


@dataclass(frozen=True)
class Curve:
    """One score at every threshold of the file, and its floor there."""

    experiment: str
    metric: str
    a: str
    b: str
    n_train: int | None
    thresholds: tuple[float, ...]
    values: tuple[float, ...]
    floor: tuple[float, ...] | None


@dataclass(frozen=True)
class Grid:
    """Pictures of R generators at C shared noises, for P panels (such as training sizes).

    Attributes:
        images: uint8, shape (P, R, C, channels, height, width).
        similarity: float32, shape (P, C, R, R); NaN where undefined.
        nearest_id: int64, shape (P, R, C): number of the nearest training image; -1 where undefined.
        nearest_similarity: float32, shape (P, R, C).
        rows, panels: dictionaries with at least ``label``; ``rows`` have a ``kind`` too.
    """

    images: NDArray[np.uint8]
    similarity: NDArray[np.float32]
    nearest_id: NDArray[np.int64]
    nearest_similarity: NDArray[np.float32]
    feature: str
    threshold: float
    noise_ids: tuple[int, ...]
    rows: tuple[Mapping[str, Any], ...]
    panels: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Run:
    """A run directory, read."""

    config_text: str
    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    scores: tuple[Row, ...]
    curves: tuple[Curve, ...]
    grid: Grid | None
    maps: Maps | None = None

    @property
    def name(self) -> str:
        return str(self.config.get("name") or "run")


def read_run(run_dir: Path) -> Run:
    """Read a run directory.

    Raises:
        FileNotFoundError: ``config.yaml``, ``manifest.json`` or ``scores.json`` is not there.
        ValueError: a file follows another version of the format.
    """
    for name in ("config.yaml", "manifest.json", "scores.json"):
        if not (run_dir / name).is_file():
            raise FileNotFoundError(f"{run_dir} has no {name}: it is not the directory of a finished run")
    try:
        return _read(run_dir)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError, yaml.YAMLError, SafetensorError) as error:
        raise ValueError(
            f"a file of {run_dir} is damaged ({type(error).__name__}: {str(error).splitlines()[0]}): "
            "run the command that made it again, which writes it anew from the store"
        ) from error


def _read(run_dir: Path) -> Run:
    config_text = (run_dir / "config.yaml").read_text(encoding="utf-8")
    return Run(
        config_text=config_text,
        config=yaml.safe_load(config_text) or {},
        manifest=json.loads((run_dir / "manifest.json").read_text(encoding="utf-8")),
        scores=tuple(Row.of(row) for row in _versioned(run_dir / "scores.json")["scores"]),
        curves=_read_curves(run_dir / "curves.json"),
        grid=_read_grid(run_dir / "grid.json", run_dir / "grid.safetensors"),
        maps=_read_maps(run_dir / "maps.json", run_dir / "maps.safetensors"),
    )


def select(scores: Iterable[Row], experiment: str | None, metric: str) -> list[Row]:
    """The rows of one metric of an experiment (``None``: of any) that have a value and a training size, by size."""
    rows = [s for s in scores if s.metric == metric and experiment in (None, s.experiment)]
    return sorted((s for s in rows if s.n_train is not None and s.value is not None), key=lambda s: s.n_train or 0)


def by_pair(scores: Iterable[Row], experiment: str | None, metric: str) -> dict[tuple[str, str, str], list[Row]]:
    """:func:`select`, apart for each (a, b, feature): one line of a figure each, narrow networks first."""
    lines: dict[tuple[str, str, str], list[Row]] = {}
    for s in select(scores, experiment, metric):
        lines.setdefault((s.a, s.b, s.feature), []).append(s)
    return dict(sorted(lines.items(), key=lambda item: (item[1][0].width or 0, item[0])))


def _read_curves(path: Path) -> tuple[Curve, ...]:
    if not path.is_file():
        return ()
    file = _versioned(path)
    thresholds = _floats(file["thresholds"])
    return tuple(
        Curve(
            experiment=str(c["experiment"]),
            metric=str(c["metric"]),
            a=str(c.get("a") or ""),
            b=str(c.get("b") or ""),
            n_train=c.get("n_train"),
            thresholds=thresholds,
            values=_floats(c["values"]),
            floor=None if c.get("floor") is None else _floats(c["floor"]),
        )
        for c in file["curves"]
    )


def _read_grid(description: Path, tensors: Path) -> Grid | None:
    if not (description.is_file() and tensors.is_file()):
        return None
    from safetensors.numpy import load_file

    about, arrays = _versioned(description), load_file(str(tensors))
    return Grid(
        images=arrays["images"],
        similarity=arrays["similarity"],
        nearest_id=arrays["nearest_id"],
        nearest_similarity=arrays["nearest_similarity"],
        feature=str(about["feature"]),
        threshold=float(about["threshold"]),
        noise_ids=tuple(int(i) for i in about["noise_ids"]),
        rows=tuple(about["rows"]),
        panels=tuple(about["panels"]),
    )


def _read_maps(description: Path, tensors: Path) -> Maps | None:
    if not (description.is_file() and tensors.is_file()):
        return None
    from safetensors.numpy import load_file

    return Maps.of(_versioned(description), load_file(str(tensors)))


def _versioned(path: Path) -> Mapping[str, Any]:
    file: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if file.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"{path} has schema version {file.get('schema_version')}; this report reads {SCHEMA_VERSION}")
    return file


def _tag(value: Any) -> Any:
    return tuple(map(str, value)) if isinstance(value, list) else value


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _interval(ci95: Sequence[Any] | None) -> tuple[float, float] | None:
    """An end is null where the data leave that side open, which reads as infinite; of two nulls nothing is known."""
    if ci95 is None or all(bound is None for bound in ci95) or any(b is not None and math.isnan(b) for b in ci95):
        return None
    low, high = ci95
    return -math.inf if low is None else float(low), math.inf if high is None else float(high)


def _floats(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(math.nan if v is None else float(v) for v in values)
