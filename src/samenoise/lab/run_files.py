"""Reads the files of a run directory: all that a report and the findings of experiments know.

config.yaml        the resolved preset
manifest.json      what made the run
scores.json        one row for each score
curves.json        scores over the whole range of thresholds (may be missing)
grid.safetensors   pictures of several models at the same noises, with grid.json (may be missing)
maps.safetensors   pictures of several models at every place of a sheet, with maps.json (may be missing)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from samenoise.lab import yaml12
from samenoise.lab.json_values import count, floats, interval, labelled, listed, mapping, number, tag, text
from samenoise.lab.map_files import Maps
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.sentence import printable, sentence

__all__ = ["FILES", "Curve", "Grid", "Row", "Run", "by_pair", "read_run", "select"]

FILES = (
    *("config.yaml", "manifest.json", "scores.json", "curves.json"),
    *("grid.json", "grid.safetensors", "maps.json", "maps.safetensors"),
)
"""All that is read of a run directory."""

SCHEMA_VERSION = 1
GRID_BYTES = 256 * 2**20
"""Of ``grid.safetensors``."""

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
    floor_ci95: tuple[float, float] | None = None
    gaussian_ci95: tuple[float, float] | None = None
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
        """From JSON.

        Raises:
            KeyError, TypeError, ValueError: it is no row.
        """
        baseline = mapping(row.get("baseline") or {})
        return cls(
            experiment=text(row["experiment"]),
            metric=text(row["metric"]),
            value=number(row.get("value")),
            ci95=interval(row.get("ci95")),
            n=count(row.get("n")),
            threshold=number(row.get("threshold")),
            feature=text(row.get("feature")),
            a=text(row.get("a")),
            b=text(row.get("b")),
            n_train=count(row.get("n_train")),
            width=count(row.get("width")),
            floor=number(baseline.get("floor")),
            ceiling=number(baseline.get("ceiling")),
            gaussian=number(baseline.get("gaussian")),
            note=text(row.get("note")),
            floor_ci95=interval(baseline.get("floor_ci95")),
            gaussian_ci95=interval(baseline.get("gaussian_ci95")),
            replicates=count(row.get("replicates")) or 1,
            ci95_noises=interval(row.get("ci95_noises")),
            tags={printable(key): tag(value) for key, value in row.items() if key not in (*CORE, *OPTIONAL)},
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
    """Read a run directory, whoever made it: within bounds, no link followed, and nothing taken for what it is not.

    Raises:
        FileNotFoundError: ``config.yaml``, ``manifest.json`` or ``scores.json`` is not there.
        Unreadable: a file is damaged, or follows another version of the format; the message names it.
    """
    tree = ReadTree(run_dir)
    for name in ("config.yaml", "manifest.json", "scores.json"):
        if tree.about(name) is None:
            raise FileNotFoundError(f"{run_dir} has no {name}: it is not the directory of a finished run")
    with _whole(tree, "config.yaml"):
        content = tree.read("config.yaml", yaml12.BYTES)
        config = mapping(yaml12.load(content) or {})
    with _whole(tree, "manifest.json"):
        manifest = mapping(tree.json("manifest.json"))
    with _whole(tree, "scores.json"):
        scores = tuple(Row.of(mapping(row)) for row in listed(_versioned(tree, "scores.json")["scores"]))
    return Run(content.decode(), config, manifest, scores, _read_curves(tree), _read_grid(tree), _read_maps(tree))


@contextmanager
def _whole(tree: ReadTree, name: str) -> Iterator[None]:
    """Say of which file it is that something is wrong."""
    try:
        yield
    except Unreadable:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, SafetensorError) as error:
        what = f"{type(error).__name__}: {sentence(str(error), 200)}"
        raise Unreadable(
            f"{tree.root / name} is damaged ({what}): run the command that made it again, which writes it anew from "
            "the store"
        ) from error


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


def _read_curves(tree: ReadTree) -> tuple[Curve, ...]:
    if tree.about("curves.json") is None:
        return ()
    with _whole(tree, "curves.json"):
        file = _versioned(tree, "curves.json")
        thresholds = floats(file["thresholds"])
        return tuple(_curve(mapping(each), thresholds) for each in listed(file["curves"]))


def _curve(c: Mapping[str, Any], thresholds: tuple[float, ...]) -> Curve:
    floor = c.get("floor")
    curve = Curve(
        experiment=text(c["experiment"]),
        metric=text(c["metric"]),
        a=text(c.get("a")),
        b=text(c.get("b")),
        n_train=count(c.get("n_train")),
        thresholds=thresholds,
        values=floats(c["values"]),
        floor=None if floor is None else floats(floor),
    )
    if {len(curve.values), len(curve.floor or thresholds)} != {len(thresholds)}:
        raise ValueError(f"a curve has another number of points than the {len(thresholds)} thresholds")
    return curve


def _read_grid(tree: ReadTree) -> Grid | None:
    if tree.about("grid.json") is None or tree.about("grid.safetensors") is None:
        return None
    from safetensors.numpy import load

    with _whole(tree, "grid.json"):
        about = _versioned(tree, "grid.json")
        ids = tuple(int(i) for i in listed(about["noise_ids"]))
        rows, panels = ([labelled(each) for each in listed(about[key])] for key in ("rows", "panels"))
        feature, threshold = text(about["feature"]), float(about["threshold"])
    with _whole(tree, "grid.safetensors"):
        arrays = load(tree.read("grid.safetensors", GRID_BYTES))
        P, R, C = len(panels), len(rows), len(ids)
        c, h, w = arrays["images"].shape[3:]
        shapes = {
            "images": (np.uint8, (P, R, C, c, h, w)),
            "similarity": (np.float32, (P, C, R, R)),
            "nearest_id": (np.int64, (P, R, C)),
            "nearest_similarity": (np.float32, (P, R, C)),
        }
        for name, (dtype, shape) in shapes.items():
            if (arrays[name].dtype, arrays[name].shape) != (dtype, shape):
                raise ValueError(f"{name} is {arrays[name].dtype} of shape {arrays[name].shape}, not {shape}")
        if c not in (1, 3) or not arrays["images"].size:
            raise ValueError(f"the pictures have {c} channels and {h} x {w} pixels")
    return Grid(
        images=arrays["images"],
        similarity=arrays["similarity"],
        nearest_id=arrays["nearest_id"],
        nearest_similarity=arrays["nearest_similarity"],
        feature=feature,
        threshold=threshold,
        noise_ids=ids,
        rows=tuple(rows),
        panels=tuple(panels),
    )


def _read_maps(tree: ReadTree) -> Maps | None:
    if tree.about("maps.json") is None or tree.about("maps.safetensors") is None:
        return None
    from safetensors.numpy import load

    with _whole(tree, "maps.json"):
        about = _versioned(tree, "maps.json")
    with _whole(tree, "maps.safetensors"):
        return Maps.of(about, load(tree.read("maps.safetensors", GRID_BYTES)))


def _versioned(tree: ReadTree, name: str) -> Mapping[str, Any]:
    file = mapping(tree.json(name))
    if file.get("schema_version") != SCHEMA_VERSION:
        version = sentence(str(file.get("schema_version")), 40)
        raise Unreadable(f"{tree.root / name} has schema version {version}; this report reads {SCHEMA_VERSION}")
    return file
