"""``samenoise plan``: what a run would take, on how many workers; and what ``samenoise run --dry-run`` says of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samenoise.cli.shared import Device, Json, Out, Overrides, Seed, check_device, place, stop, tell

if TYPE_CHECKING:
    from samenoise.lab.config import Config
    from samenoise.lab.rehearsal import Estimate, Pace
    from samenoise.runs.address import Address
    from samenoise.runs.cell import Cell
    from samenoise.runs.simulation import Job
    from samenoise.runs.store import Store

__all__ = ["plan", "print_plan"]

OFF = 1.5
"""Factor by which estimates were off at most where runs were then timed: see docs/planning.md."""

MOST = 10**6
"""Workers."""


def plan(
    preset: Annotated[str, typer.Argument(help="Name of a preset (see `samenoise ls`) or path of a .yaml file.")],
    overrides: Overrides = None,
    workers: Annotated[str, typer.Option(metavar="N,N,...", help="Numbers of workers, all alike.")] = "1,2,4,8",
    pace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML: what units take on a machine that is not here.")
    ] = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Play the schedule of a run through: how long it takes on how many workers, and where more do not help."""
    import json

    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import load
    from samenoise.lab.rehearsal import read_pace
    from samenoise.runs.cell import in_order
    from samenoise.runs.simulation import jobs_of

    counts = _counts(workers)
    told = None if pace is None else read_pace(pace)
    config = load(preset, overrides, seed=seed, device=device)
    root = place(out, config.name)
    cells = in_order(Agenda(config).cells)
    store = _store(root)
    lacking = [cell for cell in cells if store is None or not store.has(cell)]
    seconds, untimed = _seconds(lacking, store, told, config.common.device)
    for kind, titles in _kinds(untimed).items():
        tell(f"{len(titles)} {kind} units were not timed and count as their own rough cost, such as {titles[0]}")
    found = _table(jobs_of(cells, seconds), {cell.hash: cell for cell in cells}, counts)
    if as_json:
        typer.echo(json.dumps({"preset": config.name, "units": len(lacking), "untimed": len(untimed), **found}))
        return
    _print_table(found, len(lacking))


def print_plan(config: Config, root: Address, as_json: bool, timing: bool) -> None:
    """What ``samenoise run --dry-run`` says: the units of a run, and what those that are missing take here."""
    import json

    from samenoise.lab.agenda import Agenda
    from samenoise.runs.cell import in_order
    from samenoise.runs.sentence import filled, printable

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    store, cells = _store(root), in_order(Agenda(config).cells)
    lacking = [cell for cell in cells if store is None or not store.has(cell)]
    missing = {cell.hash for cell in lacking}
    estimate = _rehearsed(lacking, store) if timing and lacking else None
    if as_json:
        found = [_unit(cell, cell.hash not in missing, estimate) for cell in cells]
        content: dict[str, Any] = {"config": config.dump(), "cells": found}
        if estimate is not None:
            content["estimate"] = _content(estimate)
        typer.echo(json.dumps(content, indent=1))
        return
    for cell in cells:
        there = "missing" if cell.hash in missing else "there  "
        line = printable(f"{there}  {cell.kind:<10}  {cell.hash}  {cell.title}")
        typer.echo(line if width is None or len(line) <= width else f"{line[: width - 1]}…")
    lines = [f"{len(cells)} units, {len(lacking)} to compute, in {root}"]
    lines += [] if estimate is None else _sentences(estimate, config.common.device)
    for line in lines:
        typer.echo(line if width is None else filled(line, width))


def _counts(workers: str) -> list[int]:
    try:
        counts = sorted({int(each) for each in workers.split(",")})
    except ValueError:
        counts = []
    if not counts or not 1 <= counts[0] <= counts[-1] <= MOST:
        stop(f"--workers is numbers of workers such as 1,8,64, got {workers!r}", 2)
    return counts


def _store(root: Address) -> Store | None:
    from samenoise.runs.address import open_store

    return None if isinstance(root, Path) and not root.is_dir() else open_store(root, make=False)


def _seconds(
    lacking: list[Cell], store: Store | None, pace: Pace | None, device: str
) -> tuple[dict[str, float], list[Cell]]:
    """What each cell takes: as a file says, or by a rehearsal of those that it says nothing of."""
    known = {} if pace is None else {cell.hash: pace.known(cell) for cell in lacking}
    unknown = [cell for cell in lacking if known.get(cell.hash) is None]
    estimate = None
    if unknown:
        check_device(device)
        estimate = _rehearsed(unknown, store)
    here = {} if estimate is None else estimate.seconds
    seconds = {}
    for cell in lacking:
        told = known.get(cell.hash)
        took = told if told is not None else here[cell.hash]
        seconds[cell.hash] = took if pace is None else pace.seconds(cell, took)
    return seconds, [] if estimate is None else list(estimate.untimed)


