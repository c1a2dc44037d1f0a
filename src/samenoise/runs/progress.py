"""Progress on stderr, for each kind of work, weighted by cost: bars on a terminal; in a log file a line a minute."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from samenoise.runs.cell import Cell, in_order
from samenoise.runs.executor import Event
from samenoise.runs.sentence import filled, sentence

__all__ = ["progress_bars", "working"]

EVERY = 30.0
"""Seconds from one line in a log file to the next."""

STAGES = (("data", "data"), ("models", "train"), ("samples", "sample"), ("features", "embed"), ("scores", "score"))


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on stderr while something of a few seconds is done; nothing where stderr is no terminal."""
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextmanager
def progress_bars(cells: list[Cell]) -> Iterator[Callable[[Event], None]]:
    """Bars for the cells and all they need; yields what to call with every event. On a terminal only they move;
    elsewhere (a log file) a line is printed every :data:`EVERY` seconds, and the final state once."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    everything, began = in_order(cells), time.monotonic()
    console = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description:<7}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[units]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with bars:
        tasks, counts, cached, failed = {}, {}, {}, {}
        for folder, name in STAGES:
            of_stage = [cell for cell in everything if cell.folder == folder]
            if of_stage:
                total = sum(cell.cost for cell in of_stage)
                tasks[folder] = bars.add_task(name, total=total, units=f"0/{len(of_stage)}")
                counts[folder], cached[folder], failed[folder] = [0, len(of_stage)], 0, 0
        shares = {cell.hash: 0.0 for cell in everything}

        def on_event(event: Event) -> None:
            folder = event.cell.folder
            if event.failed:
                failed[folder] = failed.get(folder, 0) + 1
                why = f"samenoise: {sentence(event.failed)}"
                why = filled(why, console.width) if console.is_terminal else why
                console.print(why, markup=False, highlight=False, soft_wrap=True)
            if event.cell.hash not in shares:  # a part, which counts once its whole is there
                return
            if event.share == 1.0 and shares[event.cell.hash] < 1.0:
                counts[folder][0] += 1
                cached[folder] += event.cached
            advance = event.cell.cost * (event.share - shares[event.cell.hash])
            shares[event.cell.hash] = event.share
            done, total = counts[folder]
            kept = f" ({cached[folder]} there already)" if cached[folder] else ""
            bad = f" ({failed[folder]} failed)" if failed[folder] else ""
            bars.update(tasks[folder], advance=advance, units=f"{done}/{total}{kept}{bad}")
            if done == total:  # sums of shares miss the total by rounding
                bars.update(tasks[folder], completed=bars.tasks[tasks[folder]].total)

        def line() -> str:
            parts = [f"{task.description} {task.percentage:.0f} % ({task.fields['units']})" for task in bars.tasks]
            return f"{_clock(time.monotonic() - began)}  {', '.join(parts)}"

        with nullcontext() if console.is_terminal else _said_now_and_then(line):
            yield on_event


@contextmanager
def _said_now_and_then(line: Callable[[], str]) -> Iterator[None]:
    """Print a line on stderr every so often, whatever happens meanwhile."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(EVERY):
            print(line(), file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _clock(seconds: float) -> str:
    """Such as 0:01:30."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
