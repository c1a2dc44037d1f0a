"""The command line. Results on stdout, progress and messages on stderr; heavy imports are inside the verbs.

Exit codes: 0 done, 1 failed, 2 wrong use or config, 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

__all__ = ["app", "main"]

app = typer.Typer(
    help="Do diffusion models draw the same picture from the same noise, and when do they stop copying their data?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Out = Annotated[Path | None, typer.Option(help="Run directory. [default: runs/PRESET]", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON on stdout.")]


@app.command()
def run(
    preset: Annotated[str, typer.Argument(help="Name of a preset (see `samenoise ls`) or path of a .yaml file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as training.updates=500 sizes=8,64.")
    ] = None,
    out: Out = None,
    seed: Annotated[int | None, typer.Option(help="Of data order, weights and training noise.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps. [default: cpu]")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side. [default: one for each core; 2 on a GPU]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be computed, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Run an experiment, from cells to report. Run again to go on: only what is missing is computed."""
    import shlex

    from samenoise.lab.presets import load

    config = load(preset, overrides, seed=seed, device=device)
    device = config.common.device
    _check_device(device)
    root = out or Path("runs") / config.name
    command = shlex.join(["samenoise", *sys.argv[1:]])
    if dry_run:
        from samenoise.screen import print_plan

        print_plan(config, root, as_json)
        return

    from samenoise.lab.agenda import Agenda
    from samenoise.lab.collect import collect, other_config
    from samenoise.report import write_report
    from samenoise.runs.local import cores, execute
    from samenoise.runs.progress import progress_bars, working
    from samenoise.runs.store import Store
    from samenoise.screen import print_scores

    store = Store(root)
    try:
        with store.lock():
            if replaced := other_config(config, store):
                typer.echo(f"samenoise: {replaced}", err=True)
            agenda = Agenda(config)
            with progress_bars(agenda.cells) as on_event:
                execute(agenda.cells, store, workers or (cores() if device == "cpu" else 2), on_event)
            with working("writing the report"):
                rows = collect(agenda, store, command)
                page = write_report(store.root)
    except KeyboardInterrupt:
        _stop("interrupted; finished units are kept, run the same command again to go on", 130)
    print_scores(rows, page, as_json)


@app.command()
def train(
    preset: Annotated[str, typer.Argument(help="Name of a preset, or path of a .yaml file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Such as training.precision=bf16.")
    ] = None,
    model: Annotated[str, typer.Option(help="Which of its models, by its name in the scores, such as unet-16.")] = "",
    n: Annotated[int | None, typer.Option(help="On how many images, where the preset has several sizes.")] = None,
    out: Out = None,
    seed: Annotated[int | None, typer.Option(help="Of data order, weights and training noise.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps. [default: cpu]")] = None,
    log_with: Annotated[
        list[str] | None, typer.Option(help="tensorboard, wandb, trackio, mlflow. May be repeated.")
    ] = None,
    sheet_every: Annotated[int, typer.Option(min=0, help="Updates between sheets of samples; 0 for none.")] = 0,
    as_json: Json = False,
) -> None:
    """Train one model of a preset, into the store that `samenoise run` reads. On several devices under torchrun."""
    import json
    import os
    from contextlib import nullcontext
    from functools import partial

    from samenoise.cells.errors import ConfigError
    from samenoise.cells.training import Watch
    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import load
    from samenoise.lab.single import find, sheet
    from samenoise.lab.single import train as train_one
    from samenoise.runs.local import Event
    from samenoise.runs.progress import progress_bars
    from samenoise.runs.store import Store
    from samenoise.training.recipe import DivergedError

    config = load(preset, overrides, seed=seed, device=device)
    _check_device(config.common.device)
    cell, member = find(Agenda(config), model, n)
    store = Store(out or Path("runs") / config.name)
    aside = store.root / "training" / cell.hash
    show = partial(sheet, config, aside) if sheet_every else None
    watch = Watch(tuple(log_with or ()), aside, sheet_every, show)
    first = os.environ.get("RANK", "0") == "0"
    try:
        with store.lock() if first else nullcontext(), progress_bars([cell]) if first else nullcontext() as on_event:
            told = on_event or (lambda event: None)
            train_one(cell, store, lambda share: told(Event(cell, share)), watch)
            told(Event(cell, 1.0))
    except KeyboardInterrupt:
        _stop("interrupted; run the same command again to go on from the last checkpoint", 130)
    except ConfigError:
        raise
    except (ValueError, DivergedError) as error:
        _stop(f"{cell.title}: {error}", 1)
    if first:
        folder = cell.place(store, member)
        typer.echo(json.dumps({"model": str(folder), "cell": cell.hash}) if as_json else f"model: {folder}")


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(help="Folder or zip archive of pictures.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="Archive to write.")],
    size: Annotated[int, typer.Option(min=2, help="Side of the pictures in pixels.")],
    channels: Annotated[int, typer.Option(help="1 for grey, 3 for colour.")] = 3,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Leave out paths like 'stars/*'. May be repeated.")
    ] = None,
    near: Annotated[float, typer.Option(help="Cosine of pixels above which a picture counts as seen before.")] = 0.98,
    as_json: Json = False,
) -> None:
    """Make a clean data set of a folder of pictures: one size, nothing broken, blank or twice."""
    import json

    from samenoise.data.prepare import prepare as make

    try:
        done = make(source, out, size, channels, drop or (), near)
    except KeyboardInterrupt:
        _stop("interrupted; nothing was written", 130)
    except (FileNotFoundError, ValueError) as error:
        _stop(str(error), 2)
    content = {"path": str(done.path), "pixels_sha256": done.pixels, "counts": done.counts}
    typer.echo(json.dumps(content) if as_json else str(done))