def _rehearsed(lacking: list[Cell], store: Store | None) -> Estimate:
    from samenoise.lab.rehearsal import rehearse

    def kept(cell: Cell) -> Path | None:
        return store.path(cell) if store is not None and store.damage(cell) is None else None

    with _bar("timing a little of everything") as progress:
        return rehearse(lacking, kept, progress=progress)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr, of a share that is done; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn(what), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=1.0)
        yield lambda share: bars.update(task, completed=share)


def _table(jobs: dict[str, Job], cells: Mapping[str, Cell], counts: list[int]) -> dict[str, Any]:
    from samenoise.runs.simulation import enough, longest_chain, makespan

    work = sum(job.seconds for job in jobs.values())
    chain = longest_chain(jobs)
    longest = sum(jobs[key].seconds for key in chain)
    rows = []
    for count in counts:
        took = makespan(jobs, count)
        limit = "the work" if work / count >= longest else "the longest chain"
        rows.append({"workers": count, "seconds": took, "efficiency": work / (count * took or 1), "limit": limit})
    return {
        "work_seconds": work,
        "chain_seconds": longest,
        "chain": [{"title": cells[key].title, "seconds": jobs[key].seconds} for key in chain],
        "enough_workers": enough(jobs),
        "rows": rows,
    }


def _print_table(found: dict[str, Any], units: int) -> None:
    from samenoise.runs.sentence import printable

    typer.echo(f"{'workers':>7}  {'time':>8}  {'efficiency':>10}  what limits")
    for row in found["rows"]:
        typer.echo(
            f"{row['workers']:>7}  {_clock(row['seconds']):>8}  {100 * row['efficiency']:>8.0f} %  {row['limit']}"
        )
    typer.echo(f"\n{units} units, {_clock(found['work_seconds'])} of work on one worker")
    typer.echo(f"longest chain: {_clock(found['chain_seconds'])}, whatever the number of workers:")
    for each in found["chain"]:
        typer.echo(_folded(f"  {_clock(each['seconds']):>8}  ", printable(each["title"])))
    typer.echo(f"more than {found['enough_workers']} workers do not help: within 5 % of the longest chain")


def _folded(head: str, text: str) -> str:
    """A line; on a terminal that is too narrow for it, several, below one another."""
    import shutil
    import textwrap

    if not sys.stdout.isatty():
        return head + text
    columns = max(shutil.get_terminal_size().columns, 2 * len(head))
    return textwrap.fill(text, columns, initial_indent=head, subsequent_indent=" " * len(head))


def _sentences(estimate: Estimate, device: str) -> Iterator[str]:
    total = sum(estimate.seconds.values())
    where = "one core" if device == "cpu" else device
    yield (
        f"about {_clock(total)} of {where} with nothing else to do, {_clock(total / OFF)} to {_clock(total * OFF)}; "
        "samenoise plan says what more workers make of it"
    )
    least = "" if estimate.whole else "at least "
    gpu = "" if not estimate.device_memory else f", {_bytes(estimate.device_memory)} of the GPU"
    yield f"memory: {least}{_bytes(estimate.memory)} a worker{gpu}; disk: about {_bytes(sum(estimate.bytes.values()))}"
    for kind, titles in _kinds(estimate.untimed).items():
        yield f"{len(titles)} {kind} units were not timed and count as their own rough cost, such as {titles[0]}"


def _kinds(cells: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in cells:
        found.setdefault(cell.kind, []).append(cell.title)
    return found


def _unit(cell: Cell, there: bool, estimate: Estimate | None) -> dict[str, Any]:
    about: dict[str, Any] = {"kind": cell.kind, "title": cell.title, "hash": cell.hash, "there": there}
    if estimate is not None and not there:
        about |= {"seconds": estimate.seconds[cell.hash], "bytes": estimate.bytes[cell.hash]}
    return about


def _content(estimate: Estimate) -> dict[str, Any]:
    return {
        "seconds": sum(estimate.seconds.values()),
        "factor": OFF,
        "bytes": sum(estimate.bytes.values()),
        "memory": estimate.memory,
        "memory_is_least": not estimate.whole,
        "device_memory": estimate.device_memory,
        "untimed": [cell.hash for cell in estimate.untimed],
    }


def _clock(seconds: float) -> str:
    """Such as 90 s, 12 min, 3.5 h or 41 days."""
    for unit, least, size in (("days", 2 * 86400, 86400), ("h", 2 * 3600, 3600), ("min", 120, 60)):
        if seconds >= least:
            number = seconds / size
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1g} s"


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
