"""The files of a run directory, written from the finished cells.

    config.yaml      the config, every default filled in      scores.json      all scores (schema: scores.schema.json)
    manifest.json    versions, hashes, devices, times         scores.parquet   the same rows
    curves.json      scores over the range of thresholds      images.parquet   one row for each image and comparison
    grid.*           the same-noise grid                    maps.*           sheets of places

Everything is written anew from the cells at the end of every run: these files are never stale, nor damaged for long.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from samenoise.lab import yaml12
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.manifest import manifest
from samenoise.lab.run_files import GRID_BYTES
from samenoise.metrics import THRESHOLDS
from samenoise.runs.cell import Cell
from samenoise.runs.descriptors import Unreadable
from samenoise.runs.store import Store

__all__ = ["collect", "other_config"]

SCHEMA_VERSION = 1
TABLE_BYTES = 2**31
"""Of one cell's table of images, packed."""


def other_config(config: Config, store: Store) -> str:
    """A sentence where the run directory holds the results of another config, or of one that cannot be read, else
    nothing."""
    try:
        before = yaml12.load(store.shared.read("config.yaml", yaml12.BYTES))
    except FileNotFoundError:
        return ""
    except ValueError:
        before = None
    if before == config.dump():
        return ""
    return (
        f"{store.address} holds the scores and report of another config, which this run replaces; its units stay, so "
        "running that config again brings them back. --out keeps both"
    )


def collect(agenda: Agenda, store: Store, command: str) -> list[dict[str, Any]]:
    """Write the files of the run directory from the finished cells.

    Returns:
        The rows of ``scores.json``.
    """
    tree = store.tree
    rows = [row for cell in agenda.scores for row in _list(store, cell, "rows.json")]
    curves = [curve for cell in agenda.scores for curve in _list(store, cell, "curves.json")]
    files: dict[str, Any] = {
        "scores.json": {"schema_version": SCHEMA_VERSION, "scores": rows},
        "curves.json": {"schema_version": SCHEMA_VERSION, "thresholds": THRESHOLDS.tolist(), "curves": curves},
        "manifest.json": manifest(agenda, store, command),
    }
    for name, content in files.items():
        tree.write(name, json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")
    tree.write("config.yaml", yaml12.dump(agenda.config.dump()).encode())
    _tables(rows, agenda.scores, store)
    for cell, kind in ((agenda.grid, "grid"), (agenda.sheets, "maps")):
        for name in (f"{kind}.json", f"{kind}.safetensors"):
            if cell is not None:
                tree.write(name, tree.read(_name(store, cell, name), GRID_BYTES))
            else:  # of another config that ran in this folder
                store.drop(name)
    return rows


def _list(store: Store, cell: Cell, name: str) -> list[dict[str, Any]]:
    """What a cell kept in a file."""
    content = store.tree.json(_name(store, cell, name))
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise Unreadable(f"{store.path(cell) / name} is no list of rows, though its seal is whole: remove that folder")
    return content


def _name(store: Store, cell: Cell, name: str) -> str:
    """Of a file of a result, in the run directory."""
    return store.tree.name(store.path(cell) / name)


def _tables(rows: list[dict[str, Any]], cells: Sequence[Cell], store: Store) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = [{key: value for key, value in row.items() if key != "baseline"} | row["baseline"] for row in rows]
    files = [_name(store, cell, "images.parquet") for cell in cells]
    kept = [store.tree.read(file, TABLE_BYTES) for file in files if store.tree.about(file)]
    parts = [pq.ParquetFile(io.BytesIO(each)).read() for each in kept]  # `read_table` would import much more
    tables = {"scores.parquet": pa.Table.from_pylist(flat)}
    if parts:
        tables["images.parquet"] = pa.concat_tables(parts, promote_options="default")
    else:  # of another config that ran in this folder
        store.drop("images.parquet")
    for name, table in tables.items():
        sink = io.BytesIO()
        pq.write_table(table, sink)
        store.tree.write(name, sink.getvalue())