@app.command()
def report(
    run_dir: Annotated[Path, typer.Argument(help="Run directory, such as runs/digits.")],
    as_json: Json = False,
) -> None:
    """Write the report of a finished run anew, from its files alone."""
    import json

    from samenoise.report import write_report
    from samenoise.runs.progress import working

    if not (run_dir / "scores.json").exists():
        _stop(
            f"{run_dir} holds no finished run (no scores.json): finish it with `samenoise run ... --out {run_dir}`", 2
        )
    try:
        with working("writing the report"):
            page = write_report(run_dir)
    except (FileNotFoundError, ValueError) as error:
        _stop(str(error), 1)
    typer.echo(json.dumps({"report": str(page)}) if as_json else f"report: {page}")


@app.command()
def ls(
    root: Annotated[Path, typer.Argument(help="A run directory, or the folder of several.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the presets, and what is in the store: finished runs, and the results of each."""
    import json

    from samenoise.lab.rooms import presets
    from samenoise.runs.listing import listing

    runs = list(listing(root))
    if as_json:
        typer.echo(json.dumps({"presets": presets(), "runs": runs}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="presets", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("name", style="bold")
    table.add_column("what it shows")
    for name, text in presets().items():
        table.add_row(name, text)
    console.print(table)
    table = Table(title=f"\nruns in {root}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("run", overflow="fold")
    for column in ("data", "models", "samples", "scores", "size", "worker time", "state"):
        table.add_column(column, justify="left" if column == "state" else "right")
    for each in runs:
        counts = [str(each["results"].get(folder, 0)) for folder in ("data", "models", "samples", "scores")]
        size, seconds = f"{each['bytes'] / 1e6:.1f} MB", f"{each['seconds']:.0f} s"
        table.add_row(each["path"], *counts, size, seconds, each["state"])
    console.print(table if runs else f"\nno runs in {root} yet: `samenoise run digits` makes one")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine can do, and what is missing for the rest."""
    import json

    from samenoise.doctor import examine

    checks = examine()
    if as_json:
        typer.echo(json.dumps(checks, indent=1))
        return
    from rich.console import Console

    console = Console()
    for check in checks:
        mark = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "fail": "[red]fail[/]"}[check["state"]]
        console.print(f"{mark}  [bold]{check['name']}[/]  {check['text']}", highlight=False)
    if any(check["state"] == "fail" for check in checks):
        raise typer.Exit(1)


def _check_device(device: str) -> None:
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        _stop(f"the device {device!r} cannot be used here: {str(error).splitlines()[0]}", 2)


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(f"samenoise: {message}", err=True)
    raise SystemExit(code)


def main() -> None:
    """The entry point: every error a user can cause is one sentence on stderr."""
    try:
        app()
    except Exception as error:
        _stop(*_explain(error))


def _explain(error: Exception) -> tuple[str, int]:
    """A sentence and an exit code for an error that a user can meet; anything else goes on as the bug it is."""
    from samenoise.cells.errors import ConfigError
    from samenoise.runs.local import CellFailed
    from samenoise.runs.store import StoreError

    if isinstance(error, ConfigError | StoreError):
        return str(error), 2
    if any(words in str(error) for words in ("No space left", "quota exceeded")):  # from any library, in any class
        return f"no space left on the disk ({error}): free some and run the same command again to go on", 1
    if isinstance(error, CellFailed):
        return str(error), 1
    if isinstance(error, ModuleNotFoundError) and "pip install" in str(error):  # of an extra
        return str(error), 1
    raise error
