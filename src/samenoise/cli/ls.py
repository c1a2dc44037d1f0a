"""``samenoise ls``: presets, and what is in the store."""

from __future__ import annotations

from typing import Annotated

import typer

from samenoise.cli.shared import Json

__all__ = ["ls"]


def ls(
    root: Annotated[str, typer.Argument(metavar="DIR|URL", help="A run directory, or the folder of several.")] = "runs",
    verify: Annotated[bool, typer.Option("--verify", help="Read every byte of every result; 1 if any is bad.")] = False,
    as_json: Json = False,
) -> None:
    """List the presets, and what is in the store: finished runs, and the results of each."""
    import json

    from samenoise.lab.rooms import presets
    from samenoise.runs.address import address
    from samenoise.runs.listing import listing
    from samenoise.runs.sentence import printable

    runs = list(listing(address(root), verify))
    damaged = [(f"{each['path']}/{name}", reason) for each in runs for name, reason in each.get("damaged", {}).items()]
    if as_json:
        typer.echo(json.dumps({"presets": presets(), "runs": runs}, indent=1))
        raise typer.Exit(1 if damaged else 0)
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False)  # names of folders are no markup
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
        table.add_row(printable(each["path"]), *counts, size, seconds, each["state"])
    console.print(table if runs else f"\nno runs in {printable(root)} yet: `samenoise run digits` makes one")
    if verify:
        for place, reason in damaged:
            typer.echo(printable(f"{place}: {reason}"))
        typer.echo(f"{len(damaged)} damaged; the next run computes them again" if damaged else "every byte is right")
    raise typer.Exit(1 if damaged else 0)
