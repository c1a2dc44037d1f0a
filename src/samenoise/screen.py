"""What ``samenoise run`` prints: the plan of a dry run, and the scores at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.report.summary import summary
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

__all__ = ["print_plan", "print_scores"]


def print_plan(config: Config, root: Path, as_json: bool) -> None:
    """All units of work, and which of them are there."""
    store = Store(root) if root.is_dir() else None
    found = [
        {"kind": cell.kind, "title": cell.title, "hash": cell.hash, "there": store is not None and store.has(cell)}
        for cell in in_order(Agenda(config).cells)
    ]
    if as_json:
        typer.echo(json.dumps({"config": config.dump(), "cells": found}, indent=1))
        return
    for cell in found:
        typer.echo(f"{'there  ' if cell['there'] else 'missing'}  {cell['kind']:<10}  {cell['hash']}  {cell['title']}")
    missing = sum(not cell["there"] for cell in found)
    typer.echo(f"{len(found)} units, {missing} to compute, in {root}")


def print_scores(rows: list[dict[str, Any]], page: Path, as_json: bool) -> None:
    """The tables of a run, and where its report is."""
    if as_json:
        typer.echo(json.dumps({"scores": rows, "report": str(page)}))
        return
    console = Console()
    for part in summary(page.parent.parent, console.width):
        console.print(part)
    console.print(f"\nreport: {page}", highlight=False, soft_wrap=True)
