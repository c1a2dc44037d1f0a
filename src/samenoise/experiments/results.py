"""From a config to the files of its run directory: which cells, and what is written of them.

    config.yaml      the config, every default filled in      scores.json      all scores (schema: scores.schema.json)
    manifest.json    versions, hashes, devices, times         scores.parquet   the same rows
    curves.json      scores over the range of thresholds      images.parquet   one row for each image and comparison
    grid.*           the same-noise grid

Everything is written anew from the cells at the end of every run: these files are never stale, nor damaged for long.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from samenoise.experiments import dynamics, matrix, regimes, solvers, splits, teacher
from samenoise.experiments.config import Config
from samenoise.experiments.grid import GridCell
from samenoise.experiments.sample_cell import Source
from samenoise.experiments.scoring import CALIBRATED_RATE
from samenoise.experiments.sweep import Scene, Sweep
from samenoise.metrics import THRESHOLDS
from samenoise.runs.cell import Cell
from samenoise.runs.store import Store, write_whole

__all__ = ["collect", "other_config", "plan", "score_cells"]

SCHEMA_VERSION = 1
EXPERIMENTS = {
    "regimes": regimes.cells,
    "splits": splits.cells,
    "teacher": teacher.cells,
    "matrix": matrix.cells,
    "solvers": solvers.cells,
    "dynamics": dynamics.cells,
}


def score_cells(config: Config) -> list[Cell]:
    """The cells that hold rows, in the order of the rows."""
    return [cell for name in config.experiments for cell in EXPERIMENTS[name](config)]


def plan(config: Config) -> list[Cell]:
    """Everything that is read once a run of this config is done: what is asked for here is checked to the last byte."""
    sweep, told = Sweep(config), list[Cell]()
    for source in _sources(config).values():
        told += [source.train] if source.train is not None else []
        told += [sweep.samples(source)] if "solvers" not in config.experiments else []
    optimum = sweep.samples(sweep.optimum(config.sizes[0]))
    return [*score_cells(config), GridCell(config=config), sweep.data, optimum, *told]


def other_config(config: Config, store: Store) -> str:
    """A sentence where the run directory holds the results of another config, else nothing."""
    try:
        before = (store.root / "config.yaml").read_text()
    except FileNotFoundError:
        return ""
    if before == _dump(config):
        return ""
    return (
        f"{store.root} holds the scores and report of another config, which this run replaces; its units stay, so "
        "running that config again brings them back. --out keeps both"
    )


def _dump(config: Config) -> str:
    text: str = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    return text


def collect(config: Config, store: Store, command: str) -> list[dict[str, Any]]:
    """Write the files of the run directory from the finished cells.

    Returns:
        The rows of ``scores.json``.
    """
    folders = [store.path(cell) for cell in score_cells(config)]
    rows = [row for folder in folders for row in json.loads((folder / "rows.json").read_text())]
    curves = [curve for folder in folders for curve in json.loads((folder / "curves.json").read_text())]
    files: dict[str, Any] = {
        "scores.json": {"schema_version": SCHEMA_VERSION, "scores": rows},
        "curves.json": {"schema_version": SCHEMA_VERSION, "thresholds": THRESHOLDS.tolist(), "curves": curves},
        "manifest.json": _manifest(config, store, command),
    }
    for name, content in files.items():
        write_whole(store.root / name, json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")
    write_whole(store.root / "config.yaml", _dump(config).encode())
    _tables(rows, folders, store.root)
    grid = store.path(GridCell(config=config))
    for name in ("grid.json", "grid.safetensors"):
        write_whole(store.root / name, (grid / name).read_bytes())
    return rows


def _tables(rows: list[dict[str, Any]], folders: list[Path], root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = [{key: value for key, value in row.items() if key != "baseline"} | row["baseline"] for row in rows]
    parts = [pq.read_table(folder / "images.parquet") for folder in folders if (folder / "images.parquet").exists()]
    tables = {"scores.parquet": pa.Table.from_pylist(flat)}
    if parts:
        tables["images.parquet"] = pa.concat_tables(parts, promote_options="default")
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        write_whole(root / name, sink.getvalue().to_pybytes())


def _manifest(config: Config, store: Store, command: str) -> dict[str, Any]:
    """What made the run, so that every score can be traced and computed again."""
    sweep = Sweep(config)
    scene = Scene(sweep, config.sizes[0], store)
    sample = store.path(sweep.samples(sweep.optimum(config.sizes[0])))
    sampled = json.loads((sample / "manifest.json").read_text())
    packages = ("samenoise", "torch", "numpy", "scipy", "scikit-learn", "safetensors", "pydantic")
    seconds: dict[str, float] = {}
    for sealed in store.sealed():
        seconds[sealed["kind"]] = seconds.get(sealed["kind"], 0.0) + sealed["seconds"]
    return {
        "command": command,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": {"platform": platform.platform(), "processor": _processor(), "device": config.device},
        "data": {"name": scene.data.name, "images": len(scene.data), "hash": scene.data.hash},
        "noise": {"bank": sampled["bank"], "recipe": "philox4x64-ndtri-v1", "seed": config.sampling.bank_seed},
        "sampler": {key: sampled[key] for key in ("process", "solver", "grid", "nfe")},
        "batches": {"images": config.sampling.batch, "ceiling": config.sampling.ceiling_batch},
        "feature": {
            "name": scene.extractor.extractor.name,
            "weights_hash": scene.extractor.extractor.weights_hash,
            "preprocessing": scene.extractor.extractor.preprocessing,
            "threshold": config.threshold,
            "calibrated_rate": CALIBRATED_RATE,
        },
        "networks": _networks(config, store),
        "cells": {cell.title: cell.hash for cell in score_cells(config)},
        "worker_seconds": {kind: round(total, 1) for kind, total in seconds.items()},
    }


def _sources(config: Config) -> dict[str, Source]:
    """The networks of the rows."""
    sweep = Sweep(config)
    last = config.looks[-1] if "dynamics" in config.experiments else None
    if config.models:
        return {label: sweep.named(label) for label in config.models}
    return {sweep.label(w): sweep.trained(w, config.sizes[0], "a", last) for w in config.widths}


def _networks(config: Config, store: Store) -> dict[str, dict[str, Any]]:
    """What each network of the rows is."""
    sweep, found = Sweep(config), {}
    for label, source in _sources(config).items():
        train = source.train
        assert train is not None
        assert source.member is not None
        saved = json.loads((train.place(store, source.member) / "process.json").read_text())
        found[label] = {
            "parameters": saved["parameters"],
            "architecture": train.network.name,
            "width": train.width,
            "framework": f"{train.process.name}, {train.network.parameterisation}",
            "procedure": train.training.procedure,
            "updates": train.training.updates,
        }
        if "solvers" not in config.experiments:  # there, every setting has its own
            sampled = json.loads((store.path(sweep.samples(source)) / "manifest.json").read_text())
            found[label]["nfe"] = sampled["nfe"]
    return found


def _processor() -> str:
    """Name of the processor, as well as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
