"""``samenoise watch``: how far a run is, from any machine that sees its folder."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samenoise.cli.shared import Json, stop

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from samenoise.runs.watching import State

__all__ = ["watch"]

EVERY = 60.0
"""Seconds from one line in a log to the next."""
LOOK = 2.0
SHOWN = 20
"""Rows of cells at work, and of failures."""


def watch(
    root: Annotated[str, typer.Argument(metavar="RUN", help="Run directory, such as runs/digits or s3://bucket/run.")],
    once: Annotated[bool, typer.Option("--once", help="Print the state of now, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Look on while a run goes on, here or elsewhere: cells done, at work and failed, and the time left."""
    from rich.console import Console
    from rich.live import Live

    from samenoise.runs.address import address, open_store
    from samenoise.runs.watching import PLAN, state

    where = address(root)
    if isinstance(where, Path) and not where.is_dir():
        stop(f"there is no run directory {root}", 2)
    store = open_store(where, make=False)
    try:
        found = state(store)
    except FileNotFoundError:
        stop(f"{root} holds no {PLAN}: no run has begun there", 2)
    if as_json:
        import json

        typer.echo(json.dumps(_plain(found)))
        return
    console = Console()
    if once or _over(found):
        console.print(_shown(found))
    elif console.is_terminal:
        with Live(_shown(found), console=console, refresh_per_second=1) as live:
            while not _over(found):
                time.sleep(LOOK)
                found = state(store, found)
                live.update(_shown(found))
    else:
        while not _over(found):
            typer.echo(_line(found))
            time.sleep(EVERY)
            found = state(store, found)
        typer.echo(_line(found))


def _over(found: State) -> bool:
    """Whether nothing more is to be expected."""
    return len(found.done) == len(found.cells) or (bool(found.failed) and not found.driven)


def _line(found: State) -> str:
    from samenoise.runs.sentence import printable

    hosts = Counter(claim.host for claim in found.running.values())
    where = ", ".join(f"{count} on {host}" for host, count in sorted(hosts.items())) or "none"
    said = f"{len(found.done)}/{len(found.cells)} done, {len(found.failed)} failed, "
    if _over(found):
        said += "over"
        if lost := len(found.cells) - len(found.done) - len(found.failed):
            said += f", {lost} not computed"
    else:
        said += f"at work: {where}, time left: {_time(found.seconds_left)}"
    return printable(f"{time.strftime('%H:%M:%S')}  {said}")


def _shown(found: State) -> Group:
    """The line, and a table of what is at work and what failed, if anything is."""
    from rich.console import Group
    from rich.text import Text

    return Group(Text(_line(found)), *([_table(found)] if found.running or found.failed else []))


def _table(found: State) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from samenoise.runs.sentence import sentence

    table = Table()
    for heading in ("cell", "state", "where"):
        table.add_column(heading)
    titles = {key: title for cell in found.cells for key, title in ((cell.hash, cell.title), *cell.parts.items())}
    for key, claim in sorted(found.running.items())[:SHOWN]:
        table.add_row(escape(sentence(titles[key], 80)), "at work", escape(sentence(str(claim), 80)))
    for key, failure in sorted(found.failed.items())[:SHOWN]:
        said = failure.sentence.removeprefix(f"{titles[key]}: ")
        table.add_row(escape(sentence(titles[key], 80)), escape(sentence(said)), escape(failure.host))
    return table


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


def _plain(found: State) -> dict[str, Any]:
    return {
        "cells": len(found.cells),
        "done": sorted(found.done),
        "running": {key: {"host": claim.host, "pid": claim.pid} for key, claim in found.running.items()},
        "failed": {key: failure.sentence for key, failure in found.failed.items()},
        "seconds_left": found.seconds_left,
    }
