"""``samenoise train``: one model of a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from samenoise.cli.shared import Device, Json, Out, Overrides, Seed, check_device, place, stop, tell

if TYPE_CHECKING:
    from samenoise.runs.claims import Claim

__all__ = ["train"]


def train(
    preset: Annotated[str, typer.Argument(help="Name of a preset, or path of a .yaml file.")],
    overrides: Overrides = None,
    model: Annotated[str, typer.Option(help="Which of its models, by its name in the scores, such as unet-16.")] = "",
    n: Annotated[int | None, typer.Option(help="On how many images, where the preset has several sizes.")] = None,
    out: Out = None,
    seed: Seed = None,
    device: Device = None,
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

    from samenoise.cells.training import Watch
    from samenoise.lab.agenda import Agenda
    from samenoise.lab.presets import load
    from samenoise.lab.single import find, sheet
    from samenoise.lab.single import train as train_one
    from samenoise.runs.address import open_store
    from samenoise.runs.cell import ConfigError
    from samenoise.runs.executor import Event
    from samenoise.runs.progress import progress_bars
    from samenoise.runs.store import SHOWN
    from samenoise.training.recipe import DivergedError

    config = load(preset, overrides, seed=seed, device=device)
    check_device(config.common.device)
    cell, member = find(Agenda(config), model, n)
    store = open_store(place(out, config.name))
    shown = f"{SHOWN}/{cell.hash}"
    aside = store.tree.folder(shown) if sheet_every or log_with else store.root / shown
    show = partial(sheet, config, aside) if sheet_every else None
    watch = Watch(tuple(log_with or ()), aside, sheet_every, show)
    first = os.environ.get("RANK", "0") == "0"
    try:
        claim = store.claims.held(cell.hash, _wait_for) if first else nullcontext()
        with claim, progress_bars([cell]) if first else nullcontext() as on_event:
            told = on_event or (lambda event: None)
            train_one(cell, store, lambda share: told(Event(cell, share)), watch)
            told(Event(cell, 1.0))
    except ConfigError:
        raise
    except (ValueError, DivergedError) as error:
        stop(f"{cell.title}: {error}", 1)
    if first:
        folder = cell.place(store, member)
        typer.echo(json.dumps({"model": str(folder), "cell": cell.hash}) if as_json else f"model: {folder}")


def _wait_for(holder: Claim) -> None:
    tell(f"{holder} is training this model: waiting for it")
