"""The files of a run directory, written from the finished cells.

    config.yaml      the config, every default filled in      scores.json      all scores (schema: scores.schema.json)
    manifest.json    versions, hashes, devices, times         scores.parquet   the same rows
    curves.json      scores over the range of thresholds      images.parquet   one row for each image and comparison
    grid.*           the same-noise grid                    maps.*           sheets of places

Everything is written anew from the cells at the end of every run: these files are never stale, nor damaged for long.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.manifest import manifest
from samenoise.metrics import THRESHOLDS
from samenoise.runs.store import Store, write_whole

__all__ = ["collect", "other_config"]

SCHEMA_VERSION = 1


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
    text: str = yaml.safe_dump(config.dump(), sort_keys=False)
    return text


def collect(agenda: Agenda, store: Store, command: str) -> list[dict[str, Any]]:
    """Write the files of the run directory from the finished cells.

    Returns:
        The rows of ``scores.json``.
    """
    folders = [store.path(cell) for cell in agenda.scores]
    rows = [row for folder in folders for row in json.loads((folder / "rows.json").read_text())]
    curves = [curve for folder in folders for curve in json.loads((folder / "curves.json").read_text())]
    files: dict[str, Any] = {
        "scores.json": {"schema_version": SCHEMA_VERSION, "scores": rows},
        "curves.json": {"schema_version": SCHEMA_VERSION, "thresholds": THRESHOLDS.tolist(), "curves": curves},
        "manifest.json": manifest(agenda, store, command),
    }
    for name, content in files.items():
        write_whole(store.root / name, json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")
    write_whole(store.root / "config.yaml", _dump(agenda.config).encode())
    _tables(rows, folders, store.root)
    for cell, kind in ((agenda.grid, "grid"), (agenda.sheets, "maps")):
        for name in (f"{kind}.json", f"{kind}.safetensors"):
            if cell is not None:
                write_whole(store.root / name, (store.path(cell) / name).read_bytes())
            else:  # of another config that ran in this folder
                (store.root / name).unlink(missing_ok=True)
    return rows


def _tables(rows: list[dict[str, Any]], folders: list[Path], root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = [{key: value for key, value in row.items() if key != "baseline"} | row["baseline"] for row in rows]
    parts = [pq.read_table(folder / "images.parquet") for folder in folders if (folder / "images.parquet").exists()]
    tables = {"scores.parquet": pa.Table.from_pylist(flat)}
    if parts:
        tables["images.parquet"] = pa.concat_tables(parts, promote_options="default")
    else:  # of another config that ran in this folder
        (root / "images.parquet").unlink(missing_ok=True)
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        write_whole(root / name, sink.getvalue().to_pybytes())
