"""``samenoise run``: an experiment, from cells to report."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from samenoise.cli.engines import Engine, chosen_executor, ends_told, parted
from samenoise.cli.own import chosen
from samenoise.cli.plan import print_plan
from samenoise.cli.shared import Device, Json, Out, Overrides, Seed, check_device, place, stop, tell

__all__ = ["run"]

MINUTE = 60.0
"""Seconds of a run that are worth a word about other work."""

OWN = "own"
"""The preset that is made to measure."""


def run(
    preset: Annotated[str, typer.Argument(help="Name of a preset (see `samenoise ls`) or path of a .yaml file.")],
    overrides: Overrides = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side. [default: one for each core; 2 on a GPU]")
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option("--executor", help="Where cells are computed: in processes here, or by the jobs of a cluster."),
    ] = Engine.local,
    cluster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with slurm_* keys, as submitit has them, or with ray's.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Of the Ray cluster. [default: auto]")] = None,
    per_gpu: Annotated[
        int | None, typer.Option(min=1, help="Units side by side on one GPU. [default: as many as workers share it]")
    ] = None,
    ranks: Annotated[
        int,
        typer.Option(min=1, help="Processes for one training, by torchrun; they share training.accumulate."),
    ] = 1,
    shards: Annotated[
        int, typer.Option(min=1, help="Parts in which images, features and searches are computed side by side.")
    ] = 1,
    data: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Of `own`: your pictures, in a folder, a zip or IDX files.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of `own`: how long it may take, as 10m or 2h. [default: 10m]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be computed, and stop.")] = False,
    timing: Annotated[
        bool, typer.Option(help="Of --dry-run: estimate what it takes, in ten to twenty seconds.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Run an experiment, from cells to report. Run again to go on: only what is missing is computed."""
    import shlex

    from samenoise.lab.feasible import left_out, refuse
    from samenoise.lab.presets import load
    from samenoise.runs.gpus import Sharing

    if preset == OWN:
        choice = chosen(data, budget, place(out, OWN), workers, dry_run)
        if overrides:
            tell(f"in the place of what was chosen, as you ask: {' '.join(overrides)}")
        overrides = [*choice, *(overrides or [])]
    elif data is not None or budget is not None:
        stop(f"--data and --budget are of the preset own; {preset} takes data.source=files data.path=FOLDER", 2)
    own, overrides = parted(overrides or [], engine)
    config = load(preset, overrides, seed=seed, device=device)
    device = config.common.device
    if engine is Engine.local:  # what computes elsewhere may have what this machine lacks
        check_device(device)
    executor = chosen_executor(engine, own, workers, cluster, address, device, Sharing(per_gpu, ranks, shards))
    root = place(out, config.name)
    command = shlex.join(["samenoise", *sys.argv[1:]])
    refuse(config, root)
    if dry_run:
        _tell_all(left_out(config))
        print_plan(config, root, as_json, timing)
        return

    from samenoise.lab.agenda import Agenda
    from samenoise.lab.collect import collect, other_config
    from samenoise.report import current_report
    from samenoise.runs.address import open_store
    from samenoise.runs.busy import crowded
    from samenoise.runs.cell import in_order
    from samenoise.runs.local import cores
    from samenoise.runs.progress import progress_bars, working
    from samenoise.runs.watching import plan

    store = open_store(root)
    _tell_all([store.caveat] if store.caveat else [])
    _tell_all(left_out(config))
    if replaced := other_config(config, store):
        tell(replaced)
    agenda = Agenda(config)
    if ranks > 1 and all(Sharing(ranks=ranks).of(cell) == 1 for cell in in_order(agenda.cells)):
        stop(
            f"--ranks {ranks} has no effect: no training of this preset can be shared; small plain MLPs train as "
            "cohorts, and others share training.accumulate parts of a batch",
            2,
        )
    with store.claims.using(cell.hash for cell in in_order(agenda.cells)):
        plan(agenda.cells, store.shared, shards)
        beside = (
            crowded(tell, workers or cores(), MINUTE) if engine is Engine.local and device == "cpu" else nullcontext()
        )
        with beside, ends_told(executor, store), progress_bars(agenda.cells) as on_event:
            executor(agenda.cells, store, on_event=on_event)
        with working("writing the report"):
            rows = collect(agenda, store, command)
            page = current_report(store.root)
            store.share()
    _print_scores(rows, page, as_json)


def _tell_all(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        tell(sentence)


def _print_scores(rows: list[dict[str, Any]], page: Path, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps({"scores": rows, "report": str(page)}))
        return
    from rich.console import Console

    from samenoise.report.summary import summary

    console = Console(markup=False)  # names of models are no markup
    for part in summary(page.parent.parent, console.width):
        console.print(part)
    console.print(f"\nreport: {page}", highlight=False, soft_wrap=True)
